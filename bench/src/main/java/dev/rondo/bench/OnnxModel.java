package dev.rondo.bench;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// Writes recurrent layers as an ONNX model: protobuf's bytes, field by field.
///
/// Inputs are `x` (T, N, I), `lengths` (N) where lengths differ, and for one step after another the states `h` and `c`
/// (1, N, H). The output is (T, 1, N, H), or (T, N, 2*H) of both directions; for steps it is the next states, `hN` and
/// `cN`.
///
/// Source: onnx.proto3 of ONNX 1.12; operators RNN, LSTM and GRU of opset 14.
final class OnnxModel {
    private static final int FLOAT = 1; // TensorProto.DataType
    private static final int INT32 = 6;
    private static final int INT64 = 7;
    private static final int OPSET = 17;
    private static final int IR_VERSION = 8;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    private OnnxModel() {}

    /// The model's bytes.
    ///
    /// @param isStream whether a run is a step that reads a state and gives the next one
    static byte[] of(LayerShape shape, boolean isStream) {
        Map<String, float[]> weights = shape.weights();
        return message(model -> model.varint(1, IR_VERSION)
                .message(8, opset -> opset.varint(2, OPSET))
                .message(7, graph -> {
                    graph.string(2, "layers");
                    String output = "";
                    for (int layer = 0; layer < shape.layers(); layer++) {
                        String x = layer == 0 ? "x" : graph.joined(output, shape.directions());
                        output = graph.layer(shape, weights, layer, x, isStream);
                    }
                    graph.value(11, "x", FLOAT, List.of("T", "N", shape.input()));
                    if (shape.isRagged()) {
                        graph.value(11, "lengths", INT32, List.of("N"));
                    }
                    if (!isStream && shape.isBidirectional()) {
                        String joined = graph.joined(output, 2);
                        graph.value(12, joined, FLOAT, List.of("T", "N", 2 * shape.hidden()));
                    } else if (!isStream) {
                        graph.value(12, output, FLOAT, List.of("T", 1, "N", shape.hidden()));
                    }
                    for (String state : states(shape, isStream)) {
                        graph.value(11, state, FLOAT, List.of(1, "N", shape.hidden()));
                        graph.value(12, state + "N", FLOAT, List.of(1, "N", shape.hidden()));
                    }
                }));
    }

    private static List<String> states(LayerShape shape, boolean isStream) {
        List<String> all = shape.cell().equals("lstm") ? List.of("h", "c") : List.of("h");
        return isStream ? all : List.of();
    }

    /// One layer's node and weights.
    ///
    /// @return the name of its output (T, D, N, H)
    private String layer(LayerShape shape, Map<String, float[]> weights, int layer, String below, boolean isStream) {
        int hidden = shape.hidden();
        int rows = shape.gates() * hidden;
        int directions = shape.directions();
        String name = "_l" + layer;
        tensor("W" + name, gates(shape, weights, "weight_ih" + name), directions, rows, shape.input(layer));
        tensor("R" + name, gates(shape, weights, "weight_hh" + name), directions, rows, hidden);
        float[] inputBias = gates(shape, weights, "bias_ih" + name);
        float[] stateBias = gates(shape, weights, "bias_hh" + name);
        ByteBuffer biases = floats(2 * directions * rows); // (D, 2*G*H)
        for (int direction = 0; direction < directions; direction++) {
            biases.asFloatBuffer()
                    .position(2 * direction * rows)
                    .put(inputBias, direction * rows, rows)
                    .put(stateBias, direction * rows, rows);
        }
        tensor("B" + name, FLOAT, biases, directions, 2 * rows);
        String output = "Y" + name;
        String lengths = shape.isRagged() ? "lengths" : "";
        List<String> states = states(shape, isStream);
        message(1, node -> {
            for (String input : List.of(below, "W" + name, "R" + name, "B" + name, lengths)) {
                node.string(1, input);
            }
            states.forEach(state -> node.string(1, state));
            node.string(2, isStream ? "" : output); // (T, D, N, H)
            states.forEach(state -> node.string(2, state + "N"));
            node.string(
                    4,
                    switch (shape.gates()) {
                        case 4 -> "LSTM";
                        case 3 -> "GRU";
                        default -> "RNN";
                    });
            node.attribute("hidden_size", hidden);
            node.message(
                    5,
                    attribute -> attribute
                            .string(1, "direction")
                            .string(4, shape.isBidirectional() ? "bidirectional" : "forward")
                            .varint(20, 3));
            if (shape.gates() == 3) {
                node.attribute("linear_before_reset", shape.cell().equals("gru") ? 1 : 0);
            }
            if (shape.cell().equals("rnn_relu")) {
                node.message(5, attribute -> {
                    attribute.string(1, "activations").varint(20, 8);
                    for (int direction = 0; direction < directions; direction++) {
                        attribute.string(9, "Relu");
                    }
                });
            }
        });
        return output;
    }

