package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.check;
import static dev.rondo.nn.GradientCheck.checkDifferences;
import static dev.rondo.nn.GradientCheck.dot;
import static dev.rondo.nn.GradientCheck.floats;
import static dev.rondo.nn.GradientCheck.gradients;
import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.kernel.Reduction;
import dev.rondo.op.CtcLoss;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.reference.Golden;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Connectionist temporal classification: against PyTorch, all paths one by one, and differences.
class CtcTest {
    static Stream<String> cases() throws IOException {
        return Golden.list("ctc").stream();
    }

    @Test
    void allCasesAreThere() throws IOException {
        assertEquals(8, cases().count());
    }

    private static Tensor ids(Golden golden, String name) {
        return Tensor.of(golden.tensor(name).shape(), golden.integers(name));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsPyTorch(String name) throws IOException {
        Golden golden = Golden.read(name);
        Reduction reduction = Reduction.valueOf(golden.setting("reduction").toUpperCase(Locale.ROOT));
        check(golden, gradients(Map.of("log_probs", floats(golden, "log_probs")), in -> {
            Recorder recorder = in.get("log_probs").recorder();
            Value loss = recorder.record(new CtcLoss(
                            in.get("log_probs"),
                            recorder.constant(ids(golden, "targets")),
                            recorder.constant(ids(golden, "input_lengths")),
                            recorder.constant(ids(golden, "target_lengths")),
                            golden.number("blank"),
                            Boolean.parseBoolean(golden.setting("zero_infinity")),
                            reduction))
                    .output();
            return reduction == Reduction.NONE ? dot(loss, floats(golden, "R")) : loss;
        }));
    }

    /// Whether a path gives the labels: repeats merged, then blanks removed.
    private static boolean gives(int[] path, long blank, List<Long> labels) {
        List<Long> merged = new ArrayList<>();
        for (int t = 0; t < path.length; t++) {
            if (path[t] != blank && (t == 0 || path[t] != path[t - 1])) {
                merged.add((long) path[t]);
            }
        }
        return merged.equals(labels);
    }

    private static double allPaths(double[] logProbs, int steps, int classes, long blank, List<Long> labels) {
        double total = 0;
        for (long code = 0; code < Math.pow(classes, steps); code++) {
            int[] path = new int[steps];
            double logProbability = 0;
            long rest = code;
            for (int t = 0; t < steps; t++) {
                path[t] = (int) (rest % classes);
                rest /= classes;
                logProbability += logProbs[t * classes + path[t]];
            }
            total += gives(path, blank, labels) ? Math.exp(logProbability) : 0;
        }
        return total;
    }

    /// The labels of a sample, each a digit; of all paths through six steps and four classes.
    @ParameterizedTest
    @CsvSource({"'',0", "1,0", "123,0", "11,0", "2332,0", "333,1", "0,3", "0120,3", "20202,1"})
    void isTheProbabilityOfAllPaths(String digits, long blank) {
        List<Long> labels = digits.chars().mapToObj(digit -> (long) digit - '0').toList();
        long[] targets = labels.stream().mapToLong(Long::longValue).toArray();
        Tensor logits = random(70 + digits.length(), 6, 1, 4);
        double[] logProbs = new double[24];
        float[] x = logits.toFloatArray();
        for (int t = 0; t < 6; t++) {
            double sum = 0;
            for (int c = 0; c < 4; c++) {
                sum += Math.exp(x[t * 4 + c]);
            }
            for (int c = 0; c < 4; c++) {
                logProbs[t * 4 + c] = x[t * 4 + c] - Math.log(sum);
            }
        }
        float loss = gradients(Map.of("x", logits), in -> {
                    Recorder recorder = in.get("x").recorder();
                    return recorder.record(new CtcLoss(
                                    Functional.logSoftmax(in.get("x")),
                                    recorder.constant(Tensor.of(Shape.of(1, targets.length), targets)),
                                    recorder.constant(Tensor.of(Shape.of(1), 6L)),
                                    recorder.constant(Tensor.of(Shape.of(1), (long) targets.length)),
                                    blank,
                                    false,
                                    Reduction.SUM))
                            .output();
                })
                .get("loss")[0];
        double expected = -Math.log(allPaths(logProbs, 6, 4, blank, labels));
        assertEquals(expected, loss, 2e-6 * Math.max(1, expected));
    }

    private static Value loss(Value logits, long[] targets, long[] steps, long[] labels) {
        Recorder recorder = logits.recorder();
        return Losses.ctc(
                Functional.logSoftmax(logits),
                recorder.constant(Tensor.of(Shape.of(2, 3), targets)),
                recorder.constant(Tensor.of(Shape.of(2), steps)),
                recorder.constant(Tensor.of(Shape.of(2), labels)));
    }

    @Test
    void gradientIsThatOfTheLogits() {
        long[] targets = {1, 1, 4, 2, 3, -7};
        checkDifferences(
                "ctc",
                Map.of("x", random(80, 7, 2, 5)),
                in -> loss(in.get("x"), targets, new long[] {7, 5}, new long[] {3, 2}));
    }

    @Test
    void impossibleLabelsLoseInfinity() {
        long[] targets = {1, 1, 1, 2, 3, 0};
        Map<String, float[]> results = gradients(
                Map.of("x", random(81, 4, 2, 5)),
                in -> loss(in.get("x"), targets, new long[] {4, 4}, new long[] {3, 2}));
        assertEquals(Float.POSITIVE_INFINITY, results.get("loss")[0]);
        assertTrue(Float.isNaN(results.get("grad.x")[0]));
    }

    private static void assertRefused(String message, long[] targets, long[] steps, long[] labels) {
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> gradients(Map.of("x", random(82, 4, 2, 5)), in -> loss(in.get("x"), targets, steps, labels)));
        assertEquals(message, e.getMessage());
    }

    @Test
    void whatIsOutOfRangeIsNamed() {
        long[] good = {1, 2, 3, 3, 2, 1};
        long[] steps = {4, 4};
        long[] labels = {3, 1};
        assertRefused("input length 5 of sample 1 is not between 0 and 4", good, new long[] {4, 5}, labels);
        assertRefused("target length -1 of sample 0 is not between 0 and 3", good, steps, new long[] {-1, 1});
        long[] beyond = {1, 2, 5, 3, 2, 1};
        assertRefused(
                "target 5 at position 2 of sample 0 is none of 5 classes but the blank, 0", beyond, steps, labels);
        long[] blank = {1, 2, 3, 0, 9, 9};
        assertRefused("target 0 at position 0 of sample 1 is none of 5 classes but the blank, 0", blank, steps, labels);
    }

    @Test
    void shapesAreChecked() {
        Recorder recorder = new Recorder(true);
        Value x = recorder.weight(random(1, 4, 2, 5));
        Value targets = recorder.input("t", Shape.of(2, 3), DataType.I64);
        Value lengths = recorder.input("n", Shape.of(2), DataType.I64);
        Value wrong = recorder.input("w", Shape.of(3), DataType.I64);
        assertThrows(IllegalArgumentException.class, () -> Losses.ctc(x, targets, wrong, lengths));
        assertThrows(IllegalArgumentException.class, () -> Losses.ctc(x, targets, lengths, wrong));
        assertThrows(IllegalArgumentException.class, () -> Losses.ctc(x, lengths, lengths, lengths));
        assertThrows(IllegalArgumentException.class, () -> Losses.ctc(x, x, lengths, lengths));
        assertThrows(IllegalArgumentException.class, () -> Losses.ctc(x, targets, lengths, lengths, 5, false));
    }
}
