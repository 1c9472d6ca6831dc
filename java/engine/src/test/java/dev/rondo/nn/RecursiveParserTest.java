package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.gradients;
import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.decode.TreeSearch;
import dev.rondo.kernel.TreeKernel;
import dev.rondo.program.Value;
import dev.rondo.reference.ParserReference;
import dev.rondo.reference.Values;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.train.Optimizer;
import dev.rondo.train.TrainingStep;
import dev.rondo.tree.BracketedTrees;
import dev.rondo.tree.Merges;
import dev.rondo.tree.TreeBatch;
import dev.rondo.tree.Trees;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Parsing by merges: the search against plain loops and all trees, the loss against plain loops and differences.
@Tag("once") // all of it is Java over operations that are tested on each instruction set
class RecursiveParserTest {
    private static RecursiveParser parser(int inputSize, int hiddenSize, long seed) {
        RecursiveParser parser = new RecursiveParser(inputSize, hiddenSize);
        parser.initialize(seed, _ -> Initializer.uniform(-0.6, 0.8));
        return parser;
    }

    private static ParserReference reference(RecursiveParser parser) {
        Map<String, Parameter> all = parser.parameters();
        int hidden = parser.hiddenSize();
        return new ParserReference(
                Values.matrix(all.get("trees.weight_ih").tensor().toDoubleArray(), hidden, parser.inputSize()),
                all.get("trees.bias").tensor().toDoubleArray(),
                Values.cube(all.get("trees.weight_hh").tensor().toDoubleArray(), 2, hidden, hidden),
                all.get("score.weight").tensor().toDoubleArray());
    }

    private static double[][] rows(float[] flat, int width) {
        return Values.matrix(Values.doubles(flat), flat.length / width, width);
    }

    @Test
    void greedySearchEqualsPlainLoops() {
        RecursiveParser parser = parser(3, 7, 1);
        List<float[]> sequences = new ArrayList<>();
        for (int length : new int[] {1, 2, 5, 9, 70}) {
            sequences.add(random(length, length, 3).toFloatArray());
        }
        try (TreeSearch search = new TreeSearch(parser, 1)) {
            List<List<TreeSearch.Found>> found = search.search(sequences);
            for (int n = 0; n < sequences.size(); n++) {
                ParserReference.Tree expected = reference(parser).greedy(rows(sequences.get(n), 3));
                TreeSearch.Found actual = found.get(n).getFirst();
                assertEquals(1, found.get(n).size());
                assertArrayEquals(
                        expected.merges().stream().mapToLong(Integer::longValue).toArray(), actual.merges());
                assertEquals(expected.score(), actual.score(), 1e-4, "sequence " + n);
            }
        }
    }

    /// A beam as wide as there are trees finds the best one and misses none; narrow ones find no better than wide ones.
    @Test
    void wideBeamFindsTheBestTree() {
        RecursiveParser parser = parser(2, 4, 3);
        List<float[]> sequences = IntStream.range(0, 6)
                .mapToObj(n -> random(n + 20, 6, 2).toFloatArray())
                .toList();
        double[] sums = new double[2];
        for (int n = 0; n < 6; n++) {
            try (TreeSearch wide = new TreeSearch(parser, 200);
                    TreeSearch greedy = new TreeSearch(parser, 1)) {
                List<TreeSearch.Found> all =
                        wide.search(List.of(sequences.get(n))).getFirst();
                assertEquals(42, all.size(), "binary trees over six leaves");
                assertEquals(
                        reference(parser).best(rows(sequences.get(n), 2)),
                        all.getFirst().score(),
                        1e-4);
                for (int i = 1; i < all.size(); i++) {
                    assertTrue(all.get(i).score() <= all.get(i - 1).score() + 1e-9, "best ones first");
                }
                sums[0] += all.getFirst().score();
                sums[1] += greedy.search(List.of(sequences.get(n)))
                        .getFirst()
                        .getFirst()
                        .score();
            }
        }
        assertTrue(sums[0] > sums[1] + 1e-3, "the greedy search is not the best one in all cases");
    }

    private static final Trees WANTED = BracketedTrees.parse(
            "(a (b (c x) (d y)) (e (f z) (g u))) (h (i (j x) (k y)) (l z)) (m (n x) (o (p y) (q (r z) (s v))))",
            "trees");

