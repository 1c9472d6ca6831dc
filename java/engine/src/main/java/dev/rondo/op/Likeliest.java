package dev.rondo.op;

import dev.rondo.kernel.Kernels;
import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// The likeliest classes of rows of logits, and what makes probabilities of these, in two passes over them.
///
/// logits (N, V); ids (N, K), I64: the classes of the greatest logits, the greatest first, equal ones in their
/// order, -1 where no more are above -∞; norms (N): `log Σ exp(logits)`, which taken from a logit leaves the
/// logarithm of its probability.
public final class Likeliest extends Op {
    private final Value logits;
    private final long count;

    /// @param count K
    public Likeliest(Value logits, long count) {
        super(List.of(Shapes.requireFloat(logits, "likeliest")));
        if (logits.shape().rank() != 2 || !logits.isDense() || count < 1) {
            throw new IllegalArgumentException(
                    "the likeliest " + count + " need dense logits of two dimensions, not " + logits);
        }
        this.logits = logits;
        this.count = count;
        long rows = logits.shape().size(0);
        gives(
                logits.recorder().allocate(Shape.of(rows, count), DataType.I64),
                logits.recorder().allocate(Shape.of(rows), DataType.F32));
    }

    /// (N, K), I64
    public Value ids() {
        return outputs().get(0);
    }

    /// (N)
    public Value norms() {
        return outputs().get(1);
    }

    @Override
    public void forward(Emitter emitter) {
        Kernels kernels = Kernels.available();
        long rows = logits.shape().size(0);
        long width = logits.shape().size(1);
        emitter.kernel("likeliest " + count + " of " + logits, kernels.toString(), inputs(), outputs(), memory -> {
            MemorySegment src = memory.segment(logits);
            MemorySegment found = memory.segment(ids());
            MemorySegment sums = memory.segment(norms());
            return () -> kernels.likeliest(src, rows, width, count, found, sums);
        });
    }
}
