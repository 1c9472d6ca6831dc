package dev.rondo.onnx;

import dev.rondo.onnx.graph.ElementType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Shapes, places and indices of elements, against ONNX Runtime.
class ShapesTest {
    @ParameterizedTest
    @MethodSource({"shapes", "parts", "margins", "repetitions", "indices", "scattered", "sequences"})
    void agreesWithOnnxRuntime(Case graph) {
        Comparison.assertAgreement(graph);
    }

    private static Case one(String name, long... sizes) {
        return new Case(name).input("x", sizes);
    }

    static List<Case> shapes() {
        return List.of(
                one("Reshape", 2, 3, 4)
                        .longs("s", 0, -1)
                        .node("Reshape", "x s", "y")
                        .gives("y"),
                one("Reshape to a scalar", 1, 1)
                        .longs("s")
                        .node("Reshape", "x s", "y")
                        .gives("y"),
                one("Reshape of a transposed value", 2, 3, 4)
                        .longs("s", 4, 6)
                        .node("Transpose", "x", "t")
                        .node("Reshape", "t s", "y")
                        .gives("y"),
                one("Reshape by a computed shape", 2, 3, 4)
                        .longs("rest", -1)
                        .node("Shape", "x", "shape", "start", 0, "end", 1)
                        .node("Concat", "shape rest", "s", "axis", 0)
                        .node("Reshape", "x s", "y")
                        .gives("y"),
                one("Flatten", 2, 3, 4).node("Flatten", "x", "y", "axis", 2).gives("y"),
                one("Flatten at 0", 2, 3).node("Flatten", "x", "y", "axis", 0).gives("y"),
                one("Flatten from the last", 2, 3, 4)
                        .node("Flatten", "x", "y", "axis", -1)
                        .gives("y"),
                one("Squeeze", 1, 3, 1)
                        .longs("a", -1)
                        .node("Squeeze", "x a", "y")
                        .gives("y"),
                one("Squeeze of all", 1, 3, 1).node("Squeeze", "x", "y").gives("y"),
                one("Squeeze of old", 1, 3, 1)
                        .opset(11)
                        .node("Squeeze", "x", "y", "axes", new long[] {0, 2})
                        .gives("y"),
                one("Unsqueeze", 3, 4)
                        .longs("a", 0, -1)
                        .node("Unsqueeze", "x a", "y")
                        .gives("y"),
                one("Unsqueeze of old", 3, 4)
                        .opset(11)
                        .node("Unsqueeze", "x", "y", "axes", new long[] {3, 1})
                        .gives("y"),
                one("Transpose", 2, 3, 4)
                        .node("Transpose", "x", "y", "perm", new long[] {1, 2, 0})
                        .gives("y"),
                one("Transpose by default", 2, 3, 4).node("Transpose", "x", "y").gives("y"),
                one("Shape", 2, 3, 4).node("Shape", "x", "y").gives(ElementType.INT64, "y"),
                one("Shape from the last", 2, 3, 4)
                        .node("Shape", "x", "y", "start", -2, "end", 9)
                        .gives(ElementType.INT64, "y"),
                one("Size", 2, 3, 4).node("Size", "x", "y").gives(ElementType.INT64, "y"),
                one("Concat", 2, 3)
                        .input("z", 2, 5)
                        .node("Concat", "x z x", "y", "axis", -1)
                        .gives("y"),
                new Case("Concat of integers")
                        .ids("a", new long[] {2}, 3, 4)
                        .ids("b", new long[] {3}, 5, 6, 7)
                        .node("Concat", "a b", "y", "axis", 0)
                        .gives(ElementType.INT64, "y"),
                one("outputs that are inputs", 2, 3).node("Identity", "x", "y").gives("y"),
                one("Transpose of integers", 1)
                        .ids("i", new long[] {2, 3}, 1, 2, 3, 4, 5, 6)
                        .node("Transpose", "i", "t")
                        .node("Add", "t t", "y")
                        .gives(ElementType.INT64, "t", "y"));
    }

