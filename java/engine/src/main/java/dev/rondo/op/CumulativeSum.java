package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// The sums of all elements up to each one along a dimension: `y[k] = x[0] + … + x[k]`.
///
/// x, y (…, D, …), F32 or I64. Source: ONNX's `CumSum`.
public final class CumulativeSum extends Op {
    private final Value x;
    private final int dimension;
    private final boolean exclusive;
    private final boolean reverse;

    /// @param exclusive whether each element's own value is left out of its sum
    /// @param reverse   whether sums start at the last element
    public CumulativeSum(Value x, int dimension, boolean exclusive, boolean reverse) {
        super(List.of(Copy.dense(x)));
        if (x.type() != DataType.F32 && x.type() != DataType.I64) {
            throw new IllegalArgumentException("cumulative sum takes F32 or I64 values, not " + x.type());
        }
        this.x = inputs().getFirst();
        this.dimension = x.shape().dimension(dimension);
        this.exclusive = exclusive;
        this.reverse = reverse;
        gives(x.recorder().allocate(x.shape(), x.type()));
    }

    /// The dimension along which elements are added up.
    public int dimension() {
        return dimension;
    }

    /// Whether each element's own value is left out of its sum.
    public boolean isExclusive() {
        return exclusive;
    }

    /// Whether sums start at the last element.
    public boolean isReverse() {
        return reverse;
    }

    /// Each element is in the sums of those behind it.
    @Override
    public void backward(Gradients gradients) {
        Op sums = new CumulativeSum(gradients.of(output()), dimension, exclusive, !reverse);
        gradients.add(x, x.recorder().record(sums).output());
    }

    @Override
    public void forward(Emitter emitter) {
        long size = x.shape().size(dimension);
        long inner = x.shape().strides()[dimension];
        long rows = size == 0 ? 0 : x.shape().elements() / size;
        boolean isFloat = x.type() == DataType.F32;
        emitter.kernel("cumulative sum " + x, "Java", inputs(), List.of(output()), memory -> {
            MemorySegment src = memory.segment(x);
            MemorySegment dst = memory.segment(output());
            return () -> {
                for (long row = 0; row < rows; row++) {
                    long first = row / inner * inner * size + row % inner;
                    long start = reverse ? first + (size - 1) * inner : first;
                    if (isFloat) {
                        sumFloats(src, dst, start, reverse ? -inner : inner, size);
                    } else {
                        sumIntegers(src, dst, start, reverse ? -inner : inner, size);
                    }
                }
            };
        });
    }

    private void sumFloats(MemorySegment src, MemorySegment dst, long start, long step, long size) {
        double sum = 0;
        for (long k = 0, at = start; k < size; k++, at += step) {
            double before = sum;
            sum += src.getAtIndex(ValueLayout.JAVA_FLOAT, at);
            dst.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) (exclusive ? before : sum));
        }
    }

    private void sumIntegers(MemorySegment src, MemorySegment dst, long start, long step, long size) {
        long sum = 0;
        for (long k = 0, at = start; k < size; k++, at += step) {
            long before = sum;
            sum += src.getAtIndex(ValueLayout.JAVA_LONG, at);
            dst.setAtIndex(ValueLayout.JAVA_LONG, at, exclusive ? before : sum);
        }
    }
}