    @Test
    void marginCountsWrongMerges() {
        TreeSearch.Penalty margin = TreeSearch.margin(WANTED, 0.5);
        assertEquals(0, margin.of(0, new Merges.Span(0, 2)));
        assertEquals(0, margin.of(0, new Merges.Span(0, 4)));
        assertEquals(0.5, margin.of(0, new Merges.Span(1, 3)));
        assertEquals(0.5, margin.of(1, new Merges.Span(1, 3)));
        // Far in front of all scores, it is what the search looks for.
        try (TreeSearch search = new TreeSearch(parser(2, 3, 1), 50)) {
            TreeSearch.Found found = search.search(
                            List.of(random(1, 4, 2).toFloatArray()), TreeSearch.margin(WANTED, 1e3))
                    .getFirst()
                    .getFirst();
            assertEquals(2e3, found.penalty(), "no node but the root is right");
        }
    }

    private static Trees others() {
        return Merges.trees(
                new long[] {1, 1, 0, 0, 0, 1, 0, -1, 0},
                List.of(List.of("", "", "", ""), List.of("", "", ""), List.of("", "", "", "")));
    }

    private static Value loss(RecursiveParser parser, Value x, Trees found, float... margins) {
        TreeBatch both = TreeBatch.apart(Trees.join(List.of(WANTED, found)), 5); // room for five words
        Function<long[], Value> ids = values -> x.recorder().constant(Tensor.of(Shape.of(values.length), values));
        Value margin = x.recorder().constant(Tensor.of(Shape.of(3), margins));
        return parser.loss(x, ids.apply(both.parents()), ids.apply(both.positions()), margin);
    }

    @Test
    void lossAndGradients() {
        assumeTrue(TreeKernel.isAvailable());
        RecursiveParser parser = parser(2, 3, 5);
        Map<String, Tensor> variables = new LinkedHashMap<>();
        parser.parameters().forEach((name, parameter) -> variables.put(name, parameter.tensor()));
        variables.put("x", random(9, 15, 2));
        float[] margins = {3, 4, -50}; // the last tree is right by far more than its margin
        double expected = 0;
        for (int n = 0; n < 3; n++) {
            int[] wanted = Merges.of(WANTED, n);
            int[] found = Merges.of(others(), n);
            double[][] words = rows(
                    Arrays.copyOfRange(variables.get("x").toFloatArray(), n * 10, n * 10 + 2 * wanted.length + 2), 2);
            double excess =
                    reference(parser).score(words, found) - reference(parser).score(words, wanted);
            expected += Math.max(0, excess + margins[n]) / 3;
        }
        float actual = gradients(variables, in -> loss(parser, in.get("x"), others(), margins))
                .get("loss")[0];
        assertTrue(expected > 1, "the loss is not on its edge");
        assertEquals(expected, actual, 1e-4);
        GradientCheck.checkDifferences("max margin", variables, in -> loss(parser, in.get("x"), others(), margins));
    }

    @Test
    void refusesWhatDoesNotFit() {
        RecursiveParser parser = parser(2, 3, 5);
        assertThrows(IllegalArgumentException.class, () -> new TreeSearch(parser, 0));
        try (TreeSearch search = new TreeSearch(parser, 1)) {
            assertEquals(
                    "sequence 1 has 3 numbers, not some leaves of 2 each",
                    assertThrows(
                                    IllegalArgumentException.class,
                                    () -> search.search(List.of(new float[2], new float[3])))
                            .getMessage());
            assertThrows(IllegalArgumentException.class, () -> search.search(List.of(new float[0])));
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> gradients(
                        Map.of("x", random(1, 15, 2)),
                        in -> loss(parser, in.get("x").slice(0, 0, 14), others(), 1)));
        assertEquals(
                "4 leaves of tree 0 are more than the 3 there is room for",
                assertThrows(IllegalArgumentException.class, () -> TreeBatch.apart(WANTED, 3))
                        .getMessage());
    }