    static List<Case> parts() {
        List<Case> cases = new ArrayList<>();
        long[][] slices = {
            {1, 3, 1}, {-3, 99, 1}, {0, -1, 1}, {4, 0, -1}, {-1, -99, -2}, {0, 5, 2}, {1, 5, 3}, {3, 3, 1}
        };
        for (long[] slice : slices) {
            cases.add(one("Slice " + slice[0] + ":" + slice[1] + ":" + slice[2], 2, 5, 3)
                    .longs("from", slice[0])
                    .longs("to", slice[1])
                    .longs("axis", 1)
                    .longs("step", slice[2])
                    .node("Slice", "x from to axis step", "s")
                    .node("Concat", "s x", "y", "axis", 1)
                    .gives("y"));
        }
        cases.add(one("Slice of two dimensions", 4, 5)
                .longs("from", 1, 2)
                .longs("to", 3, 5)
                .node("Slice", "x from to", "y")
                .gives("y"));
        cases.add(one("Slice of old", 4, 5)
                .opset(9)
                .node("Slice", "x", "y", "starts", new long[] {1}, "ends", new long[] {-1}, "axes", new long[] {1})
                .gives("y"));
        cases.add(one("Split", 6, 2)
                .longs("s", 1, 5)
                .node("Split", "x s", "a b", "axis", 0)
                .gives("a", "b"));
        cases.add(
                one("Split alike", 2, 6).node("Split", "x", "a b c", "axis", 1).gives("a", "b", "c"));
        cases.add(one("Split unevenly", 2, 7)
                .opset(18)
                .node("Split", "x", "a b c", "axis", 1, "num_outputs", 3)
                .gives("a", "b", "c"));
        cases.add(one("Split of old", 2, 6)
                .opset(11)
                .node("Split", "x", "a b", "axis", 1, "split", new long[] {2, 4})
                .gives("a", "b"));
        cases.add(
                one("Trilu", 2, 4, 5).integer("k", 1).node("Trilu", "x k", "y").gives("y"));
        cases.add(one("Trilu below", 4, 4).node("Trilu", "x", "y", "upper", 0).gives("y"));
        return cases;
    }

    static List<Case> margins() {
        List<Case> cases = new ArrayList<>();
        for (String mode : new String[] {"constant", "reflect", "edge", "wrap"}) {
            cases.add(one("Pad " + mode, 3, 4)
                    .opset(19)
                    .longs("pads", 1, 2, 0, 3)
                    .node("Pad", "x pads", "y", "mode", mode)
                    .gives("y"));
        }
        cases.add(one("Pad with a number", 3, 4)
                .longs("pads", 1, 0, 2, 1)
                .number("c", 2.5f)
                .node("Pad", "x pads c", "y")
                .gives("y"));
        cases.add(one("Pad by less than nothing", 4, 5)
                .longs("pads", -1, 2, 1, -2)
                .node("Pad", "x pads", "y")
                .gives("y"));
        cases.add(one("Pad of some dimensions", 2, 3, 4)
                .opset(18)
                .longs("pads", 1, 2)
                .longs("axes", -1)
                .node("Pad", "x pads _ axes", "y")
                .gives("y"));
        cases.add(one("Pad of old", 3, 4)
                .opset(7)
                .node("Pad", "x", "y", "pads", new long[] {0, 1, 0, 2}, "value", 1.5f)
                .gives("y"));
        cases.add(new Case("Pad of integers")
                .ids("x", new long[] {3}, 4, 5, 6)
                .longs("pads", 1, 2)
                .node("Pad", "x pads", "y")
                .gives(ElementType.INT64, "y"));
        return cases;
    }

    static List<Case> repetitions() {
        return List.of(
                one("Expand", 3, 1)
                        .longs("s", 2, 1, 4)
                        .node("Expand", "x s", "y")
                        .gives("y"),
                one("Expand to itself", 3, 4)
                        .longs("s", 1, 1)
                        .node("Expand", "x s", "y")
                        .gives("y"),
                one("Expand of a transposed value", 3, 1)
                        .longs("s", 2, 3)
                        .node("Transpose", "x", "t")
                        .node("Expand", "t s", "y")
                        .gives("y"),
                one("Tile", 2, 3).longs("r", 2, 3).node("Tile", "x r", "y").gives("y"),
                one("Range", 2, 3)
                        .integer("zero", 0)
                        .integer("one", 1)
                        .node("Size", "x", "n")
                        .node("Range", "zero n one", "y")
                        .gives(ElementType.INT64, "y"),
                one("Range of floats", 2)
                        .number("from", 1)
                        .number("to", -2)
                        .number("step", -0.7f)
                        .node("Range", "from to step", "r")
                        .node("Identity", "r", "y")
                        .gives("y"),
                one("ConstantOfShape", 2, 3)
                        .node("Shape", "x", "s")
                        .node("ConstantOfShape", "s", "c", "value", Tensor.of(Shape.of(1), 2.5f))
                        .node("Add", "x c", "y")
                        .gives("y"),
                one("Constant", 2, 3)
                        .node("Constant", "", "c", "value", Tensor.of(Shape.of(3), 1f, 2f, 3f))
                        .node("Constant", "", "d", "value_float", 2f)
                        .node("Constant", "", "e", "value_ints", new long[] {3, -1})
                        .node("Mul", "x c", "p")
                        .node("Mul", "p d", "q")
                        .node("Reshape", "q e", "y")
                        .gives("y"));
    }

