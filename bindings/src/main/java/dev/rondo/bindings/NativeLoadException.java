package dev.rondo.bindings;

/// The native libraries could not be loaded. The message lists each place that was tried, what the operating system
/// said, the platform, and the property that points to another place.
public final class NativeLoadException extends RuntimeException {
    private static final long serialVersionUID = 1;

    NativeLoadException(String message) {
        super(message);
    }

    NativeLoadException(String message, Throwable cause) {
        super(message, cause);
    }
}
