package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.dot;
import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.program.Value;
import dev.rondo.reference.SpinnReference;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.Values;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.train.Optimizer;
import dev.rondo.train.TrainingStep;
import dev.rondo.tree.BracketedTrees;
import dev.rondo.tree.Merges;
import dev.rondo.tree.Trees;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// SPINN: against plain loops and differences, with transitions that are given and that it chooses.
@Tag("once") // all of it is Java over operations that are tested on each instruction set
class SpinnTest {
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);
    private static final int ROOM = 4; // leaves
    private static final Trees TREES = BracketedTrees.parse(
            "(a (b (c x) (d y)) (e (f z) (g u))) (h x) (m (n x) (o (p (q r) (z s)) (v w)))", "trees");
    private static final int COUNT = 3;
    private static final long[] LENGTHS = {4, 1, 4};

    private static SPINN network(int inputSize, int hiddenSize, int trackingSize, long seed) {
        SPINN network = new SPINN(inputSize, hiddenSize, trackingSize);
        network.initialize(seed, _ -> Initializer.uniform(-0.6, 0.8));
        return network;
    }

    private static SpinnReference reference(SPINN network) {
        Map<String, double[][]> weights = new LinkedHashMap<>();
        network.parameters().forEach((name, parameter) -> {
            Shape shape = parameter.shape();
            int rows = shape.rank() == 1 ? 1 : (int) shape.size(0);
            weights.put(name, Values.matrix(parameter.tensor().toDoubleArray(), rows, (int) shape.elements() / rows));
        });
        return new SpinnReference(
                weights, weights.get("cell.weight_left")[0].length, weights.get("tracking.weight_hh")[0].length);
    }

    private static Map<String, Tensor> infer(SPINN network, Tensor x, long[] lengths, long @Nullable [] given) {
        long steps = 2 * x.shape().size(0) - 1;
        List<Input> inputs =
                List.of(Input.floats("x", "T", "N", "I"), Input.ids("lengths", "N"), Input.ids("given", "S", "N"));
        try (Model model = Model.of(inputs, in -> {
                    SPINN.Output parsed = network.forward(
                            new PackedSequence(in.get("x"), in.get("lengths")), given == null ? null : in.get("given"));
                    return Map.of(
                            "h", parsed.h(), "c", parsed.c(), "scores", parsed.scores(), "taken", parsed.transitions());
                });
                Session session = model.session(x.shape(), Shape.of(lengths.length), Shape.of(steps, lengths.length))) {
            session.input("x").copyFrom(x);
            session.input("lengths").copyFrom(lengths);
            session.input("given").copyFrom(given == null ? new long[(int) steps * lengths.length] : given);
            session.run();
            session.run();
            Map<String, Tensor> results = new LinkedHashMap<>();
            for (String name : List.of("h", "c", "scores")) {
                Tensor output = session.output(name);
                results.put(name, Tensor.of(output.shape(), output.toFloatArray()));
            }
            results.put(
                    "taken",
                    Tensor.of(
                            session.output("taken").shape(),
                            session.output("taken").toLongArray()));
            return results;
        }
    }

    private static void compare(SPINN network, Tensor x, long[] lengths, long @Nullable [] given) {
        Map<String, Tensor> actual = infer(network, x, lengths, given);
        int count = lengths.length;
        int width = (int) x.shape().size(2);
        int hidden = (int) actual.get("h").shape().size(1);
        int steps = (int) actual.get("scores").shape().size(0);
        for (int n = 0; n < count; n++) {
            double[][] own = new double[(int) lengths[n]][];
            for (int t = 0; t < own.length; t++) {
                own[t] = Arrays.copyOfRange(x.toDoubleArray(), (t * count + n) * width, (t * count + n + 1) * width);
            }
            int sample = n;
            int[] transitions = given == null
                    ? null
                    : IntStream.range(0, 2 * own.length - 1)
                            .map(step -> (int) given[step * count + sample])
                            .toArray();
            SpinnReference.Result expected = reference(network).run(own, transitions);
            for (String state : List.of("h", "c")) {
                TOLERANCE.assertClose(
                        state + " of sample " + n,
                        state.equals("h") ? expected.h() : expected.c(),
                        Arrays.copyOfRange(actual.get(state).toDoubleArray(), n * hidden, (n + 1) * hidden));
            }
            for (int step = 0; step < steps; step++) {
                int at = step * count + n;
                boolean counts = step < 2 * own.length - 1;
                assertEquals(
                        counts ? expected.transitions().get(step) : -100,
                        actual.get("taken").toLongArray()[at],
                        "transition " + step + " of sample " + n);
                if (counts) {
                    TOLERANCE.assertClose(
                            "scores " + step,
                            expected.scores().get(step),
                            Arrays.copyOfRange(actual.get("scores").toDoubleArray(), 2 * at, 2 * at + 2));
                }
            }
        }
    }

    @Test
    void equalsPlainLoopsWithGivenTransitions() {
        for (int hidden : new int[] {1, 5, 16}) {
            compare(
                    network(3, hidden, 4, hidden),
                    random(hidden, ROOM, COUNT, 3),
                    LENGTHS,
                    Merges.transitions(TREES, ROOM));
        }
    }

    @Test
    void equalsPlainLoopsWithItsOwnTransitions() {
        for (int seed = 1; seed <= 4; seed++) {
            compare(network(3, 5, 4, seed), random(seed, 7, 4, 3), new long[] {7, 3, 1, 6}, null);
            compare(network(3, 5, 4, seed), random(seed, 1, 2, 3), new long[] {1, 1}, null);
        }
    }

    @Test
    void gradients() {
        SPINN network = network(2, 2, 2, 5);
        Map<String, Tensor> variables = new LinkedHashMap<>();
        network.parameters().forEach((name, parameter) -> variables.put(name, parameter.tensor()));
        variables.put("x", random(6, ROOM, COUNT, 2));
        GradientCheck.checkDirections("SPINN", variables, in -> {
            Value x = in.get("x");
            Value transitions =
                    x.recorder().constant(Tensor.of(Shape.of(2 * ROOM - 1, COUNT), Merges.transitions(TREES, ROOM)));
            SPINN.Output parsed = network.forward(
                    new PackedSequence(x, x.recorder().constant(Tensor.of(Shape.of(COUNT), LENGTHS))), transitions);
            return Functional.add(
                    Functional.add(dot(parsed.h(), random(7, COUNT, 2)), dot(parsed.c(), random(8, COUNT, 2))),
                    Losses.crossEntropy(parsed.scores(), transitions));
        });
    }

    @Test
    void transitionsOfTrees() {
        long[] transitions = Merges.transitions(TREES, ROOM);
        assertEquals("0 0 1 0 0 1 1", column(transitions, 0));
        assertEquals("0 -100 -100 -100 -100 -100 -100", column(transitions, 1));
        assertEquals("0 0 0 1 0 1 1", column(transitions, 2));
        List<List<String>> tokens = List.of(List.of("x", "y", "z", "u"), List.of("x"), List.of("x", "r", "s", "w"));
        Trees again = Merges.ofTransitions(transitions, tokens);
        for (int tree = 0; tree < COUNT; tree++) {
            assertArrayEquals(Merges.of(TREES, tree), Merges.of(again, tree));
        }
        assertThrows(IllegalArgumentException.class, () -> Merges.transitions(TREES, 3));
        assertThrows(
                IllegalArgumentException.class,
                () -> Merges.ofTransitions(new long[] {0, 0, 0}, List.of(List.of("a", "b"))));
    }

    private static String column(long[] transitions, int tree) {
        StringBuilder text = new StringBuilder();
        for (int at = tree; at < transitions.length; at += COUNT) {
            text.append(text.isEmpty() ? "" : " ").append(transitions[at]);
        }
        return text.toString();
    }

    @Test
    void refusesWhatIsNotPossible() {
        SPINN network = network(2, 3, 2, 5);
        assertEquals(
                "transition 1 of sample 1 in step 1 is not possible after 1 of 2 leaves, with 1 nodes on the stack",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> infer(
                                        network, random(1, 2, 2, 2), new long[] {2, 2}, new long[] {0, 0, 0, 1, 1, 1}))
                        .getMessage());
        assertThrows(
                IllegalArgumentException.class,
                () -> infer(network, random(1, 2, 2, 2), new long[] {1, 2}, new long[] {0, 0, 0, 0, 1, 1}));
        assertThrows(
                IllegalArgumentException.class,
                () -> infer(network, random(1, 2, 2, 2), new long[] {2, 2}, new long[] {0, 7, 0, 0, 1, 1}));
        assertEquals(
                "the transitions of sample 1 end with 2 nodes on the stack, after 2 of 2 leaves",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> infer(
                                        network, random(1, 2, 2, 2), new long[] {2, 2}, new long[] {0, 0, 0, 0, 1, -100
                                        }))
                        .getMessage());
        assertEquals(
                "length 3 of sample 0 is not between 1 and 2",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> infer(network, random(1, 2, 2, 2), new long[] {3, 2}, null))
                        .getMessage());
    }

    /// Lists in brackets, each taking up its items one by one: `( a ( b ) c )` is `(((( a) ((( b) )) c) ))`.
    private static Trees sentence(Random random, int leaves) {
        List<String> tokens = new ArrayList<>();
        List<Long> transitions = new ArrayList<>();
        int open = 0;
        while (tokens.size() < leaves) {
            boolean opens = tokens.isEmpty() || leaves - tokens.size() > open + 2 && random.nextInt(3) == 0;
            boolean closes = !opens && (leaves - tokens.size() <= open || open > 1 && random.nextInt(3) == 0);
            tokens.add(opens ? "(" : closes ? ")" : "a");
            transitions.add(0L);
            open += opens ? 1 : closes ? -1 : 0;
            if (!opens) {
                transitions.add(1L);
            }
            if (closes && open > 0) {
                transitions.add(1L);
            }
        }
        return Merges.ofTransitions(
                transitions.stream().mapToLong(Long::longValue).toArray(), List.of(tokens));
    }

    private static float[] vectors(Trees trees, int room) {
        float[] x = new float[room * trees.size() * 3];
        for (int tree = 0; tree < trees.size(); tree++) {
            int leaf = 0;
            for (int node : trees.preorder(tree)) {
                if (trees.isLeaf(node)) {
                    x[(leaf++ * trees.size() + tree) * 3 + "(a)".indexOf(trees.token(node))] = 1;
                }
            }
        }
        return x;
    }

    /// Taught with transitions, it finds those of other sequences by itself.
    @Test
    void learnsToParse() {
        int batch = 8;
        int room = 9;
        SPINN network = new SPINN(3, 8, 8);
        network.initialize(3);
        Random random = new Random(4);
        try (TrainingStep step = TrainingStep.of(network, Optimizer.adam(2e-2))
                .input("x", Shape.of(room, batch, 3), DataType.F32)
                .input("lengths", Shape.of(batch), DataType.I64)
                .input("transitions", Shape.of(2 * room - 1, batch), DataType.I64)
                .record(in -> Losses.crossEntropy(
                        network.forward(new PackedSequence(in.get("x"), in.get("lengths")), in.get("transitions"))
                                .scores(),
                        in.get("transitions")))) {
            for (int i = 0; i < 60; i++) {
                Trees trees = Trees.join(IntStream.range(0, batch)
                        .mapToObj(_ -> sentence(random, 4 + random.nextInt(room - 3)))
                        .toList());
                step.input("x").copyFrom(vectors(trees, room));
                step.input("lengths")
                        .copyFrom(IntStream.range(0, batch)
                                .mapToLong(tree -> trees.tree(tree).leaves())
                                .toArray());
                step.input("transitions").copyFrom(Merges.transitions(trees, room));
                step.run();
            }
        }
        int longer = 13;
        Trees unseen = Trees.join(
                IntStream.range(0, 30).mapToObj(_ -> sentence(random, longer)).toList());
        long[] lengths = Collections.nCopies(30, longer).stream()
                .mapToLong(Integer::longValue)
                .toArray();
        Tensor x = Tensor.of(Shape.of(longer, 30, 3), vectors(unseen, longer));
        long[] found = infer(network, x, lengths, null).get("taken").toLongArray();
        long[] wanted = Merges.transitions(unseen, longer);
        long right = IntStream.range(0, found.length)
                .filter(i -> found[i] == wanted[i])
                .count();
        assertTrue(right > 0.95 * found.length, right + " of " + found.length + " transitions are right");
    }
}
