package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// A value with a margin of one number around it.
///
/// Source: PyTorch's `pad` with a constant.
public final class Pad extends Op {
    private final Value x;
    private final long[] before;
    private final double margin;

    /// @param before elements in front of each dimension, 0 or more
    /// @param after  elements behind each dimension, 0 or more
    /// @param margin what they are
    public Pad(Value x, long[] before, long[] after, double margin) {
        super(List.of(x));
        this.x = x;
        this.before = before.clone();
        this.margin = margin;
        long[] sizes = x.shape().sizes();
        if (before.length != sizes.length || after.length != sizes.length) {
            throw new IllegalArgumentException("padding of " + x.shape() + " needs two numbers for each dimension");
        }
        for (int i = 0; i < sizes.length; i++) {
            if (before[i] < 0 || after[i] < 0) {
                throw new IllegalArgumentException("padding by a negative number of elements");
            }
            sizes[i] = Math.addExact(sizes[i], Math.addExact(before[i], after[i]));
        }
        gives(x.recorder().allocate(Shape.of(sizes), x.type()));
    }

    @Override
    public void forward(Emitter emitter) {
        long count = output().shape().elements();
        emitter.kernel("margin of " + output(), "Java", List.of(), List.of(output()), memory -> {
            MemorySegment result = memory.segment(output());
            return () -> fill(result, output().type(), count, margin);
        });
        Value inside = output();
        for (int i = 0; i < before.length; i++) {
            inside = inside.slice(i, before[i], before[i] + x.shape().size(i));
        }
        emitter.copy(x, inside);
    }

    private static void fill(MemorySegment segment, DataType type, long count, double number) {
        for (long i = 0; i < count; i++) {
            switch (type) {
                case F32 -> segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) number);
                case I64 -> segment.setAtIndex(ValueLayout.JAVA_LONG, i, (long) number);
                default -> segment.set(ValueLayout.JAVA_BYTE, i, (byte) number);
            }
        }
    }
}
