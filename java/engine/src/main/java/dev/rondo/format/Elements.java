package dev.rondo.format;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/// How elements lie in files: their byte order, the order of dimensions, and half precision.
final class Elements {
    /// The most dimensions a tensor in a file may have; NumPy's limit.
    static final int MAX_RANK = 64;

    private static final int CHUNK = 1 << 18;
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;

    private Elements() {}

    /// Writes elements in the machine's byte order to a stream, in the given byte order.
    static void write(MemorySegment data, DataType type, ByteOrder order, OutputStream out) throws IOException {
        byte[] chunk = new byte[(int) Math.min(CHUNK, data.byteSize())];
        for (long from = 0; from < data.byteSize(); from += chunk.length) {
            int length = (int) Math.min(chunk.length, data.byteSize() - from);
            MemorySegment bytes = MemorySegment.ofArray(chunk).asSlice(0, length);
            copy(data.asSlice(from, length), ByteOrder.nativeOrder(), bytes, order, type);
            out.write(chunk, 0, length);
        }
    }

    /// Copies all elements from one byte order to another.
    static void copy(
            MemorySegment source, ByteOrder sourceOrder, MemorySegment target, ByteOrder targetOrder, DataType type) {
        ValueLayout layout = switch (type) {
            case U8 -> ValueLayout.JAVA_BYTE;
            case F32, I32 -> INT; // not as floats: every bit of a NaN survives
            case F64, I64 -> LONG;
        };
        long elements = source.byteSize() / type.byteSize();
        MemorySegment.copy(
                source, layout.withOrder(sourceOrder), 0, target, layout.withOrder(targetOrder), 0, elements);
    }

    /// Copies elements that lie in C order of a shape to C order of the reversed shape. So a tensor of this shape
    /// comes to lie in Fortran order, and an array in Fortran order of the reversed shape in C order.
    static void transpose(MemorySegment source, Shape shape, DataType type, MemorySegment target) {
        long[] sizes = shape.sizes();
        long[] strides = shape.strides();
        long[] index = new long[sizes.length];
        long from = 0;
        for (long to = 0; to < shape.elements(); to++) {
            switch (type.byteSize()) {
                case 1 -> target.set(ValueLayout.JAVA_BYTE, to, source.get(ValueLayout.JAVA_BYTE, from));
                case 4 -> target.setAtIndex(INT, to, source.getAtIndex(INT, from));
                default -> target.setAtIndex(LONG, to, source.getAtIndex(LONG, from));
            }
            for (int i = 0; i < sizes.length; i++) { // the source's outermost dimension is the target's innermost
                from += strides[i];
                if (++index[i] < sizes[i]) {
                    break;
                }
                from -= strides[i] * sizes[i];
                index[i] = 0;
            }
        }
    }

    /// The shape with its dimensions in reverse order.
    static Shape reversed(Shape shape) {
        long[] sizes = new long[shape.rank()];
        Arrays.setAll(sizes, i -> shape.size(-1 - i));
        return Shape.of(sizes);
    }

    /// Widens IEEE 754 binary16 elements.
    static void widenF16(MemorySegment source, MemorySegment target) {
        for (long i = 0; i < source.byteSize() / 2; i++) {
            target.setAtIndex(FLOAT, i, Float.float16ToFloat(source.getAtIndex(SHORT, i)));
        }
    }

    /// Widens bfloat16 elements: the upper halves of binary32.
    static void widenBf16(MemorySegment source, MemorySegment target) {
        for (long i = 0; i < source.byteSize() / 2; i++) {
            target.setAtIndex(INT, i, source.getAtIndex(SHORT, i) << 16);
        }
    }
}
