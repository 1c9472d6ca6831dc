package dev.rondo.onnx.graph;

import com.google.protobuf.ByteString;
import com.google.protobuf.WireFormat;

/// A protocol buffers' message that is being written: its parts are joined, not copied, where they are large.
final class Message {
    private ByteString content = ByteString.EMPTY;

    ByteString content() {
        return content;
    }

    Message integer(int field, long value) {
        content = content.concat(varint(tag(field, WireFormat.WIRETYPE_VARINT))).concat(varint(value));
        return this;
    }

    Message real(int field, float value) {
        int bits = Float.floatToRawIntBits(value);
        byte[] bytes = {(byte) bits, (byte) (bits >> 8), (byte) (bits >> 16), (byte) (bits >> 24)};
        content =
                content.concat(varint(tag(field, WireFormat.WIRETYPE_FIXED32))).concat(ByteString.copyFrom(bytes));
        return this;
    }

    Message bytes(int field, ByteString value) {
        content = content.concat(varint(tag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED)))
                .concat(varint(value.size()))
                .concat(value);
        return this;
    }

    Message text(int field, String value) {
        return value.isEmpty() ? this : bytes(field, ByteString.copyFromUtf8(value));
    }

    Message message(int field, Message value) {
        return bytes(field, value.content);
    }

    private static long tag(int field, int type) {
        return (long) field << 3 | type;
    }

    private static ByteString varint(long value) {
        byte[] bytes = new byte[10];
        int count = 0;
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            bytes[count++] = (byte) (rest & 0x7f | 0x80);
            rest >>>= 7;
        }
        bytes[count++] = (byte) rest;
        return ByteString.copyFrom(bytes, 0, count);
    }
}
