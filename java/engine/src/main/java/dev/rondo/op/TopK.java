package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// The k largest or smallest elements along a dimension, in order, and where they were.
///
/// x (…, D, …), F32 or I64; values (…, k, …); indices (…, k, …), I64. Equal elements are in the order of their indices.
/// NaN counts as the largest. Source: ONNX's `TopK`, `ArgMax` and `ArgMin`.
public final class TopK extends Op {
    private final Value x;
    private final int dimension;
    private final long k;
    private final boolean largest;
    private final boolean lastOfEqual;

    /// @param largest     whether the largest are wanted, rather than the smallest
    /// @param lastOfEqual whether equal elements are in the reverse order of their indices
    public TopK(Value x, int dimension, long k, boolean largest, boolean lastOfEqual) {
        super(List.of(Copy.dense(x)));
        if (x.type() != DataType.F32 && x.type() != DataType.I64) {
            throw new IllegalArgumentException("top k takes F32 or I64 values, not " + x.type());
        }
        if (k < 0 || k > x.shape().size(dimension)) {
            throw new IllegalArgumentException(
                    "there are no " + k + " elements along dimension " + dimension + " of " + x.shape());
        }
        this.x = inputs().getFirst();
        this.dimension = x.shape().dimension(dimension);
        this.k = k;
        this.largest = largest;
        this.lastOfEqual = lastOfEqual;
        Shape shape = x.shape().with(dimension, k);
        gives(x.recorder().allocate(shape, x.type()), x.recorder().allocate(shape, DataType.I64));
    }

    /// The elements.
    public Value values() {
        return outputs().get(0);
    }

    /// Where they were along the dimension.
    public Value indices() {
        return outputs().get(1);
    }

    @Override
    public void forward(Emitter emitter) {
        long size = x.shape().size(dimension);
        long inner = x.shape().strides()[dimension];
        long rows = k == 0 ? 0 : x.shape().elements() / size;
        emitter.kernel("top " + k + " of " + x, "Java", inputs(), outputs(), memory -> {
            MemorySegment src = memory.segment(x);
            MemorySegment values = memory.segment(values());
            MemorySegment indices = memory.segment(indices());
            return () -> {
                for (long row = 0; row < rows; row++) {
                    long outer = row / inner;
                    long from = outer * inner * size + row % inner;
                    long to = outer * inner * k + row % inner;
                    select(src, from, size, inner, indices, to);
                    for (long i = 0; i < k; i++) {
                        long element = from + indices.getAtIndex(ValueLayout.JAVA_LONG, to + i * inner) * inner;
                        copy(src, element, values, to + i * inner);
                    }
                }
            };
        });
    }

    /// Insertion into the k best so far: a comparison for most elements where k is small.
    private void select(MemorySegment src, long from, long size, long inner, MemorySegment indices, long to) {
        for (long i = 0; i < size; i++) {
            long place = Math.min(i, k);
            while (place > 0) {
                long other = indices.getAtIndex(ValueLayout.JAVA_LONG, to + (place - 1) * inner);
                if (!isBefore(src, from + i * inner, from + other * inner)) {
                    break;
                }
                if (place < k) {
                    indices.setAtIndex(ValueLayout.JAVA_LONG, to + place * inner, other);
                }
                place--;
            }
            if (place < k) {
                indices.setAtIndex(ValueLayout.JAVA_LONG, to + place * inner, i);
            }
        }
    }

    /// Whether a later element comes before an earlier one.
    private boolean isBefore(MemorySegment src, long later, long earlier) {
        int order = x.type() == DataType.F32
                ? Float.compare(unsignedZero(src, later), unsignedZero(src, earlier))
                : Long.compare(
                        src.getAtIndex(ValueLayout.JAVA_LONG, later), src.getAtIndex(ValueLayout.JAVA_LONG, earlier));
        return order == 0 ? lastOfEqual : largest == order > 0;
    }

    /// The element, without a zero's sign, so that both zeros are equal.
    private static float unsignedZero(MemorySegment src, long index) {
        return src.getAtIndex(ValueLayout.JAVA_FLOAT, index) + 0f;
    }

    private void copy(MemorySegment src, long from, MemorySegment dst, long to) {
        long bytes = x.type().byteSize();
        MemorySegment.copy(src, from * bytes, dst, to * bytes, bytes);
    }
}