    static List<Case> indices() {
        return List.of(
                one("Gather", 4, 3)
                        .ids("i", new long[] {2, 2}, 3, 0, -1, 2)
                        .node("Gather", "x i", "y")
                        .gives("y"),
                one("Gather along 1", 2, 4, 3)
                        .ids("i", new long[] {3}, 3, 0, -1)
                        .node("Gather", "x i", "y", "axis", 1)
                        .gives("y"),
                one("Gather of one", 2, 4, 3)
                        .integer("i", -2)
                        .node("Gather", "x i", "y", "axis", 1)
                        .gives("y"),
                one("Gather of one by an input", 2, 4)
                        .ids("i", new long[] {}, 1)
                        .node("Gather", "x i", "y")
                        .gives("y"),
                new Case("Gather of integers")
                        .ids("x", new long[] {3, 2}, 1, 2, 3, 4, 5, 6)
                        .ids("i", new long[] {2}, 2, 0)
                        .node("Gather", "x i", "y")
                        .gives(ElementType.INT64, "y"),
                one("GatherElements", 3, 4)
                        .ids("i", new long[] {2, 4}, 0, 2, 1, -1, 1, 1, 0, 2)
                        .node("GatherElements", "x i", "y")
                        .gives("y"),
                one("GatherElements along 1", 3, 4)
                        .ids("i", new long[] {2, 2}, 0, 3, -1, 1)
                        .node("GatherElements", "x i", "y", "axis", 1)
                        .gives("y"),
                one("GatherND", 3, 4, 2)
                        .ids("i", new long[] {2, 2}, 0, 3, -1, 1)
                        .node("GatherND", "x i", "y")
                        .gives("y"),
                one("GatherND of elements", 3, 4)
                        .ids("i", new long[] {2, 2}, 0, 3, 2, 1)
                        .node("GatherND", "x i", "y")
                        .gives("y"),
                one("GatherND with a batch: the last step of each sequence", 3, 4, 2)
                        .ids("i", new long[] {3, 1}, 3, 0, 2)
                        .node("GatherND", "x i", "y", "batch_dims", 1)
                        .gives("y"),
                one("OneHot", 1)
                        .ids("i", new long[] {2, 2}, 0, 3, 2, -1)
                        .integer("depth", 4)
                        .constant("values", Tensor.of(Shape.of(2), -1f, 2f))
                        .node("OneHot", "i depth values", "y", "axis", 1)
                        .gives("y"));
    }

    static List<Case> scattered() {
        List<Case> cases = new ArrayList<>();
        for (String reduction : new String[] {"none", "add", "mul", "max", "min"}) {
            cases.add(one("ScatterND " + reduction, 4, 3)
                    .opset(18)
                    .ids("i", new long[] {2, 1}, 2, -4)
                    .input("u", 2, 3)
                    .node("ScatterND", "x i u", "y", "reduction", reduction)
                    .gives("y"));
            cases.add(one("ScatterElements " + reduction, 3, 4)
                    .opset(18)
                    .ids("i", new long[] {2, 3}, 0, 2, -1, 1, 3, 0)
                    .input("u", 2, 3)
                    .node("ScatterElements", "x i u", "y", "axis", 1, "reduction", reduction)
                    .gives("y"));
        }
        cases.add(one("ScatterND of elements", 2, 3)
                .ids("i", new long[] {2, 2}, 0, 2, 1, 0)
                .input("u", 2)
                .node("ScatterND", "x i u", "y")
                .gives("y"));
        return cases;
    }

    static List<Case> sequences() {
        return List.of(
                one("ReverseSequence", 4, 3, 2)
                        .ids("n", new long[] {3}, 4, 1, 3)
                        .node("ReverseSequence", "x n", "y")
                        .gives("y"),
                one("ReverseSequence batch first", 3, 4, 2)
                        .ids("n", new long[] {3}, 4, 1, 3)
                        .node("ReverseSequence", "x n", "y", "batch_axis", 0, "time_axis", 1)
                        .gives("y"),
                one("the state after each sequence's last step", 3, 4, 2)
                        .ids("n", new long[] {3}, 4, 1, 3)
                        .integer("one", 1)
                        .longs("a", 1, 2)
                        .longs("b", 1, 1, 2)
                        .longs("c", 1)
                        .node("Sub", "n one", "last")
                        .node("Unsqueeze", "last a", "u")
                        .node("Expand", "u b", "i")
                        .node("GatherElements", "x i", "g", "axis", 1)
                        .node("Squeeze", "g c", "y")
                        .gives("y"));
    }
}
