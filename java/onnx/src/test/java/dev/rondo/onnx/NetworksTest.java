package dev.rondo.onnx;

import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Products, normalisations and windows, against ONNX Runtime.
class NetworksTest {
    @ParameterizedTest
    @MethodSource({"products", "normalizations", "convolutions", "pooling"})
    void agreesWithOnnxRuntime(Case graph) {
        Comparison.assertAgreement(graph);
    }

    private static Case one(String name, long... sizes) {
        return new Case(name).input("x", sizes);
    }

    static List<Case> products() {
        List<Case> cases = new ArrayList<>();
        long[][][] shapes = {
            {{3, 4}, {4, 5}}, {{2, 3, 4}, {4, 5}}, {{2, 3, 4}, {2, 4, 5}}, {{2, 1, 3, 4}, {5, 4, 2}}, {{4}, {4, 5}},
            {{3, 4}, {4}}, {{4}, {4}}, {{2, 3, 4}, {4}}, {{3, 4}, {2, 4, 5}}, {{4}, {2, 4, 5}}
        };
        for (long[][] shape : shapes) {
            String name = Shape.of(shape[0]) + " by " + Shape.of(shape[1]);
            cases.add(one("MatMul " + name, shape[0])
                    .input("w", shape[1])
                    .node("MatMul", "x w", "y")
                    .gives("y"));
            cases.add(one("MatMul of weights " + name, shape[0])
                    .weights("w", shape[1])
                    .node("MatMul", "x w", "y")
                    .gives("y"));
        }
        cases.add(one("MatMul of a transposed value", 2, 3, 4)
                .input("z", 2, 5, 4)
                .node("Transpose", "z", "t", "perm", new long[] {0, 2, 1})
                .node("MatMul", "x t", "y")
                .gives("y"));
        for (String activation : new String[] {"Relu", "Tanh", "Sigmoid", "Gelu"}) {
            cases.add(one("MatMul, Add, " + activation, 2, 3, 4)
                    .opset(20)
                    .weights("w", 4, 5)
                    .weights("b", 5)
                    .node("MatMul", "x w", "p")
                    .node("Add", "b p", "s")
                    .node(activation, "s", "y")
                    .gives("y", "s"));
        }
        cases.add(one("MatMul, Add of a scalar", 3, 4)
                .weights("w", 4, 5)
                .weights("b", 1)
                .node("MatMul", "x w", "p")
                .node("Add", "p b", "y")
                .gives("y"));
        for (int transposed = 0; transposed < 4; transposed++) {
            int a = transposed & 1;
            int b = transposed >> 1;
            long[] left = a == 0 ? new long[] {3, 4} : new long[] {4, 3};
            long[] right = b == 0 ? new long[] {4, 5} : new long[] {5, 4};
            cases.add(one("Gemm " + transposed, left)
                    .weights("w", right)
                    .weights("c", 5)
                    .node("Gemm", "x w c", "y", "transA", a, "transB", b)
                    .gives("y"));
            cases.add(one("Gemm of inputs " + transposed, left)
                    .input("w", right)
                    .input("c", 3, 1)
                    .node("Gemm", "x w c", "y", "transA", a, "transB", b, "alpha", 0.5f, "beta", 2f)
                    .gives("y"));
        }
        cases.add(one("Gemm without a summand", 3, 4)
                .weights("w", 4, 5)
                .node("Gemm", "x w", "y")
                .gives("y"));
        return cases;
    }

