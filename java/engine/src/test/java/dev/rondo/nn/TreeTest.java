package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.dot;
import static dev.rondo.nn.GradientCheck.floats;
import static dev.rondo.nn.GradientCheck.gradients;
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
import dev.rondo.op.TreeRecurrent;
import dev.rondo.op.TreeSchedule;
import dev.rondo.program.Value;
import dev.rondo.reference.Golden;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.TreeReference;
import dev.rondo.reference.Values;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.tree.BracketedTrees;
import dev.rondo.tree.TreeBatch;
import dev.rondo.tree.Trees;
import java.io.IOException;
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
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Networks over trees: against PyTorch, plain loops, finite differences, one tree at a time, and sequences.
class TreeTest {
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);

    @BeforeEach
    void needsNativeCode() {
        assumeTrue(TreeKernel.isAvailable());
    }

    private static TreeBase network(TreeReference.Cell cell, TreeRecurrence recurrence, long seed) {
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

    private static Tensor ids(long... values) {
        return Tensor.of(Shape.of(values.length), values);
    }

    private static PackedTrees packed(Value x, long[] parents, long @Nullable [] types) {
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

    /// With PyTorch's values and gradients; the weights are put together as the network has them.
    private static void golden(String name, Function<Map<String, Value>, TreeRecurrent> tree) throws IOException {
        Golden golden = Golden.read(name);
        Map<String, Tensor> variables = new LinkedHashMap<>();
        golden.file().tensors().keySet().stream()
                .filter(key -> golden.has("grad." + key))
                .sorted()
                .forEach(key -> variables.put(key, floats(golden, key)));
        Map<String, float[]> actual = gradients(variables, in -> {
            TreeRecurrent states = tree.apply(in);
            states.h().recorder().output("h", states.h());
            states.h().recorder().output("c", states.c());
            return Functional.add(dot(states.h(), floats(golden, "R")), dot(states.c(), floats(golden, "Q")));
        });
        assertEquals(golden.values("loss")[0], actual.remove("loss")[0], 1e-4, name);
        assertEquals(variables.size() + 2, actual.size());
        actual.forEach((key, value) -> TOLERANCE.assertClose(name + " " + key, golden.values(key), value));
    }

    private static Value rows(Value... parts) {
        return Functional.concat(List.of(parts), 0);
    }

    private static TreeRecurrent tree(
            TreeKernel cell, Value input, long[] parents, long[] types, Value wih, Value bias, Value whh, int arity) {
        Value given = input.recorder().constant(ids(parents));
        Value edges = input.recorder().constant(ids(types));
        TreeSchedule schedule = input.recorder()
                .record(new TreeSchedule(given, edges, whh.shape().size(0), false));
        Value projected = input.recorder()
                .record(new dev.rondo.op.Linear(input, wih, null, null))
                .output();
        return input.recorder().record(new TreeRecurrent(cell, schedule, projected, bias, whh, arity));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree/child_sum_a", "tree/child_sum_b"})
    void childSumEqualsPyTorchs(String name) throws IOException {
        long[] parents = Golden.read(name).integers("parent");
        golden(
                name,
                in -> tree(
                        TreeKernel.CHILD_SUM_LSTM,
                        in.get("input"),
                        parents,
                        new long[parents.length],
                        rows(in.get("W_i"), in.get("W_f"), in.get("W_u"), in.get("W_o")),
                        rows(in.get("b_i"), in.get("b_f"), in.get("b_u"), in.get("b_o")),
                        rows(in.get("U_i"), in.get("U_f"), in.get("U_u"), in.get("U_o"))
                                .reshape(1, 28, 7),
                        1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree/binary_a", "tree/binary_b"})
    void binaryEqualsPyTorchs(String name) throws IOException {
        long[] parents = Golden.read(name).integers("parent");
        long[] types = new long[parents.length];
        for (long right : Golden.read(name).integers("right")) {
            if (right >= 0) {
                types[(int) right] = 1;
            }
        }
        golden(
                name,
                in -> tree(
                        TreeKernel.LSTM,
                        in.get("input"),
                        parents,
                        types,
                        rows(in.get("W_i"), in.get("W_f"), in.get("W_f"), in.get("W_u"), in.get("W_o")),
                        rows(in.get("b_i"), in.get("b_f"), in.get("b_f"), in.get("b_u"), in.get("b_o")),
                        Functional.concat(
                                List.of(
                                        in.get("U_i"),
                                        in.get("U_f").select(0, 0),
                                        in.get("U_f").select(0, 1),
                                        in.get("U_u"),
                                        in.get("U_o")),
                                1),
                        2));
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

    /// Trees side by side give what each gives alone, for states and all gradients.
    @ParameterizedTest
    @EnumSource(TreeReference.Cell.class)
    void treesTogetherEqualOneAtATime(TreeReference.Cell cell) {
        TreeRecurrence sizes = TreeRecurrence.of(5, 9).arity(2);
        TreeBase network = network(cell, sizes, 8);
        Trees trees = BracketedTrees.parse(
                "(a (b (c x) (d y)) (e z)) (f (g x) (h (i (j y) (k z)) (l x))) (m x) (n (o (p x)))", "trees");
        TreeBatch all = TreeBatch.of(trees, trees.nodes() + 3);
        Tensor x = random(1, trees.nodes(), 5);
        Tensor r = random(2, trees.nodes() + 3, 9);
        Map<String, float[]> together = objective(network, x, all, r);
        Map<String, float[]> sum = new LinkedHashMap<>();
        for (int t = 0; t < trees.size(); t++) {
            Trees tree = trees.tree(t);
            int from = trees.first(t);
            Tensor own = part(x, from, tree.nodes());
            objective(network, own, TreeBatch.of(tree, tree.nodes()), part(r, from, tree.nodes()))
                    .forEach((name, values) ->
                            sum.merge(name, values, name.equals("grad.x") ? TreeTest::join : TreeTest::add));
        }
        together.forEach((name, values) ->
                new Tolerance(2e-6).assertClose(cell + " " + name, Values.doubles(sum.get(name)), values));
    }

    private static Map<String, float[]> objective(TreeBase network, Tensor x, TreeBatch batch, Tensor r) {
        Map<String, Tensor> variables = new LinkedHashMap<>();
        network.parameters().forEach((name, parameter) -> variables.put(name, parameter.tensor()));
        variables.put("x", x);
        return gradients(
                variables,
                in -> dot(
                        network.forward(packed(in.get("x"), batch.parents(), batch.positions()))
                                .h(),
                        r));
    }

    private static Tensor part(Tensor rows, int from, int count) {
        int width = (int) rows.shape().size(1);
        return Tensor.of(
                Shape.of(count, width), Arrays.copyOfRange(rows.toFloatArray(), from * width, (from + count) * width));
    }

    private static float[] join(float[] a, float[] b) {
        float[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }

    private static float[] add(float[] a, float[] b) {
        float[] sum = a.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += b[i];
        }
        return sum;
    }

    /// A recurrent network over a sequence is one over the tree that is a chain: the same weights give the same states
    /// and
    /// gradients, from the leaf up as from the root down.
    @ParameterizedTest
    @CsvSource({
        "RNN, false",
        "LSTM, false",
        "CHILD_SUM_LSTM, false",
        "GRU, false",
        "LSTM, true",
        "CHILD_SUM_LSTM, true",
        "GRU, true"
    })
    void chainsEqualSequences(TreeReference.Cell cell, boolean topDown) {
        TreeRecurrence sizes = new TreeRecurrence(5, 9, 1, 1, topDown);
        TreeBase tree = network(cell, sizes, 3);
        RNNBase sequence = switch (cell) {
            case RNN -> new RNN(5, 9);
            case LSTM, CHILD_SUM_LSTM -> new LSTM(5, 9);
            case GRU -> new GRU(5, 9);
            case TENSOR -> throw new IllegalArgumentException("no sequence has tensors");
        };
        Map<String, Parameter> from = tree.parameters();
        Map<String, Parameter> to = sequence.parameters();
        to.get("weight_ih_l0").tensor().copyFrom(from.get("weight_ih").tensor().toFloatArray());
        to.get("weight_hh_l0").tensor().copyFrom(from.get("weight_hh").tensor().toFloatArray());
        to.get("bias_ih_l0").tensor().copyFrom(from.get("bias").tensor().toFloatArray());
        to.get("bias_hh_l0")
                .tensor()
                .copyFrom(new float[(int) to.get("bias_hh_l0").shape().elements()]);
        Tensor x = random(6, 30, 5);
        Tensor r = random(7, 30, 9);
        Map<String, float[]> expected = gradients(
                variables(sequence, x),
                in -> dot(sequence.forward(in.get("x").reshape(30, 1, 5)).reshape(30, 9), r));
        Map<String, float[]> actual = gradients(variables(tree, x), in -> dot(tree.forward(in.get("x")), r));
        Map.of(
                        "loss",
                        "loss",
                        "grad.x",
                        "grad.x",
                        "grad.weight_ih",
                        "grad.weight_ih_l0",
                        "grad.weight_hh",
                        "grad.weight_hh_l0",
                        "grad.bias",
                        "grad.bias_ih_l0")
                .forEach((mine, theirs) -> TOLERANCE.assertClose(
                        cell + " " + mine, Values.doubles(expected.get(theirs)), actual.get(mine)));
    }

    private static Map<String, Tensor> variables(Module module, Tensor x) {
        Map<String, Tensor> variables = new LinkedHashMap<>();
        module.parameters().forEach((name, parameter) -> variables.put(name, parameter.tensor()));
        variables.put("x", x);
        return variables;
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
