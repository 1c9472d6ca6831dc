package dev.rondo.decode;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CtcDecoderTest {
    private static final int STEPS = 5;
    private static final int CLASSES = 3;

    private static Tensor logProbs(long seed, int samples) {
        Random random = new Random(seed);
        float[] values = new float[STEPS * samples * CLASSES];
        for (int row = 0; row < STEPS * samples; row++) {
            double sum = 0;
            double[] own = new double[CLASSES];
            for (int c = 0; c < CLASSES; c++) {
                own[c] = Math.exp(1.5 * random.nextGaussian());
                sum += own[c];
            }
            for (int c = 0; c < CLASSES; c++) {
                values[row * CLASSES + c] = (float) Math.log(own[c] / sum);
            }
        }
        return Tensor.of(Shape.of(STEPS, samples, CLASSES), values);
    }

    /// A beam that is wide enough gives every labelling the probability of all its paths.
    @Test
    void wideBeamsSumAllPaths() {
        for (long seed = 1; seed <= 5; seed++) {
            Tensor logProbs = logProbs(seed, 3);
            long[] lengths = {5, 1, 3};
            for (int blank = 0; blank < CLASSES; blank++) {
                List<List<Hypothesis>> found = new CtcDecoder(blank).beam(logProbs, lengths, 10_000);
                for (int n = 0; n < 3; n++) {
                    Map<List<Long>, Double> expected = labellings(logProbs, n, (int) lengths[n], blank);
                    double before = Double.POSITIVE_INFINITY;
                    for (Hypothesis one : found.get(n)) {
                        Double probability =
                                expected.get(Arrays.stream(one.ids()).boxed().toList());
                        assertNotNull(probability, () -> Arrays.toString(one.ids()) + " has no path");
                        assertEquals(probability, Math.exp(one.score()), 1e-6, "seed " + seed);
                        assertEquals(true, one.score() <= before);
                        before = one.score();
                    }
                    assertEquals(expected.size(), found.get(n).size());
                }
            }
        }
    }

    /// The probabilities of all labellings, by going through all paths.
    private static Map<List<Long>, Double> labellings(Tensor logProbs, int n, int steps, int blank) {
        float[] values = logProbs.toFloatArray();
        int samples = (int) logProbs.shape().size(1);
        Map<List<Long>, Double> all = new HashMap<>();
        for (int path = 0; path < Math.pow(CLASSES, steps); path++) {
            List<Long> labels = new ArrayList<>();
            double sum = 0;
            int before = blank;
            int rest = path;
            for (int t = 0; t < steps; t++) {
                int c = rest % CLASSES;
                rest /= CLASSES;
                sum += values[(t * samples + n) * CLASSES + c];
                if (c != blank && c != before) {
                    labels.add((long) c);
                }
                before = c;
            }
            all.merge(labels, Math.exp(sum), Double::sum);
        }
        return all;
    }

    @Test
    void greedyMergesAndDropsBlanks() {
        int[] path = {1, 1, 0, 1, 2};
        float[] values = new float[STEPS * CLASSES];
        Arrays.fill(values, (float) Math.log(0.2));
        for (int t = 0; t < STEPS; t++) {
            values[t * CLASSES + path[t]] = (float) Math.log(0.6);
        }
        Tensor logProbs = Tensor.of(Shape.of(STEPS, 1, CLASSES), values);
        Hypothesis all = new CtcDecoder(0).greedy(logProbs, new long[] {5}).getFirst();
        assertArrayEquals(new long[] {1, 1, 2}, all.ids());
        assertEquals(5 * Math.log(0.6), all.score(), 1e-5);
        assertArrayEquals(
                new long[] {1},
                new CtcDecoder(0).greedy(logProbs, new long[] {3}).getFirst().ids());
        assertArrayEquals(
                new long[] {1, 0, 1},
                new CtcDecoder(2).greedy(logProbs, new long[] {5}).getFirst().ids());
    }

    /// With a blank that never occurs, two equal labels cannot follow each other.
    @Test
    void impossibleLabelsAreNotFound() {
        float never = Float.NEGATIVE_INFINITY;
        float half = (float) Math.log(0.5);
        Tensor logProbs = Tensor.of(Shape.of(2, 1, 3), new float[] {never, half, half, never, 0, never});
        List<Hypothesis> found =
                new CtcDecoder(0).beam(logProbs, new long[] {2}, 10).getFirst();
        assertEquals(2, found.size());
        for (Hypothesis one : found) {
            assertEquals(half, one.score(), 1e-6);
            assertArrayEquals(one.ids().length == 1 ? new long[] {1} : new long[] {2, 1}, one.ids());
        }
    }

    @Test
    void misusesAreNamed() {
        Tensor logProbs = logProbs(1, 2);
        assertThrows(IllegalArgumentException.class, () -> new CtcDecoder(3).greedy(logProbs, new long[] {1, 1}));
        assertThrows(IllegalArgumentException.class, () -> new CtcDecoder(0).greedy(logProbs, new long[] {1}));
        assertThrows(IllegalArgumentException.class, () -> new CtcDecoder(0).beam(logProbs, new long[] {6, 1}, 2));
        assertThrows(IllegalArgumentException.class, () -> new CtcDecoder(0).beam(logProbs, new long[] {5, 1}, 0));
    }
}
