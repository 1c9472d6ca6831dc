package dev.rondo.bindings;

/// oneDNN has no implementation of what was asked for on this processor. The message has the problem's descriptor.
public final class UnsupportedConfigurationException extends OneDnnException {
    private static final long serialVersionUID = 1;

    UnsupportedConfigurationException(int status, String function, String descriptor) {
        super(status, function, descriptor);
    }
}
