package dev.rondo.onnx;

import dev.rondo.onnx.graph.ElementType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Quantised numbers, and graphs in nodes, against ONNX Runtime.
class ControlTest {
    @ParameterizedTest
    @MethodSource({"quantized", "branches", "loops"})
    void agreesWithOnnxRuntime(Case graph) {
        Comparison.assertAgreement(graph);
    }

    private static Case one(String name, long... sizes) {
        return new Case(name).input("x", sizes);
    }

    static List<Case> quantized() {
        Tensor bytes = Tensor.of(Shape.of(3, 2), 1L, 200, 30, 4, 255, 0);
        Tensor signed = Tensor.of(Shape.of(4, 2), 1L, -100, 30, 4, 127, -128, 5, 6);
        return List.of(
                one("DequantizeLinear", 2, 3)
                        .constant("q", ElementType.UINT8, bytes)
                        .number("s", 0.1f)
                        .constant("z", ElementType.UINT8, Tensor.of(Shape.of(), 100L))
                        .node("DequantizeLinear", "q s z", "w")
                        .node("MatMul", "x w", "y")
                        .gives("y"),
                one("DequantizeLinear of columns", 2, 3)
                        .constant("q", ElementType.UINT8, bytes)
                        .constant("s", Tensor.of(Shape.of(2), 0.1f, 0.2f))
                        .constant("z", ElementType.UINT8, Tensor.of(Shape.of(2), 100L, 3))
                        .node("DequantizeLinear", "q s z", "w", "axis", 1)
                        .node("MatMul", "x w", "y")
                        .gives("y"),
                one("QuantizeLinear", 3, 5)
                        .number("s", 0.01f)
                        .constant("z", ElementType.INT8, Tensor.of(Shape.of(), 5L))
                        .node("QuantizeLinear", "x s z", "y")
                        .gives(ElementType.INT8, "y"),
                one("DynamicQuantizeLinear", 3, 5)
                        .node("DynamicQuantizeLinear", "x", "y s z")
                        .gives(ElementType.UINT8, "y")
                        .gives("s")
                        .gives(ElementType.UINT8, "z"),
                one("a product quantised as it comes", 3, 4)
                        .constant("w", ElementType.INT8, signed)
                        .constant("wz", ElementType.INT8, Tensor.of(Shape.of(), 0L))
                        .number("ws", 0.02f)
                        .node("DynamicQuantizeLinear", "x", "q s z")
                        .node("MatMulInteger", "q w z wz", "p")
                        .node("Cast", "p", "f", "to", 1)
                        .node("Mul", "s ws", "scale")
                        .node("Mul", "f scale", "y")
                        .gives("y"),
                one("QLinearMatMul", 3, 4)
                        .number("xs", 0.01f)
                        .constant("xz", ElementType.UINT8, Tensor.of(Shape.of(), 128L))
                        .constant("w", ElementType.INT8, signed)
                        .number("ws", 0.02f)
                        .constant("wz", ElementType.INT8, Tensor.of(Shape.of(), 0L))
                        .number("ys", 0.1f)
                        .constant("yz", ElementType.UINT8, Tensor.of(Shape.of(), 120L))
                        .node("QuantizeLinear", "x xs xz", "q")
                        .node("QLinearMatMul", "q xs xz w ws wz ys yz", "p")
                        .node("DequantizeLinear", "p ys yz", "y")
                        .gives("y"));
    }

    private static Case inner(String name, String operator, String inputs) {
        return new Case(name).node(operator, inputs, name + "_y").gives(name + "_y");
    }

    static List<Case> branches() {
        return List.of(
                one("If of a shape", 3, 4)
                        .integer("three", 3)
                        .node("Shape", "x", "s", "end", 1)
                        .node("Squeeze", "s", "n")
                        .node("Equal", "n three", "c")
                        .node(
                                "If",
                                "c",
                                "y",
                                "then_branch",
                                inner("then", "Tanh", "x"),
                                "else_branch",
                                inner("otherwise", "Neg", "x"))
                        .gives("y"),
                one("If of an input", 3, 4)
                        .ids("rate", new long[] {}, 8000)
                        .integer("fast", 16000)
                        .node("Equal", "rate fast", "c")
                        .node(
                                "If",
                                "c",
                                "y",
                                "then_branch",
                                inner("then", "Tanh", "x"),
                                "else_branch",
                                inner("otherwise", "Neg", "x"))
                        .gives("y"));
    }

