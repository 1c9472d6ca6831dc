package dev.rondo.nn;

import dev.rondo.program.Value;

/// What leads past a module has to meet what comes out of it.
final class Bypass {
    private Bypass() {}

    /// @throws IllegalArgumentException naming the module whose input and output do not go together
    static Value require(Module module, Value x, Value y) {
        if (!x.shape().equals(y.shape())) {
            throw new IllegalArgumentException(module.path() + " leads an input of shape " + x.shape()
                    + " past a module that gives " + y.shape()
                    + (x.recorder().isStreaming()
                            ? ": a module that looks ahead gives other frames of a stream than it reads"
                            : ""));
        }
        return y;
    }
}
