package dev.rondo.bindings;

/// A call of oneDNN failed. Arguments are checked before they reach oneDNN, so this is either a lack of memory or a
/// defect of the engine.
public class OneDnnException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;

    OneDnnException(int status, String function, String descriptor) {
        super(function + " answered " + Status.name(status) + " for " + descriptor);
        this.status = status;
    }

    /// oneDNN's status code (`dnnl_status_t`).
    public int status() {
        return status;
    }
}