    static List<Case> loops() {
        Case body = new Case("body");
        body.slot("i", ElementType.INT64).slot("go", ElementType.BOOL).slot("h", ElementType.FLOAT, "a", "b");
        body.node("Tanh", "h", "t")
                .node("Add", "t x", "next")
                .node("Identity", "go", "on")
                .gives(ElementType.BOOL, "on")
                .gives("next", "t");
        Case halves = new Case("halves");
        halves.slot("i", ElementType.INT64).slot("go", ElementType.BOOL).slot("h", ElementType.FLOAT, "a", "b");
        halves.node("Mul", "h half", "next")
                .node("ReduceMax", "next", "most", "keepdims", 0)
                .node("Greater", "most least", "on")
                .gives(ElementType.BOOL, "on")
                .gives("next");
        Case step = new Case("step");
        step.slot("h", ElementType.FLOAT, "n").slot("xt", ElementType.FLOAT, "n");
        step.node("Add", "h xt", "s")
                .node("Tanh", "s", "hn")
                .node("Identity", "hn", "out")
                .gives("hn", "out");
        return List.of(
                one("Loop", 2, 3)
                        .integer("rounds", 4)
                        .node("Loop", "rounds _ x", "last all", "body", body)
                        .gives("last", "all"),
                one("Loop that a run ends", 2, 3)
                        .integer("rounds", 9)
                        .number("half", 0.5f)
                        .number("least", 0.1f)
                        .node("Loop", "rounds _ x", "last", "body", halves)
                        .gives("last"),
                one("Loop that a run does not begin", 2, 3)
                        .ids("rate", new long[] {}, 8000)
                        .integer("fast", 16000)
                        .integer("rounds", 9)
                        .number("half", 0.5f)
                        .number("least", 0.1f)
                        .node("Equal", "rate fast", "c")
                        .node("Loop", "rounds c x", "last", "body", halves)
                        .gives("last"),
                one("Scan", 5, 3)
                        .input("h0", 3)
                        .node("Scan", "h0 x", "last all", "body", step, "num_scan_inputs", 1)
                        .gives("last", "all"),
                one("Scan backwards", 3, 5)
                        .input("h0", 3)
                        .node(
                                "Scan",
                                "h0 x",
                                "last all",
                                "body",
                                step,
                                "num_scan_inputs",
                                1,
                                "scan_input_axes",
                                new long[] {1},
                                "scan_input_directions",
                                new long[] {1},
                                "scan_output_axes",
                                new long[] {1},
                                "scan_output_directions",
                                new long[] {1})
                        .gives("last", "all"));
    }

    /// ONNX Runtime quantises the input and the state as well, so that results agree to two digits.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void quantizedLayersComeClose(boolean byGate) {
        int hidden = 4;
        int rows = 4 * hidden;
        Case graph = one("DynamicQuantizeLSTM", 6, 3, 5);
        for (String weight : new String[] {"w", "r"}) {
            int width = weight.equals("w") ? 5 : hidden;
            long[] values = new long[width * rows];
            Arrays.setAll(values, i -> (i * 37 + width) % 251 - 125);
            float[] scales = new float[byGate ? rows : 1];
            Arrays.fill(scales, 0.005f);
            long[] sizes = byGate ? new long[] {1, rows} : new long[] {1};
            graph.constant(weight, ElementType.INT8, Tensor.of(Shape.of(1, width, rows), values))
                    .constant(weight + "s", Tensor.of(Shape.of(sizes), scales))
                    .constant(weight + "z", ElementType.INT8, Tensor.of(Shape.of(sizes), new long[scales.length]));
        }
        graph.weights("b", 1, 2 * rows)
                .nodeOf(
                        "com.microsoft",
                        "DynamicQuantizeLSTM",
                        "x w r b _ _ _ _ ws wz rs rz",
                        "y yh yc",
                        "hidden_size",
                        hidden)
                .gives("y", "yh", "yc");
        byte[] bytes = graph.bytes();
        Map<String, Tensor> expected = Comparison.onnxRuntime(bytes, graph.values, graph.types);
        Comparison.assertClose(graph.toString(), expected, Comparison.rondo(bytes, graph.values), 0.02);
    }
}
