package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.dot;
import static dev.rondo.nn.GradientCheck.gradients;
import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.kernel.Philox;
import dev.rondo.program.Gradients;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.reference.GumbelTreeReference;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.Values;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The latent Tree-LSTM: against plain loops, its gradients against differences of what the estimator estimates.
@Tag("once") // all of it is Java over operations that are tested on each instruction set
class GumbelTreeTest {
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);
    private static final long BETWEEN_USES = 0x9E3779B97F4A7C15L;

    private static GumbelTreeLSTM network(int inputSize, int hiddenSize, double temperature, long seed) {
        GumbelTreeLSTM network = new GumbelTreeLSTM(inputSize, hiddenSize, temperature, seed);
        // Scores far enough from each other that choices do not hang on rounding.
        network.initialize(
                seed, name -> name.equals("query") ? Initializer.uniform(-4, 5) : Initializer.uniform(-0.5, 0.7));
        return network;
    }

    private static GumbelTreeReference reference(Map<String, Parameter> all) {
        int hidden = (int) all.get("query").shape().size(0);
        int inputs = (int) all.get("leaf.weight").shape().size(1);
        return new GumbelTreeReference(
                Values.matrix(values(all, "leaf.weight"), 2 * hidden, inputs),
                values(all, "leaf.bias"),
                Values.matrix(values(all, "cell.weight_left"), 5 * hidden, hidden),
                Values.matrix(values(all, "cell.weight_right"), 5 * hidden, hidden),
                values(all, "cell.bias"),
                values(all, "query"));
    }

    private static double[] values(Map<String, Parameter> all, String name) {
        return all.get(name).tensor().toDoubleArray();
    }

    /// The noise of a sample in a run of a batch (T, N): by step and pair.
    private static double[][] noise(long seed, long run, int steps, int batch, int sample) {
        double[][] noise = new double[Math.max(0, steps - 1)][];
        for (int t = 0; t < noise.length; t++) {
            int pairs = steps - 1 - t;
            noise[t] = new double[pairs];
            for (int i = 0; i < pairs; i++) {
                long number = run * pairs * batch + (long) i * batch + sample;
                double u = Philox.uniform(seed + BETWEEN_USES * t, number) + 0x1p-33;
                noise[t][i] = -Math.log(-Math.log(u));
            }
        }
        return noise;
    }

    private static double[][] sequence(Tensor x, int sample, long length) {
        int batch = (int) x.shape().size(1);
        int width = (int) x.shape().size(2);
        double[] all = x.toDoubleArray();
        double[][] rows = new double[(int) length][];
        for (int t = 0; t < length; t++) {
            int from = (t * batch + sample) * width;
            rows[t] = Arrays.copyOfRange(all, from, from + width);
        }
        return rows;
    }

    private static Map<String, Object> infer(GumbelTreeLSTM network, Tensor x, long[] lengths) {
        List<Input> inputs = List.of(Input.floats("x", "T", "N", "I"), Input.ids("lengths", "N"));
        try (Model model = Model.of(inputs, in -> {
                    GumbelTreeLSTM.Output found = network.forward(new PackedSequence(in.get("x"), in.get("lengths")));
                    return Map.of("h", found.h(), "c", found.c(), "merges", found.merges());
                });
                Session session = model.session(x.shape(), Shape.of(lengths.length))) {
            session.input("x").copyFrom(x);
            session.input("lengths").copyFrom(lengths);
            session.run();
            session.run();
            return Map.of(
                    "h", session.output("h").toFloatArray(),
                    "c", session.output("c").toFloatArray(),
                    "merges", session.output("merges").toLongArray());
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1, 1", "2, 3, 1", "9, 5, 7", "12, 2, 16"})
    void equalsPlainLoops(int steps, int batch, int hidden) {
        GumbelTreeLSTM network = network(3, hidden, 1, steps);
        Tensor x = random(steps, steps, batch, 3);
        long[] lengths = IntStream.range(0, batch)
                .mapToLong(n -> Math.max(1, steps - 2 * n))
                .toArray();
        Map<String, Object> actual = infer(network, x, lengths);
        long[] merges = (long[]) actual.get("merges");
        assertEquals((steps - 1) * batch, merges.length);
        for (int n = 0; n < batch; n++) {
            GumbelTreeReference.Result expected =
                    reference(network.parameters()).run(sequence(x, n, lengths[n]), new double[steps][steps], 1);
            String what = "sample " + n + " of T " + steps;
            for (int t = 0; t < steps - 1; t++) {
                int position = t < lengths[n] - 1 ? expected.merges().get(t) : -1;
                assertEquals(position, merges[t * batch + n], what + " merge " + t);
            }
            TOLERANCE.assertClose(what + " h", expected.root().h(), row(actual.get("h"), n, hidden));
            TOLERANCE.assertClose(what + " c", expected.root().c(), row(actual.get("c"), n, hidden));
        }
    }

    private static float[] row(Object all, int n, int width) {
        return Arrays.copyOfRange((float[]) all, n * width, (n + 1) * width);
    }

    /// Each weight and the input, against differences of the sum that the estimator takes for what it differentiates.
    @ParameterizedTest
    @CsvSource({"5, 3, 1", "6, 2, 0.5", "1, 2, 1", "4, 1, 3"})
    void gradientsAreTheEstimators(int steps, int batch, double temperature) {
        int hidden = 3;
        int width = 2;
        long seed = 17 + steps;
        GumbelTreeLSTM network = network(width, hidden, temperature, seed);
        long[] lengths =
                IntStream.range(0, batch).mapToLong(n -> Math.max(1, steps - n)).toArray();
        Tensor r = random(1, batch, hidden);
        Tensor q = random(2, batch, hidden);
        Map<String, Tensor> variables = new LinkedHashMap<>();
        network.parameters().forEach((name, parameter) -> variables.put(name, parameter.tensor()));
        Tensor x = random(3, steps, batch, width);
        variables.put("x", x);
        Map<String, float[]> actual = gradients(
                variables.entrySet().stream()
                        .filter(entry -> steps > 1 || !entry.getKey().matches("cell.*|query"))
                        .collect(LinkedHashMap::new, (map, e) -> map.put(e.getKey(), e.getValue()), Map::putAll),
                in -> {
                    Value count = in.get("x").recorder().constant(Tensor.of(Shape.of(batch), lengths));
                    GumbelTreeLSTM.Output found = network.forward(new PackedSequence(in.get("x"), count));
                    return Functional.add(dot(found.h(), r), dot(found.c(), q));
                });
        List<List<double[]>> shifts = new ArrayList<>();
        for (int n = 0; n < batch; n++) {
            shifts.add(reference(network.parameters())
                    .run(sequence(x, n, lengths[n]), noise(seed, 1, steps, batch, n), temperature)
                    .shifts());
        }
        actual.keySet().stream().filter(name -> name.startsWith("grad.")).forEach(name -> {
            Tensor variable = variables.get(name.substring("grad.".length()));
            float[] values = variable.toFloatArray();
            double[] expected = new double[values.length];
            for (int i = 0; i < values.length; i++) {
                double[] sides = new double[2];
                float[] moved = values.clone();
                double[] at = new double[2];
                for (int side = 0; side < 2; side++) {
                    moved[i] = values[i] + (side == 0 ? -1e-3f : 1e-3f);
                    at[side] = moved[i];
                    variable.copyFrom(moved);
                    GumbelTreeReference reference = reference(network.parameters());
                    for (int n = 0; n < batch; n++) {
                        GumbelTreeReference.Node root = reference
                                .run(
                                        sequence(x, n, lengths[n]),
                                        noise(seed, 1, steps, batch, n),
                                        temperature,
                                        shifts.get(n))
                                .root();
                        for (int k = 0; k < hidden; k++) {
                            sides[side] += root.h()[k] * r.toFloatArray()[n * hidden + k]
                                    + root.c()[k] * q.toFloatArray()[n * hidden + k];
                        }
                    }
                }
                variable.copyFrom(values);
                expected[i] = (sides[1] - sides[0]) / (at[1] - at[0]);
            }
            assertTrue(Arrays.stream(expected).anyMatch(value -> value != 0), name + " has a gradient");
            new Tolerance(2e-4).assertClose(name + " of seed " + seed, expected, actual.get(name));
        });
    }

    /// A temperature that is an input is read at each run: one program gives what programs of fixed temperatures give.
    @Test
    void temperatureChangesFromRunToRun() {
        Tensor x = random(3, 6, 2, 2);
        float[] warm = gradientOfQuery(network(2, 3, 1, 9), x, null, 0).getFirst();
        float[] cold = gradientOfQuery(network(2, 3, 0.25, 9), x, null, 0).getFirst();
        List<float[]> changing = gradientOfQuery(network(2, 3, 7, 9), x, "temperature", 1, 0.25f, 1);
        assertArrayEquals(warm, changing.get(0));
        assertArrayEquals(cold, changing.get(1));
        assertArrayEquals(warm, changing.get(2));
        assertTrue(Math.abs(warm[0] - cold[0]) > 0.1 * Math.abs(warm[0]), warm[0] + " and " + cold[0]);
        for (float none : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
            IllegalArgumentException refused = assertThrows(
                    IllegalArgumentException.class, () -> gradientOfQuery(network(2, 3, 1, 9), x, "temperature", none));
            assertEquals("temperature " + none + " is not positive", refused.getMessage());
        }
    }

    /// Of the same run at some temperatures.
    ///
    /// @param input the temperature's name, or null for the network's own
    private static List<float[]> gradientOfQuery(
            GumbelTreeLSTM network, Tensor x, @Nullable String input, float... temperatures) {
        Recorder recorder = new Recorder(true);
        PackedSequence sequences =
                new PackedSequence(recorder.constant(x), recorder.constant(Tensor.of(Shape.of(2), new long[] {6, 4})));
        GumbelTreeLSTM.Output found = input == null
                ? network.forward(sequences)
                : network.forward(sequences, recorder.input(input, Shape.of(1), DataType.F32));
        Gradients gradients = recorder.backward(Functional.sum(Functional.square(found.h())));
        recorder.output(
                "gradient",
                gradients.of(recorder.weight(network.parameters().get("query").tensor())));
        List<float[]> results = new ArrayList<>();
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            for (float temperature : temperatures) {
                if (input != null) {
                    replay.inputs().get(input).copyFrom(new float[] {temperature});
                }
                replay.run(5);
                results.add(replay.outputs().get("gradient").toFloatArray());
            }
        }
        return results;
    }

    /// In training a merge is chosen as often as its score says, and the same seed and run choose the same.
    @Test
    void noiseIsGumbels() {
        GumbelTreeLSTM network = network(2, 3, 0.3, 5);
        Tensor x = random(8, 4, 1, 2);
        int runs = 4000;
        double[] counts = new double[3];
        Recorder recorder = new Recorder(true);
        GumbelTreeLSTM.Output found = network.forwardWithMerges(recorder.constant(x));
        recorder.output("merges", found.merges());
        long[] first;
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            for (int run = 0; run < runs; run++) {
                replay.run(run);
                counts[(int) replay.outputs().get("merges").toLongArray()[0]]++;
            }
            replay.run(7);
            first = replay.outputs().get("merges").toLongArray();
            replay.run(7);
            assertArrayEquals(first, replay.outputs().get("merges").toLongArray());
        }
        double[] noiseFree = new double[3];
        double sum = 0;
        for (int i = 0; i < 3; i++) {
            double[][] none = new double[3][3];
            GumbelTreeReference.Result alone =
                    reference(network.parameters()).run(Arrays.copyOfRange(sequence(x, 0, 4), i, i + 2), none, 1);
            double[] query = values(network.parameters(), "query");
            for (int k = 0; k < 3; k++) {
                noiseFree[i] += query[k] * alone.root().h()[k];
            }
            noiseFree[i] = Math.exp(noiseFree[i]);
            sum += noiseFree[i];
        }
        for (int i = 0; i < 3; i++) {
            double p = noiseFree[i] / sum;
            assertTrue(p > 0.02, "each merge has a chance, " + p);
            // Five standard deviations of a count.
            assertEquals(p * runs, counts[i], 5 * Math.sqrt(runs * p * (1 - p)), "merge " + i);
        }
    }

    @Test
    void runsAndSeedsDiffer() {
        Tensor x = random(8, 9, 6, 2);
        List<List<Long>> all = new ArrayList<>();
        for (long seed = 1; seed <= 2; seed++) {
            GumbelTreeLSTM network = new GumbelTreeLSTM(2, 3, 1, seed);
            network.initialize(4);
            Recorder recorder = new Recorder(true);
            recorder.output(
                    "merges", network.forwardWithMerges(recorder.constant(x)).merges());
            try (PackedWeights weights = new PackedWeights();
                    Program program = recorder.finish(weights, 1);
                    Arena arena = Arena.ofConfined();
                    Replay replay = program.replay(arena)) {
                for (int run = 0; run < 2; run++) {
                    replay.run();
                    all.add(Arrays.stream(replay.outputs().get("merges").toLongArray())
                            .boxed()
                            .toList());
                }
            }
        }
        for (int i = 0; i < all.size(); i++) {
            for (int j = 0; j < i; j++) {
                assertNotEquals(all.get(i), all.get(j));
            }
        }
    }

    @Test
    void refusesWhatIsNone() {
        GumbelTreeLSTM network = network(2, 3, 1, 1);
        assertEquals(
                "length 0 of sample 1 is not between 1 and 3",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> infer(network, random(1, 3, 2, 2), new long[] {3, 0}))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> infer(network, random(1, 3, 2, 2), new long[] {3, 4}));
        assertThrows(IllegalArgumentException.class, () -> new GumbelTreeLSTM(2, 3, 0, 1));
        assertThrows(IllegalArgumentException.class, () -> new GumbelTreeLSTM(0, 3));
    }
}
