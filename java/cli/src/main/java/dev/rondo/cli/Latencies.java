package dev.rondo.cli;

import java.util.Arrays;

/// Times of many runs. Recording one allocates nothing; beyond the capacity the latest replace the earliest.
final class Latencies {
    private static final int CAPACITY = 1 << 20; // a power of two

    private final long[] nanos = new long[CAPACITY];
    private long count;

    void record(long runNanos) {
        nanos[(int) count++ & CAPACITY - 1] = runNanos;
    }

    /// Number of runs.
    long count() {
        return count;
    }

    /// Times that a share of the runs took at most, in microseconds.
    ///
    /// @param percents ascending or not, each from 0 to 100
    double[] percentilesMicros(double... percents) {
        long[] sorted = Arrays.copyOf(nanos, (int) Math.min(count, CAPACITY));
        Arrays.sort(sorted);
        return Arrays.stream(percents)
                .map(percent -> {
                    int rank = (int) Math.ceil(percent / 100 * sorted.length);
                    return sorted[Math.max(rank, 1) - 1] / 1e3;
                })
                .toArray();
    }
}
