package dev.rondo.train;

import dev.rondo.tensor.Tensor;
import java.util.Map;

/// Makes the learning rate smaller when a metric has stopped becoming smaller. Source: PyTorch's
/// `ReduceLROnPlateau`, with a relative threshold.
///
/// {@snippet :
/// Plateau plateau = new Plateau(0.5, 3, 1e-4, 0.01);
/// optimizer.learningRate(2e-3 * plateau.factor(validationLoss));
/// }
///
/// Threads: one at a time.
public final class Plateau implements Checkpoint.Part {
    private final double decay;
    private final int patience;
    private final double threshold;
    private final double minFactor;
    private double factor = 1;
    private double best = Double.POSITIVE_INFINITY;
    private int bad; // checks since the best

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
        if (metric < best * (1 - threshold)) {
            best = metric;
            bad = 0;
        } else if (bad < patience) {
            bad++;
        } else {
            factor = Math.max(factor * decay, minFactor);
            bad = 0;
        }
        return factor;
    }

    /// The factor of the learning rate as it is now.
    public double factor() {
        return factor;
    }

    @Override
    public Map<String, Tensor> tensors() {
        return Map.of();
    }

    @Override
    public Map<String, String> values() {
        return Map.of("factor", Double.toString(factor), "best", Double.toString(best), "bad", Integer.toString(bad));
    }

    @Override
    public void restore(Map<String, String> values) {
        factor = Double.parseDouble(values.get("factor"));
        best = Double.parseDouble(values.get("best"));
        bad = Integer.parseInt(values.get("bad"));
    }
}
