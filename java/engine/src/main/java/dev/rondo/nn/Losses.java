package dev.rondo.nn;

import dev.rondo.kernel.PointwiseLoss;
import dev.rondo.kernel.Reduction;
import dev.rondo.op.CtcLoss;
import dev.rondo.op.Loss;
import dev.rondo.program.Value;
import org.jspecify.annotations.Nullable;

/// What training makes small: each gives one number, the mean over all elements or rows. Formulas and defaults
/// are those of PyTorch's `torch.nn.functional`. [SequenceLosses] has them for sequences of unequal lengths.
public final class Losses {
    static final long IGNORE_INDEX = -100;

    private Losses() {}

    /// Cross entropy of classes: the mean of `-log softmax(logits)[target]`.
    ///
    /// @param logits  (…, C)
    /// @param targets (…), I64 from 0 to C - 1, or -100 for rows that do not count
    public static Value crossEntropy(Value logits, Value targets) {
        return crossEntropy(logits, targets, null, IGNORE_INDEX, 0);
    }

    /// Cross entropy of weighted classes with smoothed labels: a row loses
    /// `(1 - s) w_t (-log p_t) + s / C * sum_c w_c (-log p_c)`; the sum is divided by that of w_t.
    ///
    /// @param classWeight    w (C), or null for ones
    /// @param ignoreIndex    the target of rows that do not count
    /// @param labelSmoothing s, from 0 to 1
    public static Value crossEntropy(
            Value logits, Value targets, @Nullable Value classWeight, long ignoreIndex, double labelSmoothing) {
        return record(new Loss.CrossEntropy(
                logits, targets, classWeight, ignoreIndex, (float) labelSmoothing, Reduction.MEAN));
    }

    /// Connectionist temporal classification with class 0 for blank: see the longer form.
    public static Value ctc(Value logProbs, Value targets, Value inputLengths, Value targetLengths) {
        return ctc(logProbs, targets, inputLengths, targetLengths, 0, false);
    }

    /// Connectionist temporal classification: minus the logarithm of the probability of all paths that give the
    /// labels once repeated classes are merged and blanks removed, divided by the number of labels; the mean
    /// over samples. A run with a length or label out of range throws IllegalArgumentException that names the
    /// sample.
    ///
    /// {@snippet :
    /// Value loss = Losses.ctc(Functional.logSoftmax(logits), targets, inputLengths, targetLengths);
    /// }
    ///
    /// @param logProbs      (T, N, C), from [Functional#logSoftmax]
    /// @param targets       (N, S), I64: the first of each sample are its labels
    /// @param inputLengths  (N), I64: how many steps count
    /// @param targetLengths (N), I64: how many labels there are
    /// @param blank         the class of no label
    /// @param zeroInfinity  whether samples too short for their labels lose 0 instead of infinity, without
    ///                      gradient
    public static Value ctc(
            Value logProbs, Value targets, Value inputLengths, Value targetLengths, long blank, boolean zeroInfinity) {
        return logProbs.recorder()
                .record(new CtcLoss(
                        logProbs, targets, inputLengths, targetLengths, blank, zeroInfinity, Reduction.MEAN))
                .output();
    }

    /// The mean of `(x - target)²`.
    public static Value mse(Value x, Value target) {
        return pointwise(PointwiseLoss.MSE, 0, x, target, null);
    }

    /// The mean of `|x - target|`.
    public static Value l1(Value x, Value target) {
        return pointwise(PointwiseLoss.L1, 0, x, target, null);
    }

    /// Huber's loss: `d² / 2` where `|d|` is less than delta, else `delta (|d| - delta / 2)`.
    public static Value huber(Value x, Value target, double delta) {
        return pointwise(PointwiseLoss.HUBER, delta, x, target, null);
    }

    /// Binary cross entropy of probabilities x: `-(t log(x) + (1 - t) log(1 - x))`.
    public static Value binaryCrossEntropy(Value x, Value target) {
        return pointwise(PointwiseLoss.BINARY_CROSS_ENTROPY, 0, x, target, null);
    }

    /// Binary cross entropy of the probabilities `σ(x)`.
    ///
    /// @param weight of x's shape: multiplies each element's loss, 0 masks it; or null
    public static Value binaryCrossEntropyWithLogits(Value x, Value target, @Nullable Value weight) {
        return pointwise(PointwiseLoss.BINARY_CROSS_ENTROPY_WITH_LOGITS, 0, x, target, weight);
    }

    /// Activation regularisation: `alpha * mean(h²)`, to be added to a loss.
    ///
    /// {@snippet :
    /// Value loss = Functional.add(crossEntropy, Functional.add(
    ///         Losses.activationPenalty(dropped, 2), Losses.temporalActivationPenalty(output, 1)));
    /// }
    ///
    /// Source: Merity, McCann and Socher 2017, arXiv 1708.01009.
    ///
    /// @param h states of a layer, after dropout
    public static Value activationPenalty(Value h, double alpha) {
        return Functional.multiply(Functional.mean(Functional.square(h)), alpha);
    }

    /// Temporal activation regularisation: `beta * mean((h[t] - h[t - 1])²)`, to be added to a loss.
    ///
    /// Source: as [#activationPenalty].
    ///
    /// @param h states of a layer, before dropout: (T, …)
    /// @throws IllegalArgumentException if there are not two steps
    public static Value temporalActivationPenalty(Value h, double beta) {
        long steps = h.shape().size(0);
        if (steps < 2) {
            throw new IllegalArgumentException("a temporal penalty needs two steps or more, not shape " + h.shape());
        }
        return activationPenalty(Functional.subtract(h.slice(0, 1, steps), h.slice(0, 0, steps - 1)), beta);
    }

    private static Value pointwise(
            PointwiseLoss loss, double parameter, Value x, Value target, @Nullable Value weight) {
        return record(new Loss.Pointwise(loss, (float) parameter, x, target, weight, Reduction.MEAN));
    }

    private static Value record(Loss loss) {
        return loss.output().recorder().record(loss).output();
    }
}
