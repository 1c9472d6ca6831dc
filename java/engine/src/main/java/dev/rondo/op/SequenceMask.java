package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Which elements of sequences count: `y[t, n, …] = 1` where t is less than the length of sample n, else 0.
///
/// lengths (N), 64-bit integers from 0 to T; y (T, N, …).
public final class SequenceMask extends Op {
    private final Value lengths;

    /// @param shape of the result
    public SequenceMask(Value lengths, Shape shape) {
        super(List.of(Lengths.require(lengths, shape, "a mask")));
        this.lengths = lengths;
        gives(lengths.recorder().allocate(shape, DataType.F32));
    }

    @Override
    public void forward(Emitter emitter) {
        Shape shape = output().shape();
        if (shape.elements() == 0) {
            return;
        }
        long steps = shape.size(0);
        long samples = shape.size(1);
        long width = shape.elements() / (steps * samples);
        emitter.kernel("mask " + shape, "Java", inputs(), List.of(output()), memory -> {
            MemorySegment counts = memory.segment(lengths);
            MemorySegment mask = memory.segment(output());
            return () -> {
                Lengths.check(counts, samples, steps);
                for (long row = 0; row < steps * samples; row++) {
                    float counted = Lengths.counts(counts, row / samples, row % samples) ? 1 : 0;
                    for (long i = row * width; i < (row + 1) * width; i++) {
                        mask.setAtIndex(ValueLayout.JAVA_FLOAT, i, counted);
                    }
                }
            };
        });
    }
}
