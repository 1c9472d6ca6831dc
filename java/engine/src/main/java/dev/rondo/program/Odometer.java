package dev.rondo.program;

import dev.rondo.tensor.Shape;
import java.util.Arrays;

/// Walks through the elements of a shape in C order, and tells where each of several operands has its element.
///
/// Threads: one at a time; it is made when a program's memory is, so that runs allocate nothing.
public final class Odometer {
    private final long[] sizes;
    private final long[][] strides; // of each operand
    private final long[] index;
    private final long[] offsets; // of each operand, in elements

    /// @param strides of each operand, in elements: 0 where it repeats along a dimension
    public Odometer(Shape shape, long[]... strides) {
        this.sizes = shape.sizes();
        this.strides = strides.clone();
        this.index = new long[sizes.length];
        this.offsets = new long[strides.length];
    }

    /// A value's strides as an operand of a shape it broadcasts to: 0 along the dimensions it repeats in.
    public static long[] broadcast(Value value, Shape shape) {
        long[] strides = new long[shape.rank()];
        int lacking = shape.rank() - value.shape().rank();
        for (int i = lacking; i < strides.length; i++) {
            strides[i] = value.shape().size(i - lacking) == 1 ? 0 : value.stride(i - lacking);
        }
        return strides;
    }

    /// Goes to the first element.
    public void reset() {
        Arrays.fill(index, 0);
        Arrays.fill(offsets, 0);
    }

    /// Where an operand has its element, in elements.
    public long at(int operand) {
        return offsets[operand];
    }

    /// The position along a dimension.
    public long index(int dimension) {
        return index[dimension];
    }

    /// Goes to the next element.
    public void advance() {
        for (int d = sizes.length - 1; d >= 0; d--) {
            if (++index[d] < sizes[d]) {
                for (int i = 0; i < offsets.length; i++) {
                    offsets[i] += strides[i][d];
                }
                return;
            }
            index[d] = 0;
            for (int i = 0; i < offsets.length; i++) {
                offsets[i] -= strides[i][d] * (sizes[d] - 1);
            }
        }
    }
}
