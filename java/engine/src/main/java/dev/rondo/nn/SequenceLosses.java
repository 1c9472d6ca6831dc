package dev.rondo.nn;

import dev.rondo.kernel.PointwiseLoss;
import dev.rondo.kernel.Reduction;
import dev.rondo.op.CumulativeSum;
import dev.rondo.op.Loss;
import dev.rondo.op.MaskedTargets;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import org.jspecify.annotations.Nullable;

/// The losses of [Losses] for sequences of unequal lengths: of sample n only the first `lengths[n]` steps
/// count, and the mean is over what counts (NaN where nothing does). A run with a length out of range throws
/// IllegalArgumentException that names the sample.
///
/// x and targets have steps and samples first, (T, N, …). What lies beyond a sample's length has no gradient;
/// it has to be finite but for cross entropy, which does not read it.
///
/// {@snippet :
/// Value lengths = in.get("lengths"); // (N), I64
/// Value loss = new SequenceLosses(lengths).crossEntropy(network.forward(in.get("x")), in.get("y"));
/// }
public final class SequenceLosses {
    private final Value lengths;

    /// @param lengths (N), I64 from 0 to T
    public SequenceLosses(Value lengths) {
        this.lengths = lengths;
    }

    /// Cross entropy of classes.
    ///
    /// @param logits  (T, N, C)
    /// @param targets (T, N), I64 from 0 to C - 1 where they count, or -100 to be ignored there, too
    public Value crossEntropy(Value logits, Value targets) {
        return crossEntropy(logits, targets, null, 0);
    }

    /// Cross entropy of weighted classes with smoothed labels.
    ///
    /// @param classWeight    (C), or null for ones
    /// @param labelSmoothing from 0 to 1
    public Value crossEntropy(Value logits, Value targets, @Nullable Value classWeight, double labelSmoothing) {
        Value masked = targets.recorder()
                .record(new MaskedTargets(targets, lengths, Losses.IGNORE_INDEX))
                .output();
        return Losses.crossEntropy(logits, masked, classWeight, Losses.IGNORE_INDEX, labelSmoothing);
    }

    /// The mean of `(x - target)²`.
    public Value mse(Value x, Value target) {
        return pointwise(PointwiseLoss.MSE, 0, x, target);
    }

    /// The mean of `|x - target|`.
    public Value l1(Value x, Value target) {
        return pointwise(PointwiseLoss.L1, 0, x, target);
    }

    /// Huber's loss.
    public Value huber(Value x, Value target, double delta) {
        return pointwise(PointwiseLoss.HUBER, delta, x, target);
    }

    /// Binary cross entropy of probabilities x.
    public Value binaryCrossEntropy(Value x, Value target) {
        return pointwise(PointwiseLoss.BINARY_CROSS_ENTROPY, 0, x, target);
    }

    /// Binary cross entropy of the probabilities `σ(x)`.
    public Value binaryCrossEntropyWithLogits(Value x, Value target) {
        return pointwise(PointwiseLoss.BINARY_CROSS_ENTROPY_WITH_LOGITS, 0, x, target);
    }

    /// What attention looks at again: the mean over steps t that count of `Σ_s min(a_ts, c_ts)`, c being the sum of
    /// a of the steps before. It is added to another loss, with a weight (See et al. take 1).
    ///
    /// Source: See, Liu and Manning 2017, arXiv 1704.04368.
    ///
    /// @param weights of attention (N, T, S), which have to be finite everywhere
    public Value coverage(Value weights) {
        Value before = weights.recorder()
                .record(new CumulativeSum(weights, 1, true, false))
                .output();
        Value again = Functional.sum(Functional.minimum(weights, before), 2); // (N, T)
        Shape shape = Shape.of(again.shape().size(1), again.shape().size(0));
        Value mask = Functional.sequenceMask(lengths, shape); // (T, N)
        return Functional.divide(
                Functional.sum(Functional.multiply(mask, again.transpose(0, 1))), Functional.sum(mask));
    }

    /// As PyTorch's weighted `mse_loss`: the weighted sum, divided by the sum of the weights.
    private Value pointwise(PointwiseLoss loss, double parameter, Value x, Value target) {
        Value mask = Functional.sequenceMask(lengths, x.shape());
        Value sum = x.recorder()
                .record(new Loss.Pointwise(loss, (float) parameter, x, target, mask, Reduction.SUM))
                .output();
        return Functional.divide(sum, Functional.sum(mask));
    }
}
