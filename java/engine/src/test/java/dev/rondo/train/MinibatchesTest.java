package dev.rondo.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class MinibatchesTest {
    private static final Function<int[], int[]> SAMPLES = samples -> samples;

    private static int[][] epoch(Minibatches<int[]> minibatches, long epoch) {
        int[][] all = new int[minibatches.size(epoch)][];
        Arrays.setAll(all, position -> minibatches.get(epoch, position));
        return all;
    }

    private static int[] sorted(int[][] epoch) {
        return Arrays.stream(epoch).flatMapToInt(Arrays::stream).sorted().toArray();
    }

    private static int[] range(int count) {
        int[] range = new int[count];
        Arrays.setAll(range, i -> i);
        return range;
    }

    @Test
    void anEpochHasEachSampleOnceInAnOrderOfItsOwn() {
        Minibatches<int[]> minibatches = Minibatches.shuffled(40, 4, 3, SAMPLES);
        int[][] first = epoch(minibatches, 0);
        int[][] second = epoch(minibatches, 1);
        assertArrayEquals(range(40), sorted(first));
        assertArrayEquals(range(40), sorted(second));
        assertFalse(Arrays.deepEquals(first, second));
        assertArrayEquals(first, epoch(minibatches, 0), "back to an epoch");
        Minibatches<int[]> resumed = Minibatches.shuffled(40, 4, 3, SAMPLES);
        assertArrayEquals(second[7], resumed.get(1, 7));
        assertFalse(Arrays.deepEquals(first, epoch(Minibatches.shuffled(40, 4, 4, SAMPLES), 0)));
    }

    @Test
    void whatDoesNotFillAMinibatchIsLeftOut() {
        assertEquals(3, epoch(Minibatches.shuffled(11, 3, 1, SAMPLES), 5).length);
        assertArrayEquals(new int[][] {{0, 1, 2}, {3, 4, 5}}, epoch(Minibatches.inOrder(7, 3, SAMPLES), 9));
        assertEquals(
                "2 samples do not fill a minibatch of 3",
                assertThrows(IllegalArgumentException.class, () -> Minibatches.inOrder(2, 3, SAMPLES))
                        .getMessage());
    }

    @Test
    void whatIsLeftOverCanBeKept() {
        assertArrayEquals(
                new int[][] {{0, 1, 2}, {3, 4, 5}, {6}},
                epoch(Minibatches.inOrder(7, 3, SAMPLES).keepLast(), 9));
        int[][] shuffled = epoch(Minibatches.shuffled(11, 3, 1, SAMPLES).keepLast(), 5);
        assertArrayEquals(range(11), sorted(shuffled));
        assertArrayEquals(
                epoch(Minibatches.shuffled(11, 3, 1, SAMPLES), 5), Arrays.copyOf(shuffled, 3), "the full ones stay");
        assertEquals(4, epoch(Minibatches.shuffled(12, 3, 1, SAMPLES).keepLast(), 5).length);
        int[] lengths = new Random(2).ints(11, 1, 9).toArray();
        int[][] bucketed = epoch(Minibatches.bucketed(lengths, 3, 2, 1, SAMPLES).keepLast(), 0);
        assertArrayEquals(range(11), sorted(bucketed));
        assertArrayEquals(
                new int[] {2, 3, 3, 3},
                Arrays.stream(bucketed)
                        .mapToInt(samples -> samples.length)
                        .sorted()
                        .toArray());
    }

    /// The padding of bucketed minibatches is a small part of that of shuffled ones.
    @Test
    void bucketsHaveSamplesOfAboutEqualLength() {
        Random random = new Random(5);
        int[] lengths = random.ints(400, 1, 100).toArray();
        Minibatches<int[]> bucketed = Minibatches.bucketed(lengths, 8, 25, 6, SAMPLES);
        int[][] epoch = epoch(bucketed, 0);
        assertArrayEquals(range(400), sorted(epoch));
        long padding = padding(epoch, lengths);
        long shuffled = padding(epoch(Minibatches.shuffled(400, 8, 6, SAMPLES), 0), lengths);
        assertTrue(padding * 5 < shuffled, padding + " against " + shuffled);
        boolean ascending = true;
        for (int i = 1; i < 20; i++) {
            ascending &= lengths[epoch[i - 1][0]] <= lengths[epoch[i][0]];
        }
        assertFalse(ascending, "minibatches come in the order of their lengths");
        assertFalse(Arrays.deepEquals(epoch, epoch(bucketed, 1)));
        assertArrayEquals(epoch, epoch(Minibatches.bucketed(lengths, 8, 25, 6, SAMPLES), 0));
    }

    private static long padding(int[][] minibatches, int[] lengths) {
        long padding = 0;
        for (int[] samples : minibatches) {
            int longest =
                    Arrays.stream(samples).map(sample -> lengths[sample]).max().getAsInt();
            padding += Arrays.stream(samples)
                    .map(sample -> longest - lengths[sample])
                    .sum();
        }
        return padding;
    }
}
