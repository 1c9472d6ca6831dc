package dev.rondo.onnx.graph;

import dev.rondo.tensor.DataType;
import org.jspecify.annotations.Nullable;

/// ONNX's element types, and what the engine has in their place: F32 for floats of any width, I64 for integers of any
/// width, U8 for truth.
///
/// Source: `TensorProto.DataType` of onnx.proto.
public enum ElementType {
    FLOAT(1, 4, DataType.F32),
    UINT8(2, 1, DataType.I64),
    INT8(3, 1, DataType.I64),
    UINT16(4, 2, DataType.I64),
    INT16(5, 2, DataType.I64),
    INT32(6, 4, DataType.I64),
    INT64(7, 8, DataType.I64),
    STRING(8, 0, null),
    BOOL(9, 1, DataType.U8),
    FLOAT16(10, 2, DataType.F32),
    DOUBLE(11, 8, DataType.F32),
    UINT32(12, 4, DataType.I64),
    UINT64(13, 8, DataType.I64),
    BFLOAT16(16, 2, DataType.F32);

    private final int number;
    private final int byteSize;
    private final @Nullable DataType dataType;

    ElementType(int number, int byteSize, @Nullable DataType dataType) {
        this.number = number;
        this.byteSize = byteSize;
        this.dataType = dataType;
    }

    /// The type of a number, or null if there is none that Rondo knows.
    public static @Nullable ElementType of(long number) {
        for (ElementType type : values()) {
            if (type.number == number) {
                return type;
            }
        }
        return null;
    }

    /// ONNX's number of the type.
    public int number() {
        return number;
    }

    /// Bytes of an element in a file, 0 for strings.
    public int byteSize() {
        return byteSize;
    }

    /// The engine's type, or null for strings.
    public @Nullable DataType dataType() {
        return dataType;
    }

    /// An integer as this type holds it: its lowest bits.
    public long narrowed(long value) {
        return switch (this) {
            case UINT8 -> value & 0xff;
            case INT8 -> (byte) value;
            case UINT16 -> value & 0xffff;
            case INT16 -> (short) value;
            case INT32 -> (int) value;
            case UINT32 -> value & 0xffffffffL;
            default -> value;
        };
    }
}
