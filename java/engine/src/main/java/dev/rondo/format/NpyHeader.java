package dev.rondo.format;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/// The header of an `.npy` file: magic bytes, version, length and a Python dict literal that describes the array.
///
/// @param dataOffset where the data starts, in bytes from the start of the file
record NpyHeader(DataType type, Npy.Layout layout, Shape shape, long dataOffset) {
    /// The most bytes a header may take with all that is before it, whatever the version: what version 1.0 allows.
    static final int MAX_SIZE = 10 + 0xffff;

    private static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
    private static final int VERSION_1_LENGTH_END = 10;
    private static final int VERSION_2_LENGTH_END = 12;
    private static final int ALIGNMENT = 64;
    private static final int SIZE_DIGITS = 21; // NumPy leaves room to change the growing dimension's size in place
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// Bytes the elements take.
    long dataSize() {
        return shape.elements() * type.byteSize();
    }

    /// Reads a header, and checks that the file is exactly as long as the header makes it.
    ///
    /// @param start    the file's bytes, or at least its first [#MAX_SIZE] ones
    /// @param fileSize length of the whole file in bytes
    /// @param name     name of the file, for messages
    /// @throws MalformedFileException if the header is not sound or the file's length is another
    static NpyHeader parse(MemorySegment start, long fileSize, String name) {
        if (start.byteSize() < MAGIC.length
                || start.asSlice(0, MAGIC.length).mismatch(MemorySegment.ofArray(MAGIC)) >= 0) {
            throw new MalformedFileException(name, "does not start as an .npy file does");
        }
        if (start.byteSize() < VERSION_2_LENGTH_END) {
            throw new MalformedFileException(name, "is cut within its header");
        }
        int major = start.get(ValueLayout.JAVA_BYTE, MAGIC.length) & 0xff;
        int minor = start.get(ValueLayout.JAVA_BYTE, MAGIC.length + 1) & 0xff;
        if (major < 1 || major > 3 || minor != 0) {
            throw new MalformedFileException(
                    name, "has the format version " + major + "." + minor + ", which is none of 1.0, 2.0 and 3.0");
        }
        int headerStart = major == 1 ? VERSION_1_LENGTH_END : VERSION_2_LENGTH_END;
        long length = major == 1 ? start.get(SHORT, 8) & 0xffff : Integer.toUnsignedLong(start.get(INT, 8));
        if (headerStart + length > MAX_SIZE) {
            throw new MalformedFileException(
                    name, "has a header of " + length + " bytes, more than an array of numbers needs");
        }
        if (headerStart + length > start.byteSize()) {
            throw new MalformedFileException(name, "is cut within its header");
        }
        byte[] text = start.asSlice(headerStart, length).toArray(ValueLayout.JAVA_BYTE);
        NpyDict dict = NpyDict.parse(new String(text, StandardCharsets.ISO_8859_1), name);
        NpyHeader header = new NpyHeader(dict.type(), dict.layout(), dict.shape(), headerStart + length);
        header.requireFileSize(fileSize, name);
        return header;
    }

    private void requireFileSize(long fileSize, String name) {
        long there = fileSize - dataOffset;
        if (there < dataSize()) {
            throw new MalformedFileException(
                    name,
                    "is cut: its " + this.describe() + " takes " + dataSize() + " bytes, but " + there + " are there");
        }
        if (there > dataSize()) {
            throw new MalformedFileException(
                    name, "has " + (there - dataSize()) + " bytes after the " + dataSize() + " of its " + describe());
        }
    }

    private String describe() {
        return type + " array of shape " + shape;
    }

    /// A header as NumPy writes it, byte for byte: of version 1.0, and so long that the data starts at a multiple
    /// of 64 bytes.
    ///
    /// @throws IllegalArgumentException if the shape has more than 64 dimensions
    static byte[] encode(DataType type, Npy.Layout layout, Shape shape) {
        long[] sizes = shape.sizes();
        if (sizes.length > Elements.MAX_RANK) {
            throw new IllegalArgumentException("an .npy file can have no array of " + sizes.length + " dimensions");
        }
        StringBuilder text = new StringBuilder("\u0093NUMPY\1\0\0\0{'descr': '");
        text.append(NpyDict.descr(type, layout.byteOrder()));
        text.append("', 'fortran_order': ").append(layout.fortranOrder() ? "True" : "False");
        text.append(", 'shape': (");
        for (int i = 0; i < sizes.length; i++) {
            text.append(i == 0 ? "" : ", ").append(sizes[i]);
        }
        text.append(sizes.length == 1 ? ",), }" : "), }");
        if (sizes.length > 0) {
            long growing = layout.fortranOrder() ? sizes[sizes.length - 1] : sizes[0];
            text.repeat(' ', SIZE_DIGITS - Long.toString(growing).length());
        }
        text.repeat(' ', ALIGNMENT - (text.length() + 1) % ALIGNMENT).append('\n');
        int length = text.length() - VERSION_1_LENGTH_END;
        text.setCharAt(8, (char) (length & 0xff));
        text.setCharAt(9, (char) (length >> 8));
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }
}
