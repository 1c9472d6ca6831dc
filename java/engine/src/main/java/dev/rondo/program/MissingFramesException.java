package dev.rondo.program;

/// A recording over too few frames of a stream: some layer needs more before it gives its first results.
public final class MissingFramesException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final long missing;

    MissingFramesException(long missing) {
        super("a layer that looks ahead needs " + missing + " frames more to give its first results");
        this.missing = missing;
    }

    /// How many frames more.
    public long missing() {
        return missing;
    }
}
