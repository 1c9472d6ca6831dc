package dev.rondo.train;

/// Makes the learning rate smaller when a metric has stopped becoming smaller. Source: PyTorch's
/// `ReduceLROnPlateau`,
/// with a relative threshold.
///
/// {@snippet :
/// Plateau plateau = new Plateau(0.5, 3, 1e-4, 0.01);
/// optimizer.learningRate(2e-3 * plateau.factor(validationLoss));
/// }
///
/// Threads: one at a time.
public final class Plateau {
    /// What a plateau remembers, for a checkpoint.
    ///
    /// @param factor of the learning rate
    /// @param best   the smallest metric
    /// @param bad    checks since then
    public record State(double factor, double best, int bad) {}

    private final double decay;
    private final int patience;
    private final double threshold;
    private final double minFactor;
    private State state = new State(1, Double.POSITIVE_INFINITY, 0);

    /// @param decay     what the factor is multiplied by; PyTorch's default is 0.1
    /// @param patience  how many checks without improvement are borne; 10
    /// @param threshold by which part of the best a metric has to be smaller to count as better; 1e-4
    /// @param minFactor the smallest factor; 0
    public Plateau(double decay, int patience, double threshold, double minFactor) {
        if (!(decay > 0 && decay < 1)) {
            throw new IllegalArgumentException("decay " + decay + " is not between 0 and 1");
        }
        this.decay = decay;
        this.patience = patience;
        this.threshold = threshold;
        this.minFactor = minFactor;
    }

    /// Takes note of a metric.
    ///
    /// @return the factor of the learning rate from now on
    public double factor(double metric) {
        if (metric < state.best() * (1 - threshold)) {
            state = new State(state.factor(), metric, 0);
        } else if (state.bad() < patience) {
            state = new State(state.factor(), state.best(), state.bad() + 1);
        } else {
            state = new State(Math.max(state.factor() * decay, minFactor), state.best(), 0);
        }
        return state.factor();
    }

    /// What it remembers.
    public State state() {
        return state;
    }

    /// Goes on from what another one remembered.
    public void restore(State remembered) {
        state = remembered;
    }
}
