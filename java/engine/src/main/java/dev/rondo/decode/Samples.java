package dev.rondo.decode;

import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Samples for one source, each drawn for itself.
final class Samples extends Pursuit {
    private final Search.Sampling sampling;
    private final double[] next;
    private long[] order = {}; // ids by their scores, the least first: the score's bits, and the id below
    private double[] shares = {};
    private RandomGenerator[] randoms = {}; // of each sample
    private final int[] sample; // in each place

    Samples(Search search, Search.Sampling sampling, boolean attends, long start, long end) {
        super(search, attends, start, end);
        this.sampling = sampling;
        this.next = new double[width];
        this.sample = new int[width];
    }

    @Override
    void begin(int sourceLength, long number) {
        super.begin(sourceLength, number);
        live = width;
        randoms = new RandomGenerator[width];
        for (int k = 0; k < width; k++) {
            sample[k] = k;
            long seed = (sampling.seed() * 1_000_003 + number) * 1_000_003 + k;
            randoms[k] = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        }
    }

    @Override
    void choose(Scores scores, boolean last) {
        int following = 0;
        for (int k = 0; k < live; k++) {
            int id = last ? (int) end : draw(k, scores);
            double sum = logProbabilities[k] + scores.at(k, id);
            if (id == end) {
                finish(k, sum);
            } else {
                follow(following, k, id);
                sample[following] = sample[k];
                next[following++] = sum;
            }
        }
        live = following;
        System.arraycopy(next, 0, logProbabilities, 0, live);
    }

    /// Draws an id for a sample. Where nothing is allowed, the end is.
    private int draw(int k, Scores scores) {
        int width = scores.width();
        if (order.length < width) {
            order = new long[width];
            shares = new double[width];
        }
        int count = 0;
        for (int id = 0; id < width; id++) {
            float score = (float) scores.at(k, id);
            if (score > Float.NEGATIVE_INFINITY && allows(k, id)) {
                order[count++] = sortable(score) << Integer.SIZE | (Integer.MAX_VALUE - id);
            }
        }
        if (count == 0) {
            return (int) end;
        }
        Arrays.sort(order, 0, count);
        int kept = sampling.topK() == 0 ? count : Math.min(count, sampling.topK());
        double top = scores.at(k, ordered(count - 1));
        double sum = 0;
        for (int i = 0; i < kept; i++) {
            shares[i] = Math.exp((scores.at(k, ordered(count - 1 - i)) - top) / sampling.temperature());
            sum += shares[i];
        }
        double wanted = sampling.topP() * sum;
        double kernel = 0;
        int drawn = 0;
        while (drawn < kept && kernel < wanted) {
            kernel += shares[drawn++];
        }
        double left = randoms[sample[k]].nextDouble() * kernel;
        for (int i = 0; i < drawn; i++) {
            left -= shares[i];
            if (left < 0) {
                return ordered(count - 1 - i);
            }
        }
        return ordered(count - 1); // rounding has left nothing for the last one
    }

    /// The id at a place of the order.
    private int ordered(int place) {
        return Integer.MAX_VALUE - (int) order[place];
    }

    /// An integer that orders as the float does.
    private static long sortable(float value) {
        int bits = Float.floatToIntBits(value);
        return bits < 0 ? bits ^ Integer.MAX_VALUE : bits;
    }

    @Override
    boolean isDone() {
        return false;
    }
}
