package dev.rondo.tensor;

/// The type of a tensor's elements. Data is native-endian in memory; file formats convert on the way in and out.
public enum DataType {
    /// 32-bit IEEE 754 floating point: the engine's type for values and weights.
    F32(4),
    /// 64-bit IEEE 754 floating point: only read from and written to files.
    F64(8),
    /// 32-bit signed integer.
    I32(4),
    /// 64-bit signed integer: token ids, as PyTorch has them.
    I64(8),
    /// 8-bit unsigned integer.
    U8(1);

    private final int byteSize;

    DataType(int byteSize) {
        this.byteSize = byteSize;
    }

    /// Bytes one element takes.
    public int byteSize() {
        return byteSize;
    }
}
