package dev.rondo.nn;

import dev.rondo.program.Value;

/// A layer that reads time first as one that reads samples first: `y = f(xᵀ)ᵀ`.
///
/// - x: (N, T, …), of which f reads (T, N, …); y: likewise
/// - parameters: `layer.…`, those of the layer
public final class BatchFirst extends Module {
    private final Module layer;

    public BatchFirst(Module layer) {
        this.layer = register("layer", layer);
    }

    @Override
    public Value forward(Value x) {
        return layer.forward(Functional.contiguous(x.transpose(0, 1))).transpose(0, 1);
    }
}
