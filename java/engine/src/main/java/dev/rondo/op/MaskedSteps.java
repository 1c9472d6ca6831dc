package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Where the steps of sequences are that count, for layers that skip the others: such a layer runs over sequences
/// without them, and what it gives is spread over all steps again.
///
/// mask (N, T), F32; all outputs I64:
///
/// | output | | |
/// |---|---|---|
/// | `order` | (N, T, 1) | the steps that count, in order, then the others |
/// | `lengths` | (N) | how many count, but at least 1 |
/// | `some` | (N, 1, 1) | 1 where a sequence has a step that counts, else 0 |
/// | `forward` | (N, T, 1) | for each step, which step of those that count was the last, from 1; 0 before the first |
/// | `backward` | (N, T, 1) | the same for those who read from the last step to the first: which will be the next |
/// | `own` | (N, T, 1) | which step of those that count it is; 0 for the others |
///
/// Source: Keras 3, masks of `keras.layers.RNN`.
public final class MaskedSteps extends Op {
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG;

    private final Value mask;

    /// @param mask (N, T), not 0 where a step counts
    public MaskedSteps(Value mask) {
        super(List.of(mask));
        this.mask = mask;
        long samples = mask.shape().size(0);
        Shape steps = Shape.of(samples, mask.shape().size(1), 1);
        gives(
                value(steps),
                value(Shape.of(samples)),
                value(Shape.of(samples, 1, 1)),
                value(steps),
                value(steps),
                value(steps));
    }

    private Value value(Shape shape) {
        return mask.recorder().allocate(shape, DataType.I64);
    }

    /// The steps that count, in order, then the others: (N, T, 1).
    public Value order() {
        return outputs().get(0);
    }

    /// How many steps count, but at least 1: (N).
    public Value lengths() {
        return outputs().get(1);
    }

    /// Whether a step counts: (N, 1, 1).
    public Value some() {
        return outputs().get(2);
    }

    /// Which of the steps that count was the last: (N, T, 1).
    public Value forward() {
        return outputs().get(3);
    }

    /// Which of the steps that count will be the next: (N, T, 1).
    public Value backward() {
        return outputs().get(4);
    }

    /// Which of the steps that count it is: (N, T, 1).
    public Value own() {
        return outputs().get(5);
    }

    @Override
    public void forward(Emitter emitter) {
        long samples = mask.shape().size(0);
        long steps = mask.shape().size(1);
        Value dense = emitter.dense(mask);
        emitter.kernel("steps that count " + mask.shape(), "Java", List.of(dense), outputs(), memory -> {
            MemorySegment counts = memory.segment(dense);
            List<MemorySegment> to = outputs().stream().map(memory::segment).toList();
            return () -> {
                for (long n = 0; n < samples; n++) {
                    run(counts, to, n, steps);
                }
            };
        });
    }

    private static void run(MemorySegment mask, List<MemorySegment> to, long n, long steps) {
        long first = n * steps;
        long count = 0;
        for (long t = 0; t < steps; t++) {
            boolean counts = counts(mask, first + t);
            if (counts) {
                to.get(0).setAtIndex(I64, first + count++, t);
            }
            to.get(3).setAtIndex(I64, first + t, count);
            to.get(5).setAtIndex(I64, first + t, counts ? count : 0);
        }
        long others = count;
        for (long t = 0; t < steps; t++) {
            long before = to.get(3).getAtIndex(I64, first + t);
            if (counts(mask, first + t)) {
                to.get(4).setAtIndex(I64, first + t, before);
            } else {
                to.get(0).setAtIndex(I64, first + others++, t);
                to.get(4).setAtIndex(I64, first + t, before < count ? before + 1 : 0);
            }
        }
        to.get(1).setAtIndex(I64, n, Math.max(1, count));
        to.get(2).setAtIndex(I64, n, Math.min(1, count));
    }

    private static boolean counts(MemorySegment mask, long index) {
        return mask.getAtIndex(ValueLayout.JAVA_FLOAT, index) != 0;
    }
}
