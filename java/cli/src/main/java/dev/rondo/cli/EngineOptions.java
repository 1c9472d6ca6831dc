package dev.rondo.cli;

import picocli.CommandLine.Option;

/// How models run.
final class EngineOptions {
    // Each thread is a real one, and OpenMP ends the process if it cannot start them.
    private static final int MOST_THREADS = 256;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "Threads that each operation may use (default: 1, best for small layers).")
    private int threads;

    @Option(
            names = "--precision",
            paramLabel = "TYPE",
            defaultValue = "f32",
            description = "Type to compute with: f32.")
    private String precision;

    /// Refuses what the engine cannot do.
    void check() {
        checkThreads(threads);
        if (!precision.equals("f32")) {
            throw new InputException("--precision " + precision + ": only f32 is supported");
        }
    }

    /// Refuses a number of threads that makes no sense.
    static void checkThreads(int threads) {
        if (threads < 1 || threads > MOST_THREADS) {
            throw new InputException("--threads " + threads + ": must be between 1 and " + MOST_THREADS);
        }
    }

    int threads() {
        return threads;
    }

    String precision() {
        return precision;
    }
}
