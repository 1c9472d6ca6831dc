package dev.rondo.nn;

import dev.rondo.program.Value;

/// Dropout: training sets each element to 0 with probability p and divides the others by 1 - p; inference does nothing.
///
/// Each run of a training step drops other elements, and so does each use of a layer, or of a seed, in one program: the
/// seed, the number of the use in the program's order, and the number of the run say which. So layers can share a seed,
/// and a program drops the same whatever else a JVM has made. Locked (variational) dropout drops the same elements of
/// all steps of a sequence.
///
/// x, y: (…), or (T, N, …) where locked. Source: Srivastava et al. 2014; Gal and Ghahramani 2016, arXiv 1512.05287
/// (locked); PyTorch's `nn.Dropout`.
public final class Dropout extends Module {
    private final double p;
    private final long seed;
    private final boolean locked;

    /// Dropout with seed 0.
    public Dropout(double p) {
        this(p, false);
    }

    /// The same, locked or not.
    public Dropout(double p, boolean locked) {
        this(p, 0, locked);
    }

    /// @param p      probability with which training drops an element
    /// @param seed   what the dropped elements depend on
    /// @param locked whether all steps of a sequence, the first dimension, drop the same elements
    /// @throws IllegalArgumentException if p is not between 0 and 1
    public Dropout(double p, long seed, boolean locked) {
        if (!(p >= 0 && p <= 1)) {
            throw new IllegalArgumentException("dropout's probability is between 0 and 1, not " + p);
        }
        this.p = p;
        this.seed = seed;
        this.locked = locked;
    }

    @Override
    public Value forward(Value x) {
        if (!x.recorder().isTraining() || p == 0) {
            return x;
        }
        long repeats = locked ? x.shape().size(0) : 1;
        return x.recorder()
                .record(new dev.rondo.op.Dropout(x, p, seed, repeats))
                .output();
    }
}
