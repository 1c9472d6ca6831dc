package dev.rondo.onnx;

import dev.rondo.onnx.graph.ElementType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Functions of single elements, against ONNX Runtime.
class ElementwiseTest {
    private static final long[] IDS = {3, -7, 0, 12, 5, -2};

    @ParameterizedTest
    @MethodSource({"ofFloats", "ofTwoFloats", "ofIntegers", "withParameters", "ofTruths", "types", "choices"})
    void agreesWithOnnxRuntime(Case graph) {
        Comparison.assertAgreement(graph);
    }

    static List<Case> ofFloats() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {
            "Neg",
            "Abs",
            "Sign",
            "Exp",
            "Sigmoid",
            "Tanh",
            "Relu",
            "LeakyRelu",
            "Elu",
            "Selu",
            "Celu",
            "HardSigmoid",
            "HardSwish",
            "Softplus",
            "Softsign",
            "Erf",
            "Floor",
            "Ceil",
            "Round",
            "Reciprocal",
            "Sin",
            "Cos",
            "Tan",
            "Atan",
            "Sinh",
            "Cosh",
            "Identity",
            "ThresholdedRelu",
            "Dropout"
        }) {
            cases.add(one(operator)
                    .node("Mul", "x three", "scaled")
                    .node(operator, "scaled", "y")
                    .gives("y"));
        }
        cases.add(one("Sqrt").node("Abs", "x", "a").node("Sqrt", "a", "y").gives("y"));
        cases.add(one("Log").node("Abs", "x", "a").node("Log", "a", "y").gives("y"));
        cases.add(one("Mish").opset(18).node("Mish", "x", "y").gives("y"));
        cases.add(one("Gelu").opset(20).node("Gelu", "x", "y").gives("y"));
        cases.add(one("Gelu by tanh")
                .opset(20)
                .node("Gelu", "x", "y", "approximate", "tanh")
                .gives("y"));
        cases.add(one("Gelu of ONNX Runtime")
                .nodeOf("com.microsoft", "Gelu", "x", "y")
                .gives("y"));
        cases.add(new Case("of a transposed value")
                .input("x", 3, 4, 5)
                .node("Transpose", "x", "t", "perm", new long[] {2, 0, 1})
                .node("Tanh", "t", "y")
                .gives("y"));
        cases.add(new Case("of a scalar")
                .input("x")
                .node("Tanh", "x", "y")
                .node("Erf", "y", "z")
                .gives("y", "z"));
        return cases;
    }

    private static Case one(String name) {
        return new Case(name).input("x", 3, 5, 7).number("three", 3);
    }

    static List<Case> ofTwoFloats() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {"Add", "Sub", "Mul", "Div", "PRelu"}) {
            cases.add(two(operator + " alike", new long[] {3, 5}, 3, 5)
                    .node(operator, "a b", "y")
                    .gives("y"));
            cases.add(two(operator + " right", new long[] {2, 3, 5}, 5)
                    .node(operator, "a b", "y")
                    .gives("y"));
        }
        for (String operator : new String[] {"Add", "Sub", "Mul", "Div", "Min", "Max", "Sum", "Mean"}) {
            cases.add(two(operator + " left", new long[] {5}, 2, 3, 5)
                    .node(operator, "a b", "y")
                    .gives("y"));
            cases.add(two(operator + " both", new long[] {2, 1, 5}, 3, 1)
                    .node(operator, "a b", "y")
                    .gives("y"));
        }
        cases.add(two("Max of three", new long[] {2, 5}, 2, 5)
                .node("Max", "a b a", "y")
                .gives("y"));
        cases.add(
                two("Min of one", new long[] {2, 5}, 2, 5).node("Min", "a", "y").gives("y"));
        cases.add(two("Pow", new long[] {4, 5}, 4, 5)
                .node("Abs", "a", "c")
                .node("Pow", "c b", "y")
                .gives("y"));
        for (float exponent : new float[] {2, 3, 0.5f, -1, 1.7f}) {
            cases.add(one("Pow " + exponent)
                    .number("exponent", exponent)
                    .node("Abs", "x", "a")
                    .node("Pow", "a exponent", "y")
                    .gives("y"));
        }
        cases.add(one("Pow with an integer")
                .integer("two", 3)
                .node("Pow", "x two", "y")
                .gives("y"));
        cases.add(two("Mod", new long[] {4, 5}, 4, 5)
                .node("Mod", "a b", "y", "fmod", 1)
                .gives("y"));
        cases.add(one("constants folded")
                .node("Add", "three three", "six")
                .node("Mul", "six x", "y")
                .gives("y"));
        return cases;
    }

    private static Case two(String name, long[] left, long... right) {
        return new Case(name).input("a", left).input("b", right);
    }

    static List<Case> ofIntegers() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {"Add", "Sub", "Mul", "Div", "Mod", "Min", "Max"}) {
            cases.add(new Case(operator + " of integers")
                    .ids("a", new long[] {2, 3}, IDS)
                    .ids("b", new long[] {3}, 5, -3, 4)
                    .node(operator, "a b", "y")
                    .gives(ElementType.INT64, "y"));
        }
        for (String operator : new String[] {"Neg", "Abs", "Sign"}) {
            cases.add(new Case(operator + " of integers")
                    .ids("a", new long[] {2, 3}, IDS)
                    .node(operator, "a", "y")
                    .gives(ElementType.INT64, "y"));
        }
        cases.add(new Case("Mod like C's")
                .ids("a", new long[] {6}, IDS)
                .ids("b", new long[] {1}, -5)
                .node("Mod", "a b", "y", "fmod", 1)
                .gives(ElementType.INT64, "y"));
        cases.add(new Case("Pow of integers")
                .ids("a", new long[] {6}, IDS)
                .ids("b", new long[] {1}, 3)
                .node("Pow", "a b", "y")
                .gives(ElementType.INT64, "y"));
        return cases;
    }

    static List<Case> withParameters() {
        return List.of(
                one("LeakyRelu 0.3").node("LeakyRelu", "x", "y", "alpha", 0.3f).gives("y"),
                one("Elu 0.3").node("Elu", "x", "y", "alpha", 0.3f).gives("y"),
                one("Celu 0.3").node("Celu", "x", "y", "alpha", 0.3f).gives("y"),
                one("Selu 0.3")
                        .node("Selu", "x", "y", "alpha", 0.3f, "gamma", 2f)
                        .gives("y"),
                one("HardSigmoid 2")
                        .node("HardSigmoid", "x", "y", "alpha", 2f, "beta", 0.1f)
                        .gives("y"),
                one("ThresholdedRelu .1")
                        .node("ThresholdedRelu", "x", "y", "alpha", 0.1f)
                        .gives("y"),
                one("Clip")
                        .number("low", -0.2f)
                        .number("high", 0.4f)
                        .node("Clip", "x low high", "y")
                        .gives("y"),
                one("Clip below")
                        .number("low", -0.2f)
                        .node("Clip", "x low", "y")
                        .gives("y"),
                one("Clip above")
                        .number("high", 0.4f)
                        .node("Clip", "x _ high", "y")
                        .gives("y"),
                one("Clip between bounds the wrong way round")
                        .number("low", 2)
                        .number("high", 0.25f)
                        .node("Clip", "x low high", "y")
                        .gives("y"),
                one("Clip by an input").input("low").node("Clip", "x low", "y").gives("y"),
                one("Clip of old")
                        .opset(7)
                        .node("Clip", "x", "y", "min", -0.3f, "max", 0.2f)
                        .gives("y"),
                new Case("Clip of integers")
                        .ids("x", new long[] {6}, IDS)
                        .integer("low", -1)
                        .integer("high", 4)
                        .node("Clip", "x low high", "y")
                        .gives(ElementType.INT64, "y"));
    }

    static List<Case> ofTruths() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {"And", "Or", "Xor"}) {
            cases.add(new Case(operator)
                    .truths("a", 3, 5)
                    .truths("b", 5)
                    .node(operator, "a b", "y")
                    .gives(ElementType.BOOL, "y"));
        }
        cases.add(new Case("Not").truths("a", 3, 5).node("Not", "a", "y").gives(ElementType.BOOL, "y"));
        for (String operator : new String[] {"Equal", "Less", "LessOrEqual", "Greater", "GreaterOrEqual"}) {
            cases.add(two(operator, new long[] {3, 5}, 5)
                    .node("Round", "a", "c")
                    .node("Round", "b", "d")
                    .node(operator, "c d", "y")
                    .gives(ElementType.BOOL, "y"));
            cases.add(new Case(operator + " of integers")
                    .ids("a", new long[] {2, 3}, IDS)
                    .ids("b", new long[] {2, 1}, 5, -2)
                    .node(operator, "a b", "y")
                    .gives(ElementType.BOOL, "y"));
        }
        cases.add(one("IsNaN").node("Log", "x", "l").node("IsNaN", "l", "y").gives(ElementType.BOOL, "y"));
        cases.add(one("IsInf")
                .number("zero", 0)
                .node("Div", "x zero", "l")
                .node("IsInf", "l", "y", "detect_negative", 0)
                .gives(ElementType.BOOL, "y"));
        return cases;
    }

    static List<Case> types() {
        List<Case> cases = new ArrayList<>();
        Tensor numbers = Tensor.of(Shape.of(6), 3.7f, -2.9f, 0, 100.5f, -0.2f, 1);
        for (ElementType type : new ElementType[] {
            ElementType.INT64, ElementType.INT32, ElementType.UINT8, ElementType.INT8, ElementType.BOOL
        }) {
            Tensor whole = Tensor.of(Shape.of(4), 3, 250, 300, 0L);
            Case floats = new Case("Cast of floats to " + type).input("x", ElementType.FLOAT, numbers);
            floats.node("Abs", "x", "a").node("Cast", "a", "y", "to", type.number());
            cases.add(floats.gives(type, "y"));
            cases.add(new Case("Cast of integers to " + type)
                    .input("x", ElementType.INT64, whole)
                    .node("Cast", "x", "y", "to", type.number())
                    .gives(type, "y"));
        }
        cases.add(new Case("Cast of negative floats")
                .input("x", ElementType.FLOAT, numbers)
                .node("Cast", "x", "y", "to", ElementType.INT64.number())
                .gives(ElementType.INT64, "y"));
        cases.add(new Case("Cast of truths")
                .truths("x", 3, 4)
                .node("Cast", "x", "y", "to", 1)
                .gives("y"));
        cases.add(one("Cast by way of FLOAT16")
                .node("Cast", "x", "h", "to", ElementType.FLOAT16.number())
                .node("Cast", "h", "y", "to", 1)
                .gives("y"));
        cases.add(one("Cast by way of BFLOAT16")
                .node("Cast", "x", "h", "to", ElementType.BFLOAT16.number())
                .node("Cast", "h", "y", "to", 1)
                .gives("y"));
        cases.add(new Case("an input of INT32")
                .input("x", ElementType.INT32, Tensor.of(Shape.of(3), 1, -2, 3L))
                .node("Mul", "x x", "y")
                .gives(ElementType.INT32, "y"));
        return cases;
    }

    static List<Case> choices() {
        return List.of(
                new Case("Where")
                        .truths("c", 3, 1)
                        .input("a", 3, 5)
                        .input("b", 5)
                        .node("Where", "c a b", "y")
                        .gives("y"),
                new Case("Where of integers")
                        .truths("c", 6)
                        .ids("a", new long[] {6}, IDS)
                        .integer("zero", 0)
                        .node("Where", "c a zero", "y")
                        .gives(ElementType.INT64, "y"),
                new Case("mask of padding")
                        .ids("ids", new long[] {2, 3}, 4, 2, 0, 1, 0, 0)
                        .integer("zero", 0)
                        .longs("axes", 1)
                        .node("Equal", "ids zero", "e")
                        .node("Not", "e", "n")
                        .node("Cast", "n", "m", "to", 7)
                        .node("ReduceSum", "m axes", "y", "keepdims", 0)
                        .gives(ElementType.INT64, "y"));
    }
}
