package dev.rondo.cli;

/// Something that the user gave is wrong. The message names the file, tensor or option at fault.
final class InputException extends RuntimeException {
    private static final long serialVersionUID = 1;

    InputException(String message) {
        super(message);
    }

    InputException(String message, Throwable cause) {
        super(message, cause);
    }
}
