package dev.rondo.bench;

/// Layers in one of the libraries under comparison, as a careful user of that library would run them: weights prepared
/// and inputs in place before the first run, memory reused where the library lets one.
///
/// Threads: one at a time.
public interface Contender extends AutoCloseable {
    /// Computes the output and leaves it where Java can read it.
    void run();

    /// A copy of what the last run computed: (T, N, D*H), zeros in the padding.
    float[] output();

    /// The same for one more thread: the library's own way for several callers of one model, which share its weights if
    /// the library can.
    Contender another();

    @Override
    void close();
}
