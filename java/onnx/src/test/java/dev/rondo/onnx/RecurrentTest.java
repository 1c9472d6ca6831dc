package dev.rondo.onnx;

import dev.rondo.onnx.graph.ElementType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Every attribute and optional input of ONNX's recurrent operators, against ONNX Runtime.
class RecurrentTest {
    static final int T = 7;
    static final int N = 3;
    static final int I = 5;
    static final int H = 4;

    @ParameterizedTest
    @MethodSource({"directions", "optionalInputs", "outputs", "activations", "clipped", "lengths", "sizes", "peculiar"})
    void agreesWithOnnxRuntime(Case graph) {
        Comparison.assertAgreement(graph);
    }

    private static int gates(String operator) {
        return switch (operator) {
            case "LSTM" -> 4;
            case "GRU" -> 3;
            default -> 1;
        };
    }

    static Case layer(String name, String operator, int directions) {
        return layer(name, operator, directions, T, N, I, H);
    }

    static Case layer(String name, String operator, int directions, int t, int n, int i, int h) {
        int g = gates(operator);
        Case graph = new Case(operator + " " + name).input("x", t, n, i);
        return graph.weights("w", directions, g * h, i)
                .constant("r", scaled(graph.floats(directions, g * h, h), 1.5 / Math.sqrt(h)))
                .weights("b", directions, 2 * g * h);
    }

    /// Long sequences blow up differences in the last digits if recurrent weights are large.
    private static Tensor scaled(Tensor tensor, double factor) {
        float[] values = tensor.toFloatArray();
        for (int i = 0; i < values.length; i++) {
            values[i] *= (float) factor;
        }
        return Tensor.of(tensor.shape(), values);
    }

    private static String outputs(String operator) {
        return operator.equals("LSTM") ? "y yh yc" : "y yh";
    }

    static Case finish(Case graph, String operator, String inputs, Object... attributes) {
        return graph.node(operator, inputs, outputs(operator), attributes)
                .gives(outputs(operator).split(" "));
    }

