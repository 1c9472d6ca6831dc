package dev.rondo.onnx.graph;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.WireFormat;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/// Protocol buffers' messages, field by field: bounded in depth and in the number of fields, while the file's own size
/// bounds the rest.
final class Wire {
    private static final int DEEPEST = 64;
    private static final int MOST_FIELDS = 50_000_000;

    /// Reads one field, or leaves it to be skipped.
    @FunctionalInterface
    interface Field {
        void read(int number) throws IOException;
    }

    private final CodedInputStream in;
    private int depth;
    private int fields;
    private int tag;
    private boolean taken;

    Wire(byte[] bytes) {
        in = CodedInputStream.newInstance(bytes);
        in.enableAliasing(true);
    }

    /// Reads the fields of the message that comes, to its end.
    void fields(Field field) throws IOException {
        if (++depth > DEEPEST) {
            throw new InvalidProtocolBufferException("its messages are nested deeper than " + DEEPEST + " levels");
        }
        for (int next = in.readTag(); next != 0; next = in.readTag()) {
            if (++fields > MOST_FIELDS) {
                throw new InvalidProtocolBufferException("it has more than " + MOST_FIELDS + " fields");
            }
            tag = next;
            taken = false;
            field.read(WireFormat.getTagFieldNumber(next));
            if (!taken) {
                in.skipField(next);
            }
        }
        depth--;
    }

    private void take(int type) throws IOException {
        if (WireFormat.getTagWireType(tag) != type) {
            throw new InvalidProtocolBufferException("its field " + WireFormat.getTagFieldNumber(tag) + " at byte "
                    + in.getTotalBytesRead() + " is of another type than ONNX's");
        }
        taken = true;
    }

    private boolean isPacked() {
        return WireFormat.getTagWireType(tag) == WireFormat.WIRETYPE_LENGTH_DELIMITED;
    }

    long integer() throws IOException {
        take(WireFormat.WIRETYPE_VARINT);
        return in.readInt64();
    }

    float real() throws IOException {
        take(WireFormat.WIRETYPE_FIXED32);
        return in.readFloat();
    }

    String text() throws IOException {
        take(WireFormat.WIRETYPE_LENGTH_DELIMITED);
        return in.readString();
    }

    /// The bytes of a field, in the file's own memory.
    ByteBuffer bytes() throws IOException {
        take(WireFormat.WIRETYPE_LENGTH_DELIMITED);
        return in.readByteBuffer();
    }

    void message(Field field) throws IOException {
        take(WireFormat.WIRETYPE_LENGTH_DELIMITED);
        int outer = in.pushLimit(in.readRawVarint32());
        fields(field);
        in.checkLastTagWas(0);
        in.popLimit(outer);
        taken = true;
    }

    /// Integers, one a field or all in one.
    void integers(LongList into) throws IOException {
        if (!isPacked()) {
            into.add(integer());
            return;
        }
        take(WireFormat.WIRETYPE_LENGTH_DELIMITED);
        int outer = in.pushLimit(in.readRawVarint32());
        while (in.getBytesUntilLimit() > 0) {
            into.add(in.readInt64());
        }
        in.popLimit(outer);
    }

    /// Numbers, one a field or all in one.
    void reals(List<Float> into) throws IOException {
        if (!isPacked()) {
            into.add(real());
            return;
        }
        take(WireFormat.WIRETYPE_LENGTH_DELIMITED);
        int outer = in.pushLimit(in.readRawVarint32());
        while (in.getBytesUntilLimit() > 0) {
            into.add(in.readFloat());
        }
        in.popLimit(outer);
    }

    /// Numbers of 4 or 8 bytes, one a field or all in one, as raw bytes.
    void fixed(int byteSize, ByteArrayOutputStream into) throws IOException {
        if (isPacked()) {
            take(WireFormat.WIRETYPE_LENGTH_DELIMITED);
            into.writeBytes(in.readByteArray());
        } else {
            take(byteSize == Float.BYTES ? WireFormat.WIRETYPE_FIXED32 : WireFormat.WIRETYPE_FIXED64);
            into.writeBytes(in.readRawBytes(byteSize));
        }
    }
}
