package dev.rondo.op;

import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;

/// Checks and rules that several operations share.
final class Shapes {
    private Shapes() {}

    /// @throws IllegalArgumentException if the value is not of floats
    static Value requireFloat(Value value, String operation) {
        if (value.type() != DataType.F32) {
            throw new IllegalArgumentException(operation + " takes F32 values, not " + value.type());
        }
        return value;
    }

    /// Ids or lengths as native code trusts them: 64-bit integers without gaps.
    ///
    /// @throws IllegalArgumentException if the value is anything else
    static Value requireIds(Value value, String operation, String name) {
        if (value.type() != DataType.I64 || !value.isDense()) {
            throw new IllegalArgumentException(operation + " takes I64 " + name + " as they are given, not " + value);
        }
        return value;
    }

    /// @throws IllegalArgumentException if the value has another shape
    static Value require(Value value, Shape shape, String operation, String name) {
        requireFloat(value, operation);
        if (!value.shape().equals(shape)) {
            throw new IllegalArgumentException(
                    operation + " needs " + name + " of shape " + shape + ", not " + value.shape());
        }
        return value;
    }

    /// A weight as native code trusts it: floats of this shape without gaps.
    ///
    /// @throws IllegalArgumentException if the value is anything else
    static Value requireWeight(Value value, Shape shape, String operation, String name) {
        require(value, shape, operation, name);
        if (!value.isDense()) {
            throw new IllegalArgumentException(operation + " needs " + name + " without gaps: make it contiguous");
        }
        return value;
    }

    /// The shape two operands broadcast to, aligned at the last dimension: a size of 1 repeats.
    ///
    /// @throws IllegalArgumentException if they do not go together
    static Shape broadcast(Shape a, Shape b, String operation) {
        long[] sizes = new long[Math.max(a.rank(), b.rank())];
        for (int i = 1; i <= sizes.length; i++) {
            long left = i <= a.rank() ? a.size(-i) : 1;
            long right = i <= b.rank() ? b.size(-i) : 1;
            if (left != right && left != 1 && right != 1) {
                throw new IllegalArgumentException(operation + " cannot broadcast " + a + " and " + b + " together");
            }
            sizes[sizes.length - i] = left == 1 ? right : left;
        }
        return Shape.of(sizes);
    }

    /// The sizes with ones in front, up to the rank.
    static long[] padded(Shape shape, int rank) {
        long[] sizes = new long[rank];
        java.util.Arrays.fill(sizes, 1);
        System.arraycopy(shape.sizes(), 0, sizes, rank - shape.rank(), shape.rank());
        return sizes;
    }
}
