package dev.rondo.nn;

import dev.rondo.op.ReverseSequence;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Arrays;

/// A layer from right to left: sequences are turned round before it and after it, each within its own length.
///
/// - x: (T, N, I); output: (T, N, R), at the time of its input
/// - parameters: `layer.…`, those of the layer
///
/// It cannot begin before a sequence has ended, so streams have no use for it.
public final class Reversed extends Module {
    private final Module layer;

    /// @param layer one from left to right, time first
    public Reversed(Module layer) {
        this.layer = register("layer", layer);
    }

    @Override
    public Value forward(Value x) {
        if (x.recorder().isStreaming()) {
            throw new IllegalArgumentException("layer " + path() + " reads sequences from right to left, so it cannot"
                    + " begin before a stream has ended; stream networks from left to right only");
        }
        return turned(layer.forward(turned(x)));
    }

    private static Value turned(Value x) {
        Value lengths = x.recorder().lengths();
        if (lengths == null) {
            long[] all = new long[Math.toIntExact(x.shape().size(1))];
            Arrays.fill(all, x.shape().size(0));
            lengths = x.recorder().literal(Tensor.of(Shape.of(all.length), all));
        }
        return x.recorder().record(new ReverseSequence(x, lengths)).output();
    }
}
