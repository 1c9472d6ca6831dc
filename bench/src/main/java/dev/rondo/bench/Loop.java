package dev.rondo.bench;

/// A [LoopShape] as one of the libraries runs it: forward, or a step of [Training].
///
/// All begin with the same weights, input and target.
public interface Loop extends Training {
    /// Computes the output and leaves it where Java can read it.
    void forward();

    /// A copy of what the last [#forward()] computed: (T, N, H).
    float[] output();

    /// The libraries to compare.
    enum Library {
        RONDO {
            @Override
            Loop loop(LoopShape shape, int threads) {
                return new RondoLoop(shape, threads);
            }
        },
        LIBTORCH {
            @Override
            Loop loop(LoopShape shape, int threads) {
                return new LibtorchLoop(shape, threads);
            }
        };

        abstract Loop loop(LoopShape shape, int threads);
    }
}
