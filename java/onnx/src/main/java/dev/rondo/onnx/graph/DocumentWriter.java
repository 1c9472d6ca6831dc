package dev.rondo.onnx.graph;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/// Writes `.onnx` files, of IR version 8. Field numbers are those of onnx.proto.
public final class DocumentWriter {
    private static final long IR_VERSION = 8;

    private DocumentWriter() {}

    /// Writes a file's bytes to a stream, which stays open.
    ///
    /// @throws IOException from the stream, or if the file would be longer than the format's 2 GiB
    public static void write(Document document, OutputStream out) throws IOException {
        ByteString content;
        try {
            content = document(document).content();
        } catch (IllegalArgumentException e) {
            throw new IOException("the model is larger than the 2 GiB that an ONNX file can have", e);
        }
        content.writeTo(out);
    }

    private static Message document(Document document) {
        Message message = new Message().integer(1, IR_VERSION).text(2, document.producer());
        message.message(7, graph(document.graph()));
        document.opsets()
                .forEach((domain, version) ->
                        message.message(8, new Message().text(1, domain).integer(2, version)));
        document.metadata()
                .forEach((key, text) ->
                        message.message(14, new Message().text(1, key).text(2, text)));
        return message;
    }

    private static Message graph(Graph graph) {
        Message message = new Message();
        graph.nodes().forEach(node -> message.message(1, node(node)));
        message.text(2, graph.name());
        graph.constants().forEach((name, constant) -> message.message(5, tensor(name, constant)));
        graph.inputs().forEach(input -> message.message(11, slot(input)));
        graph.outputs().forEach(output -> message.message(12, slot(output)));
        return message;
    }

    private static Message node(Node node) {
        Message message = new Message();
        node.inputs().forEach(input -> message.bytes(1, ByteString.copyFromUtf8(input)));
        node.outputs().forEach(output -> message.bytes(2, ByteString.copyFromUtf8(output)));
        message.text(3, node.name()).text(4, node.operator());
        node.attributes().forEach((name, attribute) -> message.message(5, attribute(name, attribute)));
        return message.text(7, node.domain());
    }

    private static Message attribute(String name, Attribute attribute) {
        Message message = new Message().text(1, name);
        switch (attribute) {
            case Attribute.FloatValue(float value) -> message.real(2, value).integer(20, 1);
            case Attribute.IntValue(long value) -> message.integer(3, value).integer(20, 2);
            case Attribute.TextValue(String value) ->
                message.bytes(4, ByteString.copyFromUtf8(value)).integer(20, 3);
            case Attribute.TensorValue(Constant value) ->
                message.message(5, tensor("", value)).integer(20, 4);
            case Attribute.GraphValue(Graph value) ->
                message.message(6, graph(value)).integer(20, 5);
            case Attribute.FloatValues(List<Float> values) -> {
                values.forEach(value -> message.real(7, value));
                message.integer(20, 6);
            }
            case Attribute.IntValues(List<Long> values) -> {
                values.forEach(value -> message.integer(8, value));
                message.integer(20, 7);
            }
            case Attribute.TextValues(List<String> values) -> {
                values.forEach(value -> message.bytes(9, ByteString.copyFromUtf8(value)));
                message.integer(20, 8);
            }
            case Attribute.Other() -> throw new IllegalArgumentException("attribute " + name + " has no value");
        }
        return message;
    }

    private static Message tensor(String name, Constant constant) {
        Message message = new Message();
        for (long size : constant.tensor().shape().sizes()) {
            message.integer(1, size);
        }
        return message.integer(2, constant.type().number()).text(8, name).bytes(9, raw(constant));
    }

    private static ByteString raw(Constant constant) {
        Tensor tensor = constant.tensor();
        boolean asItIs = constant.type().byteSize() == tensor.type().byteSize()
                && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;
        if (asItIs) {
            return UnsafeByteOperations.unsafeWrap(tensor.data().asByteBuffer());
        }
        long count = tensor.shape().elements();
        ByteBuffer bytes = ByteBuffer.allocate(
                        Math.toIntExact(count * constant.type().byteSize()))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (long i = 0; i < count; i++) {
            put(bytes, constant.type(), tensor.data(), i);
        }
        return UnsafeByteOperations.unsafeWrap(bytes.flip());
    }

    private static void put(ByteBuffer bytes, ElementType type, MemorySegment data, long index) {
        switch (type) {
            case FLOAT -> bytes.putFloat(data.getAtIndex(ValueLayout.JAVA_FLOAT, index));
            case DOUBLE -> bytes.putDouble(data.getAtIndex(ValueLayout.JAVA_FLOAT, index));
            case FLOAT16 -> bytes.putShort(Float.floatToFloat16(data.getAtIndex(ValueLayout.JAVA_FLOAT, index)));
            case BOOL -> bytes.put(data.get(ValueLayout.JAVA_BYTE, index));
            default -> putInteger(bytes, type, data.getAtIndex(ValueLayout.JAVA_LONG, index));
        }
    }

    private static void putInteger(ByteBuffer bytes, ElementType type, long value) {
        switch (type) {
            case INT8, UINT8 -> bytes.put((byte) value);
            case INT16, UINT16 -> bytes.putShort((short) value);
            case INT32, UINT32 -> bytes.putInt((int) value);
            case INT64, UINT64 -> bytes.putLong(value);
            default -> throw new IllegalArgumentException("tensors of type " + type + " are not written");
        }
    }

    private static Message slot(Graph.Slot slot) {
        Message tensor = new Message();
        if (slot.type() != null) {
            tensor.integer(1, slot.type().number());
        }
        if (slot.dimensions() != null) {
            Message shape = new Message();
            slot.dimensions().forEach(dimension -> shape.message(1, dimension(dimension)));
            tensor.message(2, shape);
        }
        return new Message().text(1, slot.name()).message(2, new Message().message(1, tensor));
    }

    private static Message dimension(String dimension) {
        return dimension.matches("[0-9]{1,18}")
                ? new Message().integer(1, Long.parseLong(dimension))
                : new Message().text(2, dimension);
    }
}