    static List<Case> normalizations() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {"Softmax", "LogSoftmax"}) {
            cases.add(one(operator, 2, 3, 4).node(operator, "x", "y").gives("y"));
            cases.add(one(operator + " along 1", 2, 3, 4)
                    .node(operator, "x", "y", "axis", 1)
                    .gives("y"));
            cases.add(one(operator + " of old", 2, 3, 4)
                    .opset(11)
                    .node(operator, "x", "y")
                    .gives("y"));
        }
        cases.add(one("LayerNormalization", 2, 3, 4)
                .weights("s", 4)
                .weights("b", 4)
                .node("LayerNormalization", "x s b", "y", "epsilon", 1e-3f)
                .gives("y"));
        cases.add(one("LayerNormalization of two dimensions", 2, 3, 4)
                .weights("s", 3, 4)
                .node("LayerNormalization", "x s", "y m d", "axis", 1)
                .gives("y", "m", "d"));
        for (long[] shape : new long[][] {{2, 3}, {2, 3, 5}, {2, 3, 4, 5}}) {
            cases.add(one("BatchNormalization " + Shape.of(shape), shape)
                    .weights("s", 3)
                    .weights("b", 3)
                    .weights("m", 3)
                    .constant("v", Tensor.of(Shape.of(3), 0.5f, 1.5f, 2f))
                    .node("BatchNormalization", "x s b m v", "y", "epsilon", 1e-3f)
                    .gives("y"));
        }
        cases.add(one("InstanceNormalization", 2, 3, 7)
                .weights("s", 3)
                .weights("b", 3)
                .node("InstanceNormalization", "x s b", "y")
                .gives("y"));
        cases.add(one("GroupNormalization", 2, 4, 7)
                .opset(21)
                .weights("s", 4)
                .weights("b", 4)
                .node("GroupNormalization", "x s b", "y", "num_groups", 2)
                .gives("y"));
        cases.add(one("RMSNormalization", 2, 3, 4)
                .opset(23)
                .weights("s", 4)
                .node("RMSNormalization", "x s", "y")
                .gives("y"));
        return cases;
    }

    static List<Case> convolutions() {
        return List.of(
                one("Conv", 2, 3, 11)
                        .weights("w", 5, 3, 3)
                        .weights("b", 5)
                        .node("Conv", "x w b", "y")
                        .gives("y"),
                one("Conv by an input", 2, 3, 11)
                        .input("w", 5, 3, 3)
                        .node("Conv", "x w", "y")
                        .gives("y"),
                one("Conv strided", 2, 3, 11)
                        .weights("w", 4, 3, 4)
                        .node("Conv", "x w", "y", "strides", new long[] {3}, "pads", new long[] {2, 1})
                        .gives("y"),
                one("Conv dilated", 1, 2, 15)
                        .weights("w", 3, 2, 3)
                        .node("Conv", "x w", "y", "dilations", new long[] {4}, "kernel_shape", new long[] {3})
                        .gives("y"),
                one("Conv in groups", 2, 6, 9)
                        .weights("w", 4, 3, 3)
                        .node("Conv", "x w", "y", "group", 2)
                        .gives("y"),
                one("Conv by channel", 2, 6, 9)
                        .weights("w", 6, 1, 3)
                        .weights("b", 6)
                        .node("Conv", "x w b", "y", "group", 6, "pads", new long[] {1, 1})
                        .gives("y"),
                one("Conv of two dimensions", 2, 3, 8, 9)
                        .weights("w", 17, 3, 3, 2)
                        .weights("b", 17)
                        .node("Conv", "x w b", "y", "strides", new long[] {2, 1}, "pads", new long[] {1, 0, 0, 1})
                        .gives("y"),
                one("Conv, same size", 2, 3, 10)
                        .weights("w", 5, 3, 4)
                        .node("Conv", "x w", "y", "auto_pad", "SAME_UPPER", "strides", new long[] {2})
                        .gives("y"),
                one("Conv, same size, more in front", 2, 3, 10)
                        .weights("w", 5, 3, 4)
                        .node("Conv", "x w", "y", "auto_pad", "SAME_LOWER")
                        .gives("y"),
                one("Conv of a transposed value", 2, 11, 3)
                        .weights("w", 5, 3, 3)
                        .node("Transpose", "x", "t", "perm", new long[] {0, 2, 1})
                        .node("Conv", "t w", "c")
                        .node("Relu", "c", "r")
                        .node("Transpose", "r", "y", "perm", new long[] {2, 0, 1})
                        .gives("y"));
    }

    static List<Case> pooling() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {"MaxPool", "AveragePool"}) {
            for (int ceilings = 0; ceilings <= 1; ceilings++) {
                cases.add(one(operator + " " + ceilings, 2, 3, 10)
                        .node(
                                operator,
                                "x",
                                "y",
                                "kernel_shape",
                                new long[] {3},
                                "strides",
                                new long[] {2},
                                "ceil_mode",
                                ceilings,
                                "pads",
                                new long[] {1, 0})
                        .gives("y"));
            }
            cases.add(one(operator + " of two dimensions", 2, 3, 7, 8)
                    .node(operator, "x", "y", "kernel_shape", new long[] {3, 2}, "strides", new long[] {2, 2})
                    .gives("y"));
            cases.add(one("Global" + operator, 2, 3, 7, 8)
                    .node("Global" + operator, "x", "y")
                    .gives("y"));
        }
        cases.add(one("MaxPool dilated", 2, 3, 12)
                .node("MaxPool", "x", "y", "kernel_shape", new long[] {3}, "dilations", new long[] {2})
                .gives("y"));
        cases.add(one("AveragePool counting padding", 2, 3, 9)
                .node(
                        "AveragePool",
                        "x",
                        "y",
                        "kernel_shape",
                        new long[] {3},
                        "strides",
                        new long[] {2},
                        "count_include_pad",
                        1,
                        "pads",
                        new long[] {1, 1})
                .gives("y"));
        cases.add(one("AveragePool counting padding, ceilings", 2, 3, 8)
                .opset(19)
                .node(
                        "AveragePool",
                        "x",
                        "y",
                        "kernel_shape",
                        new long[] {3},
                        "strides",
                        new long[] {2},
                        "count_include_pad",
                        1,
                        "ceil_mode",
                        1,
                        "pads",
                        new long[] {1, 1})
                .gives("y"));
        return cases;
    }
}
