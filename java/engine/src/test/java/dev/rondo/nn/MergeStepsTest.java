package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.dot;
import static dev.rondo.nn.GradientCheck.gradients;
import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.decode.TreeSearch;
import dev.rondo.op.Copy;
import dev.rondo.op.JoinedRows;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.reference.AutoencoderReference;
import dev.rondo.reference.MatrixVectorReference;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.Values;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.train.Optimizer;
import dev.rondo.train.TrainingStep;
import dev.rondo.tree.BracketedTrees;
import dev.rondo.tree.TreeBatch;
import dev.rondo.tree.Trees;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Networks that compose given trees step by step: against plain loops and differences.
@Tag("once") // all of it is Java over operations that are tested on each instruction set
class MergeStepsTest {
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);
    private static final int ROOM = 5; // leaves
    private static final Trees TREES = BracketedTrees.parse(
            "(a (b (c x) (d y)) (e (f z) (g u))) (h x) (m (n x) (o (p (q r) (z s)) (v w)))", "trees");
    private static final TreeBatch BATCH = TreeBatch.inSteps(TREES, ROOM);
    private static final int COUNT = 3;

    private static Value ids(Value x, long[] values, long... sizes) {
        return x.recorder().constant(Tensor.of(Shape.of(sizes), values));
    }

    private static MergeSteps steps(Value x) {
        return new MergeSteps(ids(x, BATCH.children(0), ROOM - 1, COUNT), ids(x, BATCH.children(1), ROOM - 1, COUNT));
    }

    private static Map<String, Tensor> variables(Module network) {
        Map<String, Tensor> variables = new LinkedHashMap<>();
        network.parameters().forEach((name, parameter) -> variables.put(name, parameter.tensor()));
        return variables;
    }

    private static void output(String name, Value value) {
        value.recorder().output(name, value.recorder().record(new Copy(value)).output());
    }

    private static double[] row(float[] all, int row, int width) {
        return Arrays.copyOfRange(Values.doubles(all), row * width, (row + 1) * width);
    }

    private static double[][] matrix(Map<String, Tensor> all, String name) {
        Shape shape = all.get(name).shape();
        return Values.matrix(all.get(name).toDoubleArray(), (int) shape.size(0), (int) shape.size(1));
    }

    @Test
    void batches() {
        assertArrayEquals(new long[] {6, -1, 5, 0, -1, 17, 18, -1, 2, -1, -1, -1}, BATCH.children(0));
        assertArrayEquals(new long[] {9, -1, 8, 3, -1, 11, 15, -1, 20, -1, -1, -1}, BATCH.children(1));
        assertArrayEquals(new long[] {21, 1, 23}, BATCH.roots(3));
        assertEquals(2 * 18, BATCH.places(2)[0]);
        assertEquals(2 * 20 + 1, BATCH.places(2)[11]);
        assertEquals(-1, BATCH.places(2)[21]);
        assertEquals(-1, BATCH.places(2)[4]);
    }

    @Test
    void rowsOfSeveralValues() {
        Map<String, Tensor> variables = new LinkedHashMap<>();
        variables.put("a", random(1, 2, 3));
        variables.put("b", random(2, 1, 3));
        variables.put("c", random(3, 4, 3));
        long[] first = {0, 6, -1, 2, 2};
        Map<String, float[]> actual = gradients(variables, in -> {
            List<Value> parts = List.of(in.get("a"), in.get("b"), in.get("c"));
            Value x = in.get("a");
            Value y =
                    x.recorder().record(new JoinedRows(parts, ids(x, first, 5))).output();
            Value z = x.recorder()
                    .record(new JoinedRows(parts.subList(0, 2), ids(x, new long[] {1, 2}, 2)))
                    .output();
            output("y", y);
            return Functional.add(dot(y, random(4, 5, 3)), dot(z, random(5, 2, 3)));
        });
        float[] a = variables.get("a").toFloatArray();
        float[] b = variables.get("b").toFloatArray();
        float[] c = variables.get("c").toFloatArray();
        assertArrayEquals(
                new float[] {a[0], a[1], a[2], c[9], c[10], c[11], 0, 0, 0, b[0], b[1], b[2], b[0], b[1], b[2]},
                actual.get("y"));
        float[] r = random(4, 5, 3).toFloatArray();
        float[] q = random(5, 2, 3).toFloatArray();
        assertArrayEquals(new float[] {r[0], r[1], r[2], q[0], q[1], q[2]}, actual.get("grad.a"), 1e-6f);
        assertArrayEquals(
                new float[] {r[9] + r[12] + q[3], r[10] + r[13] + q[4], r[11] + r[14] + q[5]},
                actual.get("grad.b"),
                1e-6f);
        assertEquals(
                "number 7 at position 1 is none of the rows 0 to 6",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> gradients(
                                        variables,
                                        in -> dot(
                                                in.get("a")
                                                        .recorder()
                                                        .record(new JoinedRows(
                                                                List.of(in.get("a"), in.get("b"), in.get("c")),
                                                                ids(in.get("a"), new long[] {0, 7}, 2)))
                                                        .output(),
                                                random(1, 2, 3))))
                        .getMessage());
    }

    @Test
    void matrixVectorNetworkEqualsPlainLoops() {
        for (int hidden : new int[] {1, 4, 9}) {
            MatrixVectorRNN network = new MatrixVectorRNN(hidden);
            network.initialize(hidden, _ -> Initializer.uniform(-0.4, 0.6));
            Map<String, Tensor> all = variables(network);
            Tensor vectors = random(1, ROOM, COUNT, hidden);
            Tensor matrices = random(2, ROOM, COUNT, (long) hidden * hidden);
            Map<String, float[]> actual = gradients(all, in -> {
                Recorder recorder = in.get("vector.bias").recorder();
                Value x = recorder.constant(vectors);
                MatrixVectorRNN.Output found = network.forward(x, recorder.constant(matrices), steps(x));
                output("vectors", found.vectors());
                output("matrices", found.matrices());
                return Functional.add(Functional.sum(found.vectors()), Functional.sum(found.matrices()));
            });
            MatrixVectorReference reference = new MatrixVectorReference(
                    matrix(all, "vector.weight"), all.get("vector.bias").toDoubleArray(), matrix(all, "matrix.weight"));
            MatrixVectorReference.Node[] nodes = new MatrixVectorReference.Node[TREES.nodes()];
            for (int tree = 0; tree < COUNT; tree++) {
                int[] order = TREES.preorder(tree);
                for (int i = order.length - 1; i >= 0; i--) {
                    int node = order[i];
                    int number = BATCH.number(node);
                    nodes[node] = TREES.isLeaf(node)
                            ? new MatrixVectorReference.Node(
                                    row(vectors.toFloatArray(), number, hidden),
                                    Values.matrix(
                                            row(matrices.toFloatArray(), number, hidden * hidden), hidden, hidden))
                            : reference.merge(nodes[TREES.child(node, 0)], nodes[TREES.child(node, 1)]);
                    String what = "node " + node + " of H " + hidden;
                    TOLERANCE.assertClose(what, nodes[node].vector(), row(actual.get("vectors"), number, hidden));
                    TOLERANCE.assertClose(
                            what,
                            Values.flat(nodes[node].matrix()),
                            row(actual.get("matrices"), number, hidden * hidden));
                }
            }
        }
    }

    @Test
    void matrixVectorGradients() {
        MatrixVectorRNN network = new MatrixVectorRNN(2);
        network.initialize(3, _ -> Initializer.uniform(-0.4, 0.6));
        MatrixVectorRNN.Words words = new MatrixVectorRNN.Words(4, 2, 1);
        words.initialize(4, _ -> Initializer.uniform(-0.4, 0.6));
        Map<String, Tensor> all = variables(network);
        variables(words).forEach((name, tensor) -> all.put("words." + name, tensor));
        long[] tokens = {0, 1, 2, 3, 1, 0, 2, 2, 2, 1, 0, 3, 3, 2, 1};
        GradientCheck.checkDifferences("matrix-vector", all, in -> {
            Value ids = ids(in.get("vector.bias"), tokens, ROOM, COUNT);
            MatrixVectorRNN.Output found =
                    network.forward(words.vectors(ids), words.matrices(ids), steps(in.get("vector.bias")));
            return Functional.add(
                    dot(found.vectors(), random(5, 2 * ROOM - 1, COUNT, 2)),
                    dot(found.matrices(), random(6, 2 * ROOM - 1, COUNT, 4)));
        });
    }

    @Test
    void matricesOfWords() {
        MatrixVectorRNN.Words words = new MatrixVectorRNN.Words(3, 2, 2);
        words.initialize(4, _ -> Initializer.uniform(-0.4, 0.6));
        Map<String, Tensor> all = variables(words);
        Map<String, float[]> actual = gradients(all, in -> {
            Value matrices = words.matrices(ids(in.get("left.weight"), new long[] {2, 0}, 2, 1));
            output("matrices", matrices);
            return Functional.add(Functional.sum(matrices), Functional.sum(in.get("vectors.weight")));
        });
        double[] expected = new double[8];
        for (int i = 0; i < 2; i++) {
            int word = i == 0 ? 2 : 0;
            for (int j = 0; j < 2; j++) {
                for (int k = 0; k < 2; k++) {
                    double sum = j == k ? 1 + matrix(all, "diagonal.weight")[word][j] : 0;
                    for (int r = 0; r < 2; r++) {
                        sum += matrix(all, "left.weight")[word][j * 2 + r]
                                * matrix(all, "right.weight")[word][r * 2 + k];
                    }
                    expected[i * 4 + j * 2 + k] = sum;
                }
            }
        }
        TOLERANCE.assertClose("matrices", expected, actual.get("matrices"));
        MatrixVectorRNN fresh = new MatrixVectorRNN(3);
        float[] mixing = fresh.parameters().get("matrix.weight").tensor().toFloatArray();
        for (int i = 0; i < mixing.length; i++) {
            assertEquals(i % 3 == i / 6 ? 0.5 : 0, mixing[i], 0.011, "element " + i);
        }
    }

    private static RecursiveAutoencoder autoencoder(int hidden, long seed) {
        RecursiveAutoencoder network = new RecursiveAutoencoder(hidden);
        network.initialize(seed, _ -> Initializer.uniform(-0.5, 0.7));
        return network;
    }

    private static AutoencoderReference reference(RecursiveAutoencoder network) {
        Map<String, Tensor> all = variables(network);
        return new AutoencoderReference(
                matrix(all, "encoder.weight"),
                all.get("encoder.bias").toDoubleArray(),
                matrix(all, "decoder.weight"),
                all.get("decoder.bias").toDoubleArray());
    }

    @Test
    void autoencoderEqualsPlainLoops() {
        for (int hidden : new int[] {1, 4, 9}) {
            RecursiveAutoencoder network = autoencoder(hidden, hidden);
            Tensor x = random(1, ROOM, COUNT, hidden);
            Map<String, float[]> actual = gradients(variables(network), in -> {
                Value leaves = in.get("encoder.bias").recorder().constant(x);
                RecursiveAutoencoder.Output found = network.forward(leaves, steps(leaves));
                Value unfolded = network.unfolded(
                        leaves, found.nodes(), ids(leaves, BATCH.places(2), (2 * ROOM - 1) * COUNT), ROOM - 1);
                output("nodes", found.nodes());
                output("errors", found.errors());
                output("unfolded", unfolded);
                return Functional.add(Functional.sum(found.errors()), Functional.sum(unfolded));
            });
            AutoencoderReference reference = reference(network);
            AutoencoderReference.Node[] nodes = new AutoencoderReference.Node[TREES.nodes()];
            double[] errors = new double[(ROOM - 1) * COUNT]; // 0 where nothing is made
            double[] unfolded = new double[ROOM * COUNT];
            for (int tree = 0; tree < COUNT; tree++) {
                int[] order = TREES.preorder(tree);
                for (int i = order.length - 1; i >= 0; i--) {
                    int node = order[i];
                    int number = BATCH.number(node);
                    nodes[node] = TREES.isLeaf(node)
                            ? reference.leaf(row(x.toFloatArray(), number, hidden))
                            : reference.merge(nodes[TREES.child(node, 0)], nodes[TREES.child(node, 1)]);
                    if (!TREES.isLeaf(node)) {
                        errors[number - ROOM * COUNT] = nodes[node].error();
                    }
                    TOLERANCE.assertClose("node " + node, nodes[node].h(), row(actual.get("nodes"), number, hidden));
                }
                double[] lost = reference.unfolded(nodes[TREES.root(tree)]);
                for (int i = 0; i < lost.length; i++) {
                    unfolded[i * COUNT + tree] = lost[i];
                }
            }
            TOLERANCE.assertClose("errors", errors, actual.get("errors"));
            TOLERANCE.assertClose("unfolded", unfolded, actual.get("unfolded"));
        }
    }

    @Test
    void autoencoderGradients() {
        RecursiveAutoencoder network = autoencoder(2, 6);
        Linear classifier = new Linear(2, 3);
        Map<String, Tensor> all = variables(network);
        variables(classifier).forEach((name, tensor) -> all.put("classifier." + name, tensor));
        all.put("x", random(7, ROOM, COUNT, 2));
        GradientCheck.checkDifferences("autoencoder", all, in -> {
            Value x = in.get("x");
            RecursiveAutoencoder.Output found = network.forward(x, steps(x));
            Value unfolded =
                    network.unfolded(x, found.nodes(), ids(x, BATCH.places(2), (2 * ROOM - 1) * COUNT), ROOM - 1);
            long[] labels = new long[(2 * ROOM - 1) * COUNT];
            Arrays.setAll(labels, i -> i % 5 == 0 ? -100 : i % 3);
            Value mistakes =
                    Losses.crossEntropy(classifier.forward(found.nodes()), ids(x, labels, 2 * ROOM - 1, COUNT));
            return Functional.add(
                    Functional.add(dot(found.errors(), random(8, ROOM - 1, COUNT)), mistakes),
                    dot(unfolded, random(9, ROOM, COUNT)));
        });
    }

    @Test
    void greedyTreesLoseLeast() {
        RecursiveAutoencoder network = autoencoder(4, 11);
        List<float[]> sequences = new ArrayList<>();
        for (int length : new int[] {1, 3, 8, 12}) {
            sequences.add(random(length, length, 4).toFloatArray());
        }
        try (TreeSearch search = new TreeSearch(network, 1)) {
            List<List<TreeSearch.Found>> found = search.search(sequences);
            for (int n = 0; n < sequences.size(); n++) {
                float[] own = sequences.get(n);
                List<Integer> expected =
                        reference(network).greedy(Values.matrix(Values.doubles(own), own.length / 4, 4));
                assertArrayEquals(
                        expected.stream().mapToLong(Integer::longValue).toArray(),
                        found.get(n).getFirst().merges(),
                        "sequence " + n);
            }
        }
    }

    /// Without labels or trees: what it loses becomes less, on sequences that have something to be learned.
    @Test
    void learnsFromSequencesAlone() {
        int batch = 8;
        int hidden = 6;
        int leaves = 6;
        RecursiveAutoencoder network = new RecursiveAutoencoder(hidden);
        network.initialize(2);
        Random random = new Random(3);
        long rows = (2L * leaves - 1) * batch;
        try (TreeSearch search = new TreeSearch(network, 1);
                TrainingStep step = TrainingStep.of(network, Optimizer.adam(2e-2))
                        .input("x", Shape.of(leaves, batch, hidden), DataType.F32)
                        .input("left", Shape.of(leaves - 1, batch), DataType.I64)
                        .input("right", Shape.of(leaves - 1, batch), DataType.I64)
                        .record(in -> Functional.mean(
                                network.forward(in.get("x"), new MergeSteps(in.get("left"), in.get("right")))
                                        .errors()))) {
            double[] losses = new double[40];
            for (int i = 0; i < losses.length; i++) {
                float[] x = new float[leaves * batch * hidden];
                List<float[]> sequences = new ArrayList<>();
                for (int n = 0; n < batch; n++) {
                    float[] own = new float[leaves * hidden];
                    int word = random.nextInt(hidden);
                    for (int t = 0; t < leaves; t++) {
                        own[t * hidden + word] = 1; // words follow each other in a circle, or stay
                        System.arraycopy(own, t * hidden, x, (t * batch + n) * hidden, hidden);
                        word = (word + random.nextInt(2)) % hidden;
                    }
                    sequences.add(own);
                }
                List<String> names = Collections.nCopies(leaves, "");
                Trees trees = TreeSearch.trees(search.search(sequences), Collections.nCopies(batch, names));
                TreeBatch found = TreeBatch.inSteps(trees, leaves);
                step.input("x").copyFrom(x);
                step.input("left").copyFrom(found.children(0));
                step.input("right").copyFrom(found.children(1));
                losses[i] = step.run();
            }
            double first = Arrays.stream(losses, 0, 10).average().orElseThrow();
            double last = Arrays.stream(losses, 30, 40).average().orElseThrow();
            assertTrue(last < 0.6 * first, first + ", then " + last);
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        assertThrows(
                IllegalArgumentException.class, () -> TreeBatch.inSteps(BracketedTrees.parse("(a (b x))", "trees"), 3));
        assertEquals(
                "4 leaves of tree 0 are more than the 3 there is room for",
                assertThrows(IllegalArgumentException.class, () -> TreeBatch.inSteps(TREES, 3))
                        .getMessage());
    }
}