    /// Sums of products, which bind more tightly: `a * b + c` is `((a (* b)) (+ c))`.
    private static Trees sentence(Random random, int words) {
        List<String> tokens = new ArrayList<>();
        for (int i = 0; i < words; i++) {
            tokens.add(i % 2 == 0 ? random.nextBoolean() ? "a" : "b" : random.nextBoolean() ? "+" : "*");
        }
        List<Long> merges = new ArrayList<>();
        List<String> left = new ArrayList<>(tokens);
        for (String operator : new String[] {"*", "+"}) {
            for (int at = left.indexOf(operator); at >= 0; at = left.indexOf(operator)) {
                merges.addAll(List.of((long) at, at - 1L));
                left.remove(at);
                left.remove(at);
            }
        }
        return Merges.trees(merges.stream().mapToLong(Long::longValue).toArray(), List.of(tokens));
    }

    private static List<List<String>> tokens(Trees trees) {
        return IntStream.range(0, trees.size())
                .mapToObj(tree -> Arrays.stream(trees.preorder(tree))
                        .filter(trees::isLeaf)
                        .mapToObj(trees::token)
                        .toList())
                .toList();
    }

    private static float[] vectors(List<String> tokens) {
        float[] x = new float[4 * tokens.size()];
        for (int i = 0; i < tokens.size(); i++) {
            x[4 * i + "ab+*".indexOf(tokens.get(i))] = 1;
        }
        return x;
    }

    private static double rightSpans(TreeSearch search, Trees wanted) {
        List<List<TreeSearch.Found>> found = search.search(
                tokens(wanted).stream().map(RecursiveParserTest::vectors).toList());
        Trees trees = TreeSearch.trees(found, tokens(wanted));
        int all = 0;
        int right = 0;
        for (int n = 0; n < wanted.size(); n++) {
            Set<Merges.Span> spans = Merges.spans(wanted, n);
            all += spans.size();
            spans.retainAll(Merges.spans(trees, n));
            right += spans.size();
        }
        return (double) right / all;
    }

    @Test
    void learnsToParse() {
        assumeTrue(TreeKernel.isAvailable());
        int batch = 8;
        int words = 9;
        RecursiveParser parser = new RecursiveParser(4, 12);
        parser.initialize(3);
        Random random = new Random(4);
        Trees unseen = Trees.join(
                IntStream.range(0, 30).mapToObj(_ -> sentence(random, 11)).toList());
        try (TreeSearch search = new TreeSearch(parser, 2);
                TrainingStep step = TrainingStep.of(parser, Optimizer.adam(2e-2))
                        .input("x", Shape.of(batch * words, 4), DataType.F32)
                        .input("parents", Shape.of(2 * batch * (2 * words - 1)), DataType.I64)
                        .input("positions", Shape.of(2 * batch * (2 * words - 1)), DataType.I64)
                        .input("margins", Shape.of(batch), DataType.F32)
                        .record(in ->
                                parser.loss(in.get("x"), in.get("parents"), in.get("positions"), in.get("margins")))) {
            double before = rightSpans(search, unseen);
            for (int i = 0; i < 120; i++) {
                List<Trees> some = new ArrayList<>();
                for (int n = 0; n < batch; n++) {
                    some.add(sentence(random, 3 + 2 * random.nextInt(4)));
                }
                Trees wanted = Trees.join(some);
                float[] x = new float[batch * words * 4];
                List<float[]> sequences = new ArrayList<>();
                for (List<String> own : tokens(wanted)) {
                    System.arraycopy(vectors(own), 0, x, sequences.size() * words * 4, own.size() * 4);
                    sequences.add(vectors(own));
                }
                List<List<TreeSearch.Found>> found = search.search(sequences, TreeSearch.margin(wanted, 0.2));
                TreeBatch both =
                        TreeBatch.apart(Trees.join(List.of(wanted, TreeSearch.trees(found, tokens(wanted)))), words);
                float[] margins = new float[batch];
                for (int n = 0; n < batch; n++) {
                    margins[n] = (float) found.get(n).getFirst().penalty();
                }
                step.input("x").copyFrom(x);
                step.input("parents").copyFrom(both.parents());
                step.input("positions").copyFrom(both.positions());
                step.input("margins").copyFrom(margins);
                step.run();
            }
            double after = rightSpans(search, unseen);
            assertTrue(before < 0.6 && after > 0.85, "spans right: " + before + ", then " + after);
        }
    }
}