    /// (T, N, H) of (T, 1, N, H), by another name for the same memory; or (T, N, 2*H) of (T, 2, N, H).
    ///
    /// @return its name
    private String joined(String from, int directions) {
        String to = from + "_joined";
        String sizes = from + "_sizes";
        if (directions == 1) {
            tensor(sizes, new long[] {1}, 1);
            message(
                    1,
                    node -> node.string(1, from).string(1, sizes).string(2, to).string(4, "Squeeze"));
            return to;
        }
        String swapped = from + "_swapped";
        message(
                1,
                node -> node.string(1, from)
                        .string(2, swapped)
                        .string(4, "Transpose")
                        .message(5, attribute -> {
                            attribute.string(1, "perm").varint(20, 7);
                            for (int dimension : new int[] {0, 2, 1, 3}) {
                                attribute.varint(8, dimension);
                            }
                        }));
        tensor(sizes, new long[] {0, 0, -1}, 3); // 0 is as it was
        message(
                1,
                node -> node.string(1, swapped).string(1, sizes).string(2, to).string(4, "Reshape"));
        return to;
    }

    /// The weights of all directions, PyTorch's gate blocks in ONNX's order.
    private static float[] gates(LayerShape shape, Map<String, float[]> weights, String name) {
        int[] order = switch (shape.gates()) {
            case 4 -> new int[] {0, 3, 1, 2}; // i, f, g, o -> i, o, f, c
            case 3 -> new int[] {1, 0, 2}; // r, z, n -> z, r, h
            default -> new int[] {0};
        };
        float[] forward = weights.get(name);
        float[] result = new float[shape.directions() * forward.length];
        int block = forward.length / order.length;
        for (int direction = 0; direction < shape.directions(); direction++) {
            float[] source = direction == 0 ? forward : weights.get(name + "_reverse");
            for (int gate = 0; gate < order.length; gate++) {
                int to = direction * forward.length + gate * block;
                System.arraycopy(source, order[gate] * block, result, to, block);
            }
        }
        return result;
    }

    private void tensor(String name, long[] values, int... sizes) {
        ByteBuffer data = ByteBuffer.allocate(values.length * Long.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        data.asLongBuffer().put(values);
        tensor(name, INT64, data, sizes);
    }

    private void tensor(String name, float[] values, int... sizes) {
        ByteBuffer data = floats(values.length);
        data.asFloatBuffer().put(values);
        tensor(name, FLOAT, data, sizes);
    }

    private static ByteBuffer floats(int count) {
        return ByteBuffer.allocate(count * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void tensor(String name, int type, ByteBuffer data, int... sizes) {
        message(5, tensor -> {
            for (int size : sizes) {
                tensor.varint(1, size);
            }
            tensor.varint(2, type).string(8, name).bytes(9, data.array(), data.limit());
        });
    }

    private void attribute(String name, int value) {
        message(5, attribute -> attribute.string(1, name).varint(3, value).varint(20, 2));
    }

    /// An input or an output, its dimensions numbers or symbols.
    private void value(int field, String name, int type, List<Object> dimensions) {
        message(
                field,
                value -> value.string(1, name)
                        .message(
                                2,
                                any -> any.message(
                                        1,
                                        tensor -> tensor.varint(1, type)
                                                .message(
                                                        2,
                                                        shape -> dimensions.forEach(dimension ->
                                                                shape.message(1, size -> {
                                                                    if (dimension instanceof Integer number) {
                                                                        size.varint(1, number);
                                                                    } else {
                                                                        size.string(2, dimension.toString());
                                                                    }
                                                                }))))));
    }

    // protobuf

    private static byte[] message(Consumer<OnnxModel> content) {
        OnnxModel message = new OnnxModel();
        content.accept(message);
        return message.bytes.toByteArray();
    }

    private OnnxModel message(int field, Consumer<OnnxModel> content) {
        byte[] message = message(content);
        return bytes(field, message, message.length);
    }

    private OnnxModel string(int field, String text) {
        byte[] encoded = text.getBytes(StandardCharsets.UTF_8);
        return bytes(field, encoded, encoded.length);
    }

    private OnnxModel bytes(int field, byte[] content, int length) {
        raw((long) field << 3 | 2); // length-delimited
        raw(length);
        bytes.write(content, 0, length);
        return this;
    }

    private OnnxModel varint(int field, long value) {
        raw((long) field << 3);
        raw(value);
        return this;
    }

    private void raw(long value) {
        long rest = value;
        while ((rest & ~0x7FL) != 0) {
            bytes.write((int) (rest & 0x7F | 0x80));
            rest >>>= 7;
        }
        bytes.write((int) rest);
    }
}
