package dev.rondo.onnx;

import dev.rondo.onnx.graph.ElementType;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Sums, means, extremes and ranks, against ONNX Runtime.
class ReductionsTest {
    @ParameterizedTest
    @MethodSource({"reductions", "ranks"})
    void agreesWithOnnxRuntime(Case graph) {
        Comparison.assertAgreement(graph);
    }

    private static Case one(String name, long... sizes) {
        return new Case(name).input("x", sizes);
    }

    static List<Case> reductions() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {
            "ReduceSum",
            "ReduceMean",
            "ReduceMax",
            "ReduceMin",
            "ReduceProd",
            "ReduceL1",
            "ReduceL2",
            "ReduceSumSquare",
            "ReduceLogSumExp"
        }) {
            cases.add(one(operator, 2, 3, 4)
                    .opset(18)
                    .longs("a", 1)
                    .node(operator, "x a", "y")
                    .gives("y"));
            cases.add(one(operator + " of two", 2, 3, 4)
                    .opset(18)
                    .longs("a", 0, -1)
                    .node(operator, "x a", "y", "keepdims", 0)
                    .gives("y"));
            cases.add(one(operator + " of all", 2, 3, 4)
                    .opset(18)
                    .node(operator, "x", "y", "keepdims", 0)
                    .gives("y"));
            cases.add(one(operator + " of none", 2, 3)
                    .opset(18)
                    .node(operator, "x", "y", "noop_with_empty_axes", operator.equals("ReduceSum") ? 1 : 0)
                    .gives("y"));
            cases.add(one(operator + " of old", 2, 3, 1)
                    .opset(11)
                    .node(operator, "x", "y", "axes", new long[] {2})
                    .gives("y"));
        }
        for (String operator : new String[] {"ReduceSum", "ReduceMax", "ReduceMin", "ReduceProd"}) {
            cases.add(new Case(operator + " of integers")
                    .opset(18)
                    .ids("x", new long[] {2, 3}, 1, -2, 3, 4, 5, -6)
                    .longs("a", 1)
                    .node(operator, "x a", "y", "keepdims", 0)
                    .gives(ElementType.INT64, "y"));
        }
        return cases;
    }

    static List<Case> ranks() {
        List<Case> cases = new ArrayList<>();
        for (String operator : new String[] {"ArgMax", "ArgMin"}) {
            for (int last = 0; last <= 1; last++) {
                cases.add(one(operator + " " + last, 2, 6, 3)
                        .number("three", 3)
                        .node("Mul", "x three", "m")
                        .node("Round", "m", "r")
                        .node(operator, "r", "y", "axis", 1, "select_last_index", last)
                        .node(operator, "r", "z", "axis", -1, "keepdims", 0)
                        .gives(ElementType.INT64, "y", "z"));
            }
        }
        for (int largest = 0; largest <= 1; largest++) {
            cases.add(one("TopK " + largest, 2, 7, 3)
                    .longs("k", 3)
                    .node("TopK", "x k", "v i", "axis", 1, "largest", largest)
                    .gives("v")
                    .gives(ElementType.INT64, "i"));
        }
        cases.add(one("TopK of old", 2, 7)
                .opset(9)
                .node("TopK", "x", "v i", "k", 7)
                .gives("v")
                .gives(ElementType.INT64, "i"));
        for (int kind = 0; kind < 4; kind++) {
            cases.add(one("CumSum " + kind, 2, 5, 3)
                    .integer("axis", 1)
                    .node("CumSum", "x axis", "y", "exclusive", kind & 1, "reverse", kind >> 1)
                    .gives("y"));
        }
        cases.add(new Case("CumSum of integers")
                .ids("x", new long[] {2, 3}, 1, 2, 3, 4, 5, 6)
                .integer("axis", -1)
                .node("CumSum", "x axis", "y")
                .gives(ElementType.INT64, "y"));
        return cases;
    }
}
