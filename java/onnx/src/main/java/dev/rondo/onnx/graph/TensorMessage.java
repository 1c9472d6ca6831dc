package dev.rondo.onnx.graph;

import dev.rondo.format.MalformedFileException;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A tensor as a file has it, and its making into the engine's. Source: `TensorProto` of onnx.proto.
final class TensorMessage {
    private static final int LARGEST_RANK = 64;
    private static final long EXTERNAL = 1;

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG;

    private final String file;
    private final ExternalData external;
    private String name = "";
    private final LongList dims = new LongList();
    private long type;
    private @Nullable ByteBuffer raw;
    private final ByteArrayOutputStream floats = new ByteArrayOutputStream(0);
    private final ByteArrayOutputStream doubles = new ByteArrayOutputStream(0);
    private final LongList integers = new LongList();
    private final Map<String, String> location = new LinkedHashMap<>();
    private long dataLocation;

    TensorMessage(String file, ExternalData external) {
        this.file = file;
        this.external = external;
    }

    String name() {
        return name;
    }

    void read(Wire wire) throws IOException {
        wire.message(number -> {
            switch (number) {
                case 1 -> wire.integers(dims);
                case 2 -> type = wire.integer();
                case 4 -> wire.fixed(Float.BYTES, floats);
                case 5, 7, 11 -> wire.integers(integers);
                case 8 -> name = wire.text();
                case 9 -> raw = wire.bytes();
                case 10 -> wire.fixed(Double.BYTES, doubles);
                case 13 -> readEntry(wire, location);
                case 14 -> dataLocation = wire.integer();
                default -> {}
            }
        });
    }

    /// A key and a text. Source: `StringStringEntryProto` of onnx.proto.
    static void readEntry(Wire wire, Map<String, String> into) throws IOException {
        String[] entry = {"", ""};
        wire.message(number -> {
            if (number == 1 || number == 2) {
                entry[number - 1] = wire.text();
            }
        });
        into.put(entry[0], entry[1]);
    }

    private MalformedFileException malformed(String problem) {
        return new MalformedFileException(file, "tensor " + MalformedFileException.quote(name) + " " + problem);
    }

    /// The tensor, in memory that the garbage collector frees. Nothing is allocated before the file is known to hold as
    /// much as the shape asks for.
    ///
    /// @throws IOException if a file beside the model cannot be read
    Constant decode() throws IOException {
        ElementType elements = ElementType.of(type);
        if (elements == null || elements.dataType() == null) {
            throw malformed("has elements of ONNX's type " + type + ", which Rondo does not know");
        }
        Shape shape = shape();
        long bytes = Math.multiplyExact(shape.elements(), elements.byteSize());
        if (dataLocation == EXTERNAL) {
            return new Constant(
                    elements,
                    convert(
                            elements,
                            shape,
                            external.read(location, bytes, this::malformed).order(LITTLE)));
        }
        if (raw != null) {
            requireCount("bytes", raw.remaining(), bytes);
            return new Constant(
                    elements, convert(elements, shape, raw.duplicate().order(LITTLE)));
        }
        return new Constant(elements, fromFields(elements, shape));
    }

    private static final ByteOrder LITTLE = ByteOrder.LITTLE_ENDIAN;

    private Shape shape() {
        if (dims.size() > LARGEST_RANK) {
            throw malformed("has " + dims.size() + " dimensions, more than " + LARGEST_RANK);
        }
        try {
            return Shape.of(dims.toArray());
        } catch (IllegalArgumentException e) {
            throw malformed("has an impossible shape: " + e.getMessage());
        }
    }

    private void requireCount(String what, long found, long needed) {
        if (found != needed) {
            throw malformed("of shape " + shape() + " has " + found + " " + what + " instead of " + needed);
        }
    }

    /// Elements in fields of their types.
    private Tensor fromFields(ElementType elements, Shape shape) {
        switch (elements) {
            case FLOAT -> {
                requireCount("elements", floats.size() / Float.BYTES, shape.elements());
                return convert(
                        elements, shape, ByteBuffer.wrap(floats.toByteArray()).order(LITTLE));
            }
            case DOUBLE -> {
                requireCount("elements", doubles.size() / Double.BYTES, shape.elements());
                return convert(
                        elements, shape, ByteBuffer.wrap(doubles.toByteArray()).order(LITTLE));
            }
            default -> {
                requireCount("elements", integers.size(), shape.elements());
                ByteBuffer narrow = ByteBuffer.allocate(integers.size() * elements.byteSize())
                        .order(LITTLE);
                for (int i = 0; i < integers.size(); i++) {
                    put(narrow, elements.byteSize(), integers.get(i));
                }
                return convert(elements, shape, narrow.flip());
            }
        }
    }

    private static void put(ByteBuffer into, int byteSize, long value) {
        switch (byteSize) {
            case 1 -> into.put((byte) value);
            case 2 -> into.putShort((short) value);
            case 4 -> into.putInt((int) value);
            default -> into.putLong(value);
        }
    }

    private static Tensor convert(ElementType elements, Shape shape, ByteBuffer from) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), shape, elements.dataType());
        MemorySegment data = tensor.data();
        long count = shape.elements();
        if (elements == ElementType.FLOAT || elements == ElementType.INT64 || elements == ElementType.UINT64) {
            MemorySegment source = MemorySegment.ofBuffer(from);
            if (elements == ElementType.FLOAT) {
                MemorySegment.copy(source, ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(LITTLE), 0, data, F32, 0, count);
            } else {
                MemorySegment.copy(source, ValueLayout.JAVA_LONG_UNALIGNED.withOrder(LITTLE), 0, data, I64, 0, count);
            }
            return tensor;
        }
        for (long i = 0; i < count; i++) {
            if (tensor.type() == DataType.F32) {
                data.setAtIndex(F32, i, real(elements, from));
            } else if (tensor.type() == DataType.U8) {
                data.set(ValueLayout.JAVA_BYTE, i, (byte) (from.get() != 0 ? 1 : 0));
            } else {
                data.setAtIndex(I64, i, integer(elements, from));
            }
        }
        return tensor;
    }

    private static float real(ElementType elements, ByteBuffer from) {
        return switch (elements) {
            case FLOAT16 -> Float.float16ToFloat(from.getShort());
            case BFLOAT16 -> Float.intBitsToFloat(from.getShort() << 16);
            default -> (float) from.getDouble();
        };
    }

    private static long integer(ElementType elements, ByteBuffer from) {
        long value = switch (elements.byteSize()) {
            case 1 -> from.get();
            case 2 -> from.getShort();
            default -> from.getInt();
        };
        return elements.narrowed(value);
    }
}
