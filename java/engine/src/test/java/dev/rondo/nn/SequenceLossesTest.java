package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.checkDifferences;
import static dev.rondo.nn.GradientCheck.gradients;
import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Losses of sequences of unequal lengths: those of the steps that count, as if there were no others.
class SequenceLossesTest {
    private static final int STEPS = 4;
    private static final int SAMPLES = 3;
    private static final int WIDTH = 5;
    private static final long[] LENGTHS = {2, 4, 0};

    private static Value lengths(Recorder recorder, long... lengths) {
        return recorder.constant(Tensor.of(Shape.of(lengths.length), lengths));
    }

    /// The rows that count, (6, …), of (T, N, …).
    private static float[] counted(float[] values) {
        int width = values.length / (STEPS * SAMPLES);
        float[] rows = new float[6 * width];
        int row = 0;
        for (int t = 0; t < STEPS; t++) {
            for (int n = 0; n < SAMPLES; n++) {
                if (t < LENGTHS[n]) {
                    System.arraycopy(values, (t * SAMPLES + n) * width, rows, row++ * width, width);
                }
            }
        }
        return rows;
    }

    private static void assertLikeRows(Map<String, float[]> rows, Map<String, float[]> actual) {
        assertEquals(rows.get("loss")[0], actual.get("loss")[0], 1e-6 * Math.abs(rows.get("loss")[0]));
        assertArrayEquals(rows.get("grad.x"), counted(actual.get("grad.x")), 1e-6f);
        double all = 0;
        double some = 0;
        for (float value : actual.get("grad.x")) {
            all += Math.abs(value);
        }
        for (float value : rows.get("grad.x")) {
            some += Math.abs(value);
        }
        assertEquals(some, all, 1e-5, "what does not count has no gradient");
        assertTrue(some > 0.01);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, 0.2})
    void crossEntropyCountsRows(double smoothing) {
        Tensor x = random(90, STEPS, SAMPLES, WIDTH);
        long[] targets = {0, 1, -9, 3, 4, 77, 99, -100, 5, 5, 2, 5}; // of no class where they do not count
        long[] countedTargets = {0, 1, 3, 4, -100, 2};
        float[] spoiled = x.toFloatArray();
        spoiled[2 * WIDTH] = Float.NaN; // step 0 of the empty sample
        Tensor weight = Tensor.of(Shape.of(WIDTH), 1, 2, 0.5f, 1, 3);
        Map<String, float[]> rows = gradients(
                Map.of("x", Tensor.of(Shape.of(6, WIDTH), counted(x.toFloatArray()))),
                in -> Losses.crossEntropy(
                        in.get("x"),
                        in.get("x").recorder().constant(Tensor.of(Shape.of(6), countedTargets)),
                        in.get("x").recorder().constant(weight),
                        -100,
                        smoothing));
        Map<String, float[]> actual = gradients(Map.of("x", x.copyFrom(spoiled)), in -> {
            Recorder recorder = in.get("x").recorder();
            return new SequenceLosses(lengths(recorder, LENGTHS))
                    .crossEntropy(
                            in.get("x"),
                            recorder.constant(Tensor.of(Shape.of(STEPS, SAMPLES), targets)),
                            recorder.constant(weight),
                            smoothing);
        });
        assertLikeRows(rows, actual);
    }

    @Test
    void pointwiseLossesCountElements() {
        Tensor x = positive(91);
        Tensor target = positive(92);
        compare(x, target, (a, b) -> Losses.mse(a, b), SequenceLosses::mse);
        compare(x, target, (a, b) -> Losses.l1(a, b), SequenceLosses::l1);
        compare(x, target, (a, b) -> Losses.huber(a, b, 0.2), (losses, a, b) -> losses.huber(a, b, 0.2));
        compare(x, target, Losses::binaryCrossEntropy, SequenceLosses::binaryCrossEntropy);
        compare(
                x,
                target,
                (a, b) -> Losses.binaryCrossEntropyWithLogits(a, b, null),
                SequenceLosses::binaryCrossEntropyWithLogits);
    }

    @FunctionalInterface
    private interface Masked {
        Value of(SequenceLosses losses, Value x, Value target);
    }

    private static void compare(Tensor x, Tensor target, BiFunction<Value, Value, Value> plain, Masked masked) {
        Tensor rows = Tensor.of(Shape.of(6, WIDTH), counted(x.toFloatArray()));
        Tensor rowTargets = Tensor.of(Shape.of(6, WIDTH), counted(target.toFloatArray()));
        assertLikeRows(
                gradients(
                        Map.of("x", rows),
                        in -> plain.apply(in.get("x"), in.get("x").recorder().constant(rowTargets))),
                gradients(Map.of("x", x), in -> {
                    Recorder recorder = in.get("x").recorder();
                    return masked.of(
                            new SequenceLosses(lengths(recorder, LENGTHS)), in.get("x"), recorder.constant(target));
                }));
    }

    /// Between 0.1 and 0.9.
    private static Tensor positive(long seed) {
        Tensor tensor = random(seed, STEPS, SAMPLES, WIDTH);
        float[] values = tensor.toFloatArray();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (0.5 + 0.4 * Math.tanh(values[i]));
        }
        return tensor.copyFrom(values);
    }

    @Test
    void gradientsAreDifferences() {
        Map<String, Tensor> variables = new LinkedHashMap<>();
        variables.put("x", random(93, STEPS, SAMPLES));
        checkDifferences("masked mse", variables, in -> {
            Recorder recorder = in.get("x").recorder();
            Value target = recorder.constant(random(94, STEPS, SAMPLES));
            return new SequenceLosses(lengths(recorder, 1, 4, 3)).mse(in.get("x"), target);
        });
    }

    @Test
    void nothingToCountIsNaN() {
        Map<String, float[]> results = gradients(Map.of("x", random(95, 2, 2)), in -> {
            Recorder recorder = in.get("x").recorder();
            return new SequenceLosses(lengths(recorder, 0, 0)).mse(in.get("x"), recorder.constant(random(96, 2, 2)));
        });
        assertTrue(Float.isNaN(results.get("loss")[0]));
    }

    @Test
    void lengthsOutOfRangeAreNamed() {
        for (long bad : new long[] {5, -1}) {
            IllegalArgumentException mask = assertThrows(
                    IllegalArgumentException.class,
                    () -> gradients(Map.of("x", random(97, 4, 2)), in -> {
                        Recorder recorder = in.get("x").recorder();
                        Value target = recorder.constant(random(98, 4, 2));
                        return new SequenceLosses(lengths(recorder, 4, bad)).l1(in.get("x"), target);
                    }));
            assertEquals("length " + bad + " of sample 1 is not between 0 and 4", mask.getMessage());
            IllegalArgumentException targets = assertThrows(
                    IllegalArgumentException.class,
                    () -> gradients(Map.of("x", random(97, 4, 2, 3)), in -> {
                        Recorder recorder = in.get("x").recorder();
                        Value zeros = recorder.constant(Tensor.of(Shape.of(4, 2), new long[8]));
                        return new SequenceLosses(lengths(recorder, 4, bad)).crossEntropy(in.get("x"), zeros);
                    }));
            assertEquals(mask.getMessage(), targets.getMessage());
        }
        Recorder recorder = new Recorder(true);
        Value x = recorder.weight(random(99, 4, 2));
        assertThrows(IllegalArgumentException.class, () -> new SequenceLosses(lengths(recorder, 1, 2, 3)).mse(x, x));
        assertThrows(IllegalArgumentException.class, () -> new SequenceLosses(x).mse(x, x));
    }
}