    static List<Case> directions() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {"RNN", "GRU", "LSTM"}) {
            for (String direction : new String[] {"forward", "reverse", "bidirectional"}) {
                int count = direction.equals("bidirectional") ? 2 : 1;
                cases.add(finish(
                        layer(direction, operator, count),
                        operator,
                        "x w r b",
                        "direction",
                        direction,
                        "hidden_size",
                        H));
            }
        }
        for (String direction : new String[] {"forward", "reverse", "bidirectional"}) {
            int count = direction.equals("bidirectional") ? 2 : 1;
            cases.add(finish(
                    layer("linear before reset " + direction, "GRU", count),
                    "GRU",
                    "x w r b",
                    "direction",
                    direction,
                    "linear_before_reset",
                    1));
        }
        return cases;
    }

    static List<Case> optionalInputs() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {"RNN", "GRU", "LSTM"}) {
            for (int count = 1; count <= 2; count++) {
                String direction = count == 2 ? "bidirectional" : "reverse";
                cases.add(finish(
                        layer("without bias " + direction, operator, count),
                        operator,
                        "x w r",
                        "direction",
                        direction));
                cases.add(finish(
                        layer("initial h " + direction, operator, count).input("h0", count, N, H),
                        operator,
                        "x w r b _ h0",
                        "direction",
                        direction));
                cases.add(finish(
                        layer("constant initial h " + direction, operator, count)
                                .weights("h0", count, N, H),
                        operator,
                        "x w r b _ h0",
                        "direction",
                        direction));
            }
        }
        cases.add(finish(
                layer("initial h and c", "LSTM", 2).input("h0", 2, N, H).input("c0", 2, N, H),
                "LSTM",
                "x w r b _ h0 c0",
                "direction",
                "bidirectional"));
        cases.add(finish(layer("initial c", "LSTM", 1).input("c0", 1, N, H), "LSTM", "x w r b _ _ c0"));
        for (int count = 1; count <= 2; count++) {
            cases.add(finish(
                    layer("peepholes " + count, "LSTM", count).weights("p", count, 3 * H),
                    "LSTM",
                    "x w r b _ _ _ p",
                    "direction",
                    count == 2 ? "bidirectional" : "reverse"));
        }
        cases.add(finish(
                layer("all inputs", "LSTM", 2)
                        .input("lengths", ElementType.INT32, Tensor.of(Shape.of(N), 3, 7, 1L))
                        .input("h0", 2, N, H)
                        .input("c0", 2, N, H)
                        .weights("p", 2, 3 * H),
                "LSTM",
                "x w r b lengths h0 c0 p",
                "direction",
                "bidirectional"));
        return cases;
    }

    static List<Case> outputs() {
        return List.of(
                layer("last h", "LSTM", 2)
                        .node("LSTM", "x w r b", "_ yh", "direction", "bidirectional")
                        .gives("yh"),
                layer("last c", "LSTM", 1).node("LSTM", "x w r b", "_ _ yc").gives("yc"),
                layer("output alone", "LSTM", 1).node("LSTM", "x w r b", "y").gives("y"),
                layer("last h", "GRU", 1).node("GRU", "x w r b", "_ yh").gives("yh"),
                layer("last h", "RNN", 1).node("RNN", "x w r b", "_ yh").gives("yh"));
    }

    static List<Case> activations() {
        List<Case> cases = new ArrayList<>();
        for (String function : new String[] {
            "Relu",
            "Tanh",
            "Sigmoid",
            "Affine",
            "LeakyRelu",
            "ThresholdedRelu",
            "ScaledTanh",
            "HardSigmoid",
            "Elu",
            "Softsign",
            "Softplus"
        }) {
            float[] alpha = {0.4f};
            float[] beta = {0.3f};
            cases.add(finish(
                    layer(function, "RNN", 1),
                    "RNN",
                    "x w r b",
                    "activations",
                    new String[] {function},
                    "activation_alpha",
                    alpha,
                    "activation_beta",
                    beta));
        }
        cases.add(finish(
                layer("two functions", "RNN", 2),
                "RNN",
                "x w r b",
                "direction",
                "bidirectional",
                "activations",
                new String[] {"Relu", "Softsign"}));
        cases.add(finish(
                layer("hard sigmoids", "LSTM", 2).input("h0", 2, N, H).weights("p", 2, 3 * H),
                "LSTM",
                "x w r b _ h0 _ p",
                "direction",
                "bidirectional",
                "activations",
                new String[] {"HardSigmoid", "Tanh", "Elu", "Sigmoid", "LeakyRelu", "Softsign"},
                "activation_alpha",
                new float[] {0.3f, 0.7f, 0.1f},
                "activation_beta",
                new float[] {0.4f}));
        cases.add(finish(layer("default parameters", "LSTM", 1), "LSTM", "x w r b", "activations", new String[] {
            "HardSigmoid", "Softplus", "Elu"
        }));
        for (int reset = 0; reset <= 1; reset++) {
            cases.add(finish(
                    layer("activations " + reset, "GRU", 2).input("h0", 2, N, H),
                    "GRU",
                    "x w r b _ h0",
                    "direction",
                    "bidirectional",
                    "linear_before_reset",
                    reset,
                    "activations",
                    new String[] {"HardSigmoid", "Softsign", "Sigmoid", "LeakyRelu"},
                    "activation_alpha",
                    new float[] {0.3f, 0.2f},
                    "activation_beta",
                    new float[] {0.4f}));
        }
        cases.add(finish(layer("defaults written out", "LSTM", 1), "LSTM", "x w r b", "activations", new String[] {
            "Sigmoid", "Tanh", "Tanh"
        }));
        return cases;
    }

    static List<Case> clipped() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {"RNN", "GRU", "LSTM"}) {
            // Where an LSTM's cell state stays inside the bound, which ONNX Runtime does not apply to it.
            int steps = operator.equals("LSTM") ? 1 : T;
            cases.add(finish(
                    layer("clip", operator, 2, steps, N, I, H),
                    operator,
                    "x w r b",
                    "direction",
                    "bidirectional",
                    "clip",
                    0.5f));
        }
        cases.add(finish(
                layer("clip linear before reset", "GRU", 1), "GRU", "x w r b", "clip", 0.5f, "linear_before_reset", 1));
        cases.add(finish(layer("coupled gates", "LSTM", 1), "LSTM", "x w r b", "input_forget", 1));
        cases.add(finish(
                layer("coupled gates, peepholes", "LSTM", 2).weights("p", 2, 3 * H),
                "LSTM",
                "x w r b _ _ _ p",
                "input_forget",
                1,
                "direction",
                "bidirectional"));
        return cases;
    }

    static List<Case> lengths() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {"RNN", "GRU", "LSTM"}) {
            for (String direction : new String[] {"forward", "reverse", "bidirectional"}) {
                int count = direction.equals("bidirectional") ? 2 : 1;
                cases.add(finish(
                        layer("lengths " + direction, operator, count)
                                .input("lengths", ElementType.INT32, Tensor.of(Shape.of(N), 4, 7, 1L)),
                        operator,
                        "x w r b lengths",
                        "direction",
                        direction));
            }
            cases.add(finish(
                    layer("constant lengths", operator, 1)
                            .constant("lengths", ElementType.INT32, Tensor.of(Shape.of(N), 4, 7, 1L)),
                    operator,
                    "x w r b lengths"));
            cases.add(finish(
                    layer("lengths that are all T", operator, 1)
                            .constant("lengths", ElementType.INT32, Tensor.of(Shape.of(N), 7, 7, 7L)),
                    operator,
                    "x w r b lengths"));
            if (operator.equals("LSTM")) {
                continue;
            }
            cases.add(finish(
                    layer("lengths and clip", operator, 2)
                            .input("lengths", ElementType.INT32, Tensor.of(Shape.of(N), 4, 7, 1L)),
                    operator,
                    "x w r b lengths",
                    "direction",
                    "bidirectional",
                    "clip",
                    0.7f));
        }
        return cases;
    }

    static List<Case> sizes() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {"RNN", "GRU", "LSTM"}) {
            for (int[] size : new int[][] {{1, 1, 1, 1}, {1, 2, 17, 33}, {40, 1, 3, 19}, {3, 70, 8, 16}}) {
                cases.add(finish(
                        layer(
                                List.of(size[0], size[1], size[2], size[3]).toString(),
                                operator,
                                2,
                                size[0],
                                size[1],
                                size[2],
                                size[3]),
                        operator,
                        "x w r b",
                        "direction",
                        "bidirectional"));
            }
        }
        return cases;
    }

    /// Forms in which exported graphs have them.
    static List<Case> peculiar() {
        return List.of(
                layer("stacked", "LSTM", 2)
                        .weights("w2", 1, 4 * 6, 2 * H)
                        .weights("r2", 1, 4 * 6, 6)
                        .longs("shape", 0, 0, -1)
                        .longs("one", 1)
                        .node("LSTM", "x w r b", "y1", "direction", "bidirectional")
                        .node("Transpose", "y1", "t", "perm", new long[] {0, 2, 1, 3})
                        .node("Reshape", "t shape", "s")
                        .node("LSTM", "s w2 r2", "y2 _ yc")
                        .node("Squeeze", "y2 one", "y")
                        .gives("y", "yc"),
                new Case("GRU of zeros by shape")
                        .opset(9)
                        .input("x", T, N, I)
                        .weights("w", 1, 3 * H, I)
                        .weights("r", 1, 3 * H, H)
                        .integer("one", 1)
                        .longs("d", 1)
                        .longs("h", H)
                        .node("Shape", "x", "shape")
                        .node("Gather", "shape one", "n", "axis", 0)
                        .node("Unsqueeze", "n", "nn", "axes", new long[] {0})
                        .node("Concat", "d nn h", "dims", "axis", 0)
                        .node("ConstantOfShape", "dims", "h0")
                        .node("GRU", "x w r _ _ h0", "y yh", "hidden_size", H)
                        .gives("y", "yh"),
                new Case("RNN whose weights are made of others")
                        .input("x", T, N, I)
                        .weights("a", H, I)
                        .weights("u", H, H)
                        .longs("zero", 0)
                        .node("Unsqueeze", "a zero", "w")
                        .node("Unsqueeze", "u zero", "r")
                        .node("RNN", "x w r", "y", "hidden_size", H)
                        .gives("y"));
    }
}
