package dev.rondo.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.FloatBuffer;
import java.util.Objects;

/// A dense tensor in C order: a shape, an element type and the memory that holds the elements, on or off the heap.
///
/// A tensor does not own its memory: it is valid as long as the arena or the session that made the segment. Copying in
/// and out goes through [#copyFrom(float\[\])], [#toFloatArray()] and their likes; the segment itself is there for
/// callers that read and write in place.
///
/// Threads: as the segment's.
///
/// @param shape sizes of the dimensions
/// @param type  type of the elements
/// @param data  exactly `shape.elements() * type.byteSize()` bytes
public record Tensor(Shape shape, DataType type, MemorySegment data) {
    /// Alignment of tensors made by this class, in bytes: a cache line, and the widest vector register.
    public static final long ALIGNMENT = 64;

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED;
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED;

    public Tensor {
        Objects.requireNonNull(shape, "shape");
        Objects.requireNonNull(type, "type");
        long bytes = shape.elements() * type.byteSize();
        if (data.byteSize() != bytes) {
            throw new IllegalArgumentException("a " + type + " tensor of shape " + shape + " takes " + bytes
                    + " bytes, but its segment has " + data.byteSize());
        }
    }

    /// A tensor of zeros in the arena's memory.
    public static Tensor allocate(Arena arena, Shape shape, DataType type) {
        return new Tensor(shape, type, arena.allocate(shape.elements() * type.byteSize(), ALIGNMENT));
    }

    /// A float tensor with a copy of these values, in memory the garbage collector frees.
    public static Tensor of(Shape shape, float... values) {
        return allocate(Arena.ofAuto(), shape, DataType.F32).copyFrom(values);
    }

    /// A tensor of 64-bit integers with a copy of these values, in memory the garbage collector frees.
    public static Tensor of(Shape shape, long... values) {
        return allocate(Arena.ofAuto(), shape, DataType.I64).copyFrom(values);
    }

    /// Copies the values in.
    ///
    /// @throws IllegalArgumentException if there are not as many values as elements, or the type is not F32
    public Tensor copyFrom(float[] values) {
        require(DataType.F32, values.length);
        MemorySegment.copy(values, 0, data, F32, 0, values.length);
        return this;
    }

    /// Copies the buffer's remaining values in; its position moves to its limit.
    ///
    /// @throws IllegalArgumentException if there are not as many values as elements, or the type is not F32
    public Tensor copyFrom(FloatBuffer values) {
        require(DataType.F32, values.remaining());
        ValueLayout theirs = F32.withOrder(values.order()); // a byte buffer's view is big-endian unless told otherwise
        MemorySegment.copy(MemorySegment.ofBuffer(values), theirs, 0, data, F32, 0, values.remaining());
        values.position(values.limit());
        return this;
    }

    /// Copies the values in.
    ///
    /// @throws IllegalArgumentException if there are not as many values as elements, or the type is not I64
    public Tensor copyFrom(long[] values) {
        require(DataType.I64, values.length);
        MemorySegment.copy(values, 0, data, I64, 0, values.length);
        return this;
    }

    /// Copies another tensor's values in.
    ///
    /// @throws IllegalArgumentException if shape or type differ
    public Tensor copyFrom(Tensor other) {
        if (!shape.equals(other.shape) || type != other.type) {
            throw new IllegalArgumentException("a " + other.type + " tensor of shape " + other.shape
                    + " does not fit a " + type + " tensor of shape " + shape);
        }
        data.copyFrom(other.data);
        return this;
    }

    /// Copies the values out.
    ///
    /// @throws IllegalArgumentException if the array has not as many places as there are elements, or the type
    ///                                  is not F32
    public void copyTo(float[] values) {
        require(DataType.F32, values.length);
        MemorySegment.copy(data, F32, 0, values, 0, values.length);
    }

    /// Copies the values to the buffer's remaining places; its position moves to its limit.
    ///
    /// @throws IllegalArgumentException if it has not as many places as there are elements, or the type is not
    ///                                  F32
    public void copyTo(FloatBuffer values) {
        require(DataType.F32, values.remaining());
        ValueLayout theirs = F32.withOrder(values.order());
        MemorySegment.copy(data, F32, 0, MemorySegment.ofBuffer(values), theirs, 0, values.remaining());
        values.position(values.limit());
    }

    /// The values as a new array.
    ///
    /// @throws IllegalArgumentException if the type is not F32
    public float[] toFloatArray() {
        require(DataType.F32, shape.elements());
        return data.toArray(F32);
    }

    /// The values as a new array; F32 values are widened.
    ///
    /// @throws IllegalArgumentException if the type is neither F64 nor F32
    public double[] toDoubleArray() {
        if (type == DataType.F32) {
            float[] values = toFloatArray();
            double[] wide = new double[values.length];
            for (int i = 0; i < wide.length; i++) {
                wide[i] = values[i];
            }
            return wide;
        }
        require(DataType.F64, shape.elements());
        return data.toArray(F64);
    }

    /// The values as a new array; I32 values are widened.
    ///
    /// @throws IllegalArgumentException if the type is neither I64 nor I32
    public long[] toLongArray() {
        if (type == DataType.I32) {
            int[] values = data.toArray(I32);
            long[] wide = new long[values.length];
            for (int i = 0; i < wide.length; i++) {
                wide[i] = values[i];
            }
            return wide;
        }
        require(DataType.I64, shape.elements());
        return data.toArray(I64);
    }

    private void require(DataType wanted, long count) {
        if (type != wanted) {
            throw new IllegalArgumentException("the tensor of shape " + shape + " holds " + type + ", not " + wanted);
        }
        if (count != shape.elements()) {
            throw new IllegalArgumentException(
                    count + " values do not fill a tensor of shape " + shape + " (" + shape.elements() + " elements)");
        }
    }
}
