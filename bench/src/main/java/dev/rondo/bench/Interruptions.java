package dev.rondo.bench;

import java.util.Arrays;

/// What a machine alone adds to the slowest of many short calls: arithmetic in registers, which touches no memory,
/// timed call by call as a step of a stream is.
///
/// Where the slowest thousandth of these calls takes several times the median, it does so for whatever else is timed
/// there: a hypervisor or another process had the processor.
///
/// `java -cp bench.jar dev.rondo.bench.Interruptions [SECONDS]`
public final class Interruptions {
    private static final int[] MICROS = {1, 3, 10, 30, 100, 300};

    /// Of the calls of a length, in microseconds.
    record Result(double median, double percentile99, double percentile999) {
        @Override
        public String toString() {
            return String.format(
                    "median %8.2f   p99 %8.2f   p99.9 %8.2f µs   p99.9 / median %6.2f",
                    median, percentile99, percentile999, percentile999 / median);
        }
    }

    private Interruptions() {}

    public static void main(String... args) {
        double seconds = args.length == 0 ? 4 : Double.parseDouble(args[0]);
        for (int micros : MICROS) {
            System.out.println(measure(micros, (int) (seconds * 1e6 / micros)));
        }
    }

    static Result measure(int micros, int calls) {
        chain(1_000_000); // until it is compiled
        long begin = System.nanoTime();
        double sum = chain(10_000_000);
        long additions = Math.max(1, micros * 10_000_000_000L / (System.nanoTime() - begin));
        long[] nanos = new long[calls];
        for (int i = 0; i < calls; i++) {
            begin = System.nanoTime();
            sum += chain(additions);
            nanos[i] = System.nanoTime() - begin;
        }
        if (Double.isNaN(sum)) {
            throw new AssertionError("a sum of finite numbers"); // so that nothing of it is left out
        }
        Arrays.sort(nanos);
        return new Result(nanos[calls / 2] / 1e3, nanos[calls * 99 / 100] / 1e3, nanos[calls * 999 / 1000] / 1e3);
    }

    private static double chain(long additions) {
        double sum = 1;
        for (long i = 0; i < additions; i++) {
            sum += 1e-9;
        }
        return sum;
    }
}
