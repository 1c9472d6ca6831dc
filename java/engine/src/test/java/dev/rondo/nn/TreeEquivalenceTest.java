package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.dot;
import static dev.rondo.nn.GradientCheck.gradients;
import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.kernel.TreeKernel;
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
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// What networks over trees have to give the same: trees side by side and one at a time, chains and sequences.
class TreeEquivalenceTest {
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);

    @BeforeEach
    void needsNativeCode() {
        assumeTrue(TreeKernel.isAvailable());
    }

    /// Trees side by side give what each gives alone, for states and all gradients.
    @ParameterizedTest
    @EnumSource(TreeReference.Cell.class)
    void treesTogetherEqualOneAtATime(TreeReference.Cell cell) {
        TreeRecurrence sizes = TreeRecurrence.of(5, 9).arity(2);
        TreeBase network = TreeTest.network(cell, sizes, 8);
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
                    .forEach((name, values) -> sum.merge(
                            name,
                            values,
                            name.equals("grad.x") ? TreeEquivalenceTest::join : TreeEquivalenceTest::add));
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
                        network.forward(TreeTest.packed(in.get("x"), batch.parents(), batch.positions()))
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
    /// and gradients, from the leaf up as from the root down.
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
        TreeBase tree = TreeTest.network(cell, sizes, 3);
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
}
