package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.dot;
import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.kernel.TreeKernel;
import dev.rondo.program.Value;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.TreeReference;
import dev.rondo.reference.Values;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.tree.BracketedTrees;
import dev.rondo.tree.TreeBatch;
import dev.rondo.tree.Trees;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Networks over trees: against plain loops and finite differences, and what they refuse.
class TreeTest {
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);

    @BeforeEach
    void needsNativeCode() {
        assumeTrue(TreeKernel.isAvailable());
    }

    static TreeBase network(TreeReference.Cell cell, TreeRecurrence recurrence, long seed) {
        TreeBase network = switch (cell) {
            case RNN -> new TreeRNN(recurrence);
            case LSTM -> new NaryTreeLSTM(recurrence);
            case CHILD_SUM_LSTM -> new ChildSumTreeLSTM(recurrence);
            case GRU -> new TreeGRU(recurrence);
            case TENSOR -> new TreeTensorNetwork(recurrence);
        };
        // Not centred on 0, so that mixed-up gates, children or signs do not cancel out.
        double scale = cell == TreeReference.Cell.TENSOR ? 1.0 / recurrence.hiddenSize() : 1;
        network.initialize(seed, name -> Initializer.uniform(-0.5 * scale, 0.7 * scale));
        return network;
    }

    private static double[][] matrix(Parameter parameter) {
        Shape shape = parameter.shape();
        return Values.matrix(parameter.tensor().toDoubleArray(), (int) shape.size(0), (int) shape.size(1));
    }

    private static TreeReference reference(TreeReference.Cell cell, TreeBase network) {
        Map<String, Parameter> all = network.parameters();
        TreeRecurrence sizes = network.recurrence();
        Shape shape = all.get("weight_hh").shape();
        double[][][] weights = Values.cube(
                all.get("weight_hh").tensor().toDoubleArray(), (int) shape.size(0), (int) shape.size(1), (int)
                        shape.size(2));
        if (cell == TreeReference.Cell.TENSOR) {
            int hidden = sizes.hiddenSize();
            int width = sizes.arity() * hidden;
            double[] tensor = all.get("tensor").tensor().toDoubleArray(); // (H, K*H, K*H)
            for (int k = 0; k < weights.length; k++) {
                double[][] rows = Arrays.copyOf(weights[k], hidden + hidden * width);
                for (int row = 0; row < hidden * width; row++) {
                    rows[hidden + row] =
                            Arrays.copyOfRange(tensor, row * width + k * hidden, row * width + (k + 1) * hidden);
                }
                weights[k] = rows;
            }
        }
        return new TreeReference(
                cell,
                sizes.arity(),
                matrix(all.get("weight_ih")),
                weights,
                all.get("bias").tensor().toDoubleArray());
    }

    /// Some trees with gaps between nodes: parents in no order, up to so many children.
    private static long[] forest(Random random, int nodes, int arity) {
        long[] parents = new long[nodes];
        int[] children = new int[nodes];
        int[] order = random.ints(0, nodes).distinct().limit(nodes).toArray();
        for (int i = 0; i < nodes; i++) {
            long parent = i == 0 ? -1 : order[random.nextInt(i)];
            int kind = random.nextInt(10);
            boolean isFree = parent >= 0 && parents[(int) parent] != -2 && children[(int) parent] < arity;
            parents[order[i]] = i > 0 && kind == 0 ? -2 : isFree ? parent : -1;
            if (parents[order[i]] >= 0) {
                children[(int) parent]++;
            }
        }
        return parents;
    }

    /// Positions among the children, and labels at random.
    private static long[] types(Random random, long[] parents, TreeRecurrence sizes) {
        long[] types = new long[parents.length];
        int[] children = new int[parents.length];
        for (int v = 0; v < parents.length; v++) {
            if (parents[v] >= 0) {
                int position = sizes.arity() == 1 ? 0 : children[(int) parents[v]]++;
                types[v] = (long) random.nextInt(sizes.labels()) * sizes.arity() + position;
            }
        }
        return types;
    }

    static Tensor ids(long... values) {
        return Tensor.of(Shape.of(values.length), values);
    }

    static PackedTrees packed(Value x, long[] parents, long @Nullable [] types) {
        return new PackedTrees(
                x,
                x.recorder().constant(ids(parents)),
                types == null ? null : x.recorder().constant(ids(types)));
    }

    /// h and c of all nodes, by inference.
    private static Map<String, double[]> run(TreeBase network, Tensor x, long[] parents, long @Nullable [] types) {
        List<Input> inputs = List.of(Input.floats("x", "M", "I"), Input.ids("parents", "N"), Input.ids("types", "N"));
        try (Model model = Model.of(inputs, in -> {
                    TreeBase.Output states = network.forward(
                            new PackedTrees(in.get("x"), in.get("parents"), types == null ? null : in.get("types")));
                    return states.c() == null ? Map.of("h", states.h()) : Map.of("h", states.h(), "c", states.c());
                });
                Session session = model.session(x.shape(), Shape.of(parents.length), Shape.of(parents.length))) {
            session.input("x").copyFrom(x.toFloatArray());
            session.input("parents").copyFrom(parents);
            session.input("types").copyFrom(types == null ? new long[parents.length] : types);
            session.run();
            session.run(); // nothing is left of the run before
            Map<String, double[]> results = new LinkedHashMap<>();
            results.put("h", session.output("h").toDoubleArray());
            if (network instanceof NaryTreeLSTM || network instanceof ChildSumTreeLSTM) {
                results.put("c", session.output("c").toDoubleArray());
            }
            return results;
        }
    }

    @ParameterizedTest
    @CsvSource({
        "RNN, 1, 1, false",
        "RNN, 2, 1, false",
        "RNN, 3, 2, true",
        "LSTM, 1, 1, false",
        "LSTM, 2, 1, false",
        "LSTM, 3, 2, false",
        "LSTM, 2, 3, true",
        "CHILD_SUM_LSTM, 1, 1, false",
        "CHILD_SUM_LSTM, 1, 4, false",
        "CHILD_SUM_LSTM, 1, 1, true",
        "GRU, 1, 1, false",
        "GRU, 2, 2, false",
        "GRU, 1, 3, true",
        "TENSOR, 1, 1, true",
        "TENSOR, 2, 1, false",
        "TENSOR, 3, 1, false"
    })
    void equalPlainLoops(TreeReference.Cell cell, int arity, int labels, boolean topDown) {
        for (int hidden : new int[] {1, 7, 16, 19}) {
            Random random = new Random(hidden);
            TreeRecurrence sizes = new TreeRecurrence(5, hidden, arity, labels, topDown);
            TreeBase network = network(cell, sizes, hidden);
            long[] parents = forest(random, 41, arity == 1 ? 5 : arity);
            long[] types = types(random, parents, sizes);
            int inputs = hidden == 7 ? 41 : 23;
            Tensor x = random(hidden, inputs, 5);
            TreeReference.States expected =
                    reference(cell, network).run(Values.matrix(x.toDoubleArray(), inputs, 5), parents, types, topDown);
            Map<String, double[]> actual = run(network, x, parents, types);
            String what = cell + " H " + hidden + " ";
            TOLERANCE.assertClose(what + "h", Values.flat(expected.h()), Values.floats(actual.get("h")));
            if (actual.containsKey("c")) {
                TOLERANCE.assertClose(what + "c", Values.flat(expected.c()), Values.floats(actual.get("c")));
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"RNN, 2, 1", "LSTM, 2, 2", "CHILD_SUM_LSTM, 1, 1", "GRU, 2, 1", "TENSOR, 2, 1"})
    void differences(TreeReference.Cell cell, int arity, int labels) {
        for (boolean topDown : new boolean[] {false, true}) {
            TreeRecurrence sizes = new TreeRecurrence(2, 3, arity, labels, topDown);
            TreeBase network = network(cell, sizes, 5);
            long[] parents = {1, -1, 1, 2, -2, 2, -1};
            long[] types = arity == 1 ? new long[7] : new long[] {0, 0, 1, 0, 0, labels == 1 ? 1 : 3, 0};
            Map<String, Tensor> variables = new LinkedHashMap<>();
            network.parameters().forEach((name, parameter) -> variables.put(name, parameter.tensor()));
            variables.put("x", random(4, topDown ? 7 : 6, 2));
            GradientCheck.checkDifferences(sizes.toString(), variables, in -> {
                TreeBase.Output states = network.forward(packed(in.get("x"), parents, types));
                Value loss = dot(states.h(), random(2, 7, 3));
                return states.c() == null ? loss : Functional.add(loss, dot(states.c(), random(3, 7, 3)));
            });
        }
    }

    @Test
    void malformedTreesAreRefused() {
        TreeBase network = new NaryTreeLSTM(2, 3);
        try (Model model = Model.of(
                        List.of(Input.floats("x", "N", "2"), Input.ids("parents", "N"), Input.ids("types", "N")),
                        in -> Map.of(
                                "h",
                                network.forward(new PackedTrees(in.get("x"), in.get("parents"), in.get("types")))
                                        .h()));
                Session session = model.session(Shape.of(4, 2), Shape.of(4), Shape.of(4))) {
            Function<long[], String> refusal = given -> {
                session.input("parents").copyFrom(Arrays.copyOf(given, 4));
                session.input("types").copyFrom(Arrays.copyOfRange(given, 4, 8));
                return assertThrows(IllegalArgumentException.class, session::run)
                        .getMessage();
            };
            assertTrue(refusal.apply(new long[] {-1, 4, 0, 0, 0, 0, 0, 0})
                    .startsWith("node 1 has parent 4, which is none of 4"));
            assertTrue(refusal.apply(new long[] {-1, 0, -3, 0, 0, 0, 0, 0}).startsWith("node 2 has parent -3"));
            assertEquals("node 1 has parent 2, which is no node", refusal.apply(new long[] {-1, 2, -2, 0, 0, 0, 0, 0}));
            assertEquals(
                    "node 2 is an ancestor of itself: the parents make a cycle",
                    refusal.apply(new long[] {-1, 0, 3, 2, 0, 0, 0, 0}));
            assertEquals(
                    "node 1 is an ancestor of itself: the parents make a cycle",
                    refusal.apply(new long[] {1, 1, -1, -1, 0, 0, 0, 0}));
            assertEquals(
                    "the edge of node 3 has type 2, which is not in the network's range 0..1",
                    refusal.apply(new long[] {-1, 0, 0, 0, 0, 0, 1, 2}));
            session.input("types").copyFrom(new long[] {7, 0, 1, -5}); // those of roots and of no nodes do not count
            session.input("parents").copyFrom(new long[] {-1, 0, 0, -2});
            session.run();
            assertArrayEquals(
                    new float[3], Arrays.copyOfRange(session.output("h").toFloatArray(), 9, 12));
        }
        assertThrows(
                IllegalArgumentException.class, () -> run(network, random(1, 5, 2), new long[] {-1, 0, 0, 0}, null));
        assertThrows(
                IllegalArgumentException.class, () -> run(network, random(1, 4, 3), new long[] {-1, 0, 0, 0}, null));
        assertThrows(
                IllegalArgumentException.class,
                () -> new TreeTensorNetwork(TreeRecurrence.of(2, 3).labels(2)));
    }

    /// A hundred thousand levels are a loop, not a stack.
    @Test
    void deepTrees() {
        int nodes = 100_000;
        TreeBase network = network(TreeReference.Cell.CHILD_SUM_LSTM, TreeRecurrence.of(1, 2), 1);
        long[] parents = new long[nodes];
        Arrays.setAll(parents, i -> i - 1);
        double[] h = run(network, random(1, nodes, 1), parents, null).get("h");
        assertTrue(Arrays.stream(h).allMatch(value -> Math.abs(value) < 1 && value != 0));
    }

    @Test
    void batches() {
        Trees trees = BracketedTrees.parse("(a (b x) (c (d y) (e z))) (f w)", "trees");
        TreeBatch leaves = TreeBatch.leavesFirst(trees, 5, 8);
        assertArrayEquals(new long[] {5, 6, 6, -1, -2, -1, 5, -2}, leaves.parents());
        assertArrayEquals(new long[] {0, 0, 1, 0, 0, 0, 1, 0}, leaves.positions());
        assertArrayEquals(new long[] {5, 3, 0}, leaves.roots(3));
        assertArrayEquals(
                new long[] {-1, 0, 0, 2, 2, -1, -2}, TreeBatch.of(trees, 7).parents());
        assertEquals(
                "4 leaves are more than the 3 there is room for",
                assertThrows(IllegalArgumentException.class, () -> TreeBatch.leavesFirst(trees, 3, 9))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> TreeBatch.leavesFirst(trees, 5, 6));
        assertThrows(IllegalArgumentException.class, () -> TreeBatch.of(trees, 5));
        assertThrows(IllegalArgumentException.class, () -> leaves.roots(1));
    }
}
