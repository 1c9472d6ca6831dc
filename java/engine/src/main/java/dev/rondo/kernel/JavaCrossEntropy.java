package dev.rondo.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Cross entropy in Java.
record JavaCrossEntropy(CrossEntropyArguments a) implements LossKernel {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    @Override
    public long forward(MemorySegment loss) {
        for (long row = 0; row < a.rows(); row++) {
            long target = target(row);
            if (target != a.ignoreIndex() && (target < 0 || target >= a.classes())) {
                return row;
            }
        }
        double sum = 0;
        for (long row = 0; row < a.rows(); row++) {
            double rowLoss = counts(row) ? loss(row) : 0;
            sum += rowLoss;
            if (a.reduction() == Reduction.NONE) {
                loss.setAtIndex(F32, row, (float) rowLoss);
            }
        }
        if (a.reduction() != Reduction.NONE) {
            loss.setAtIndex(F32, 0, (float) (a.reduction() == Reduction.MEAN ? sum / targetWeight() : sum));
        }
        return -1;
    }

    private double loss(long row) {
        double logSum = logSum(row);
        double smooth = 0;
        for (long c = 0; c < a.classes(); c++) {
            smooth += weight(c) * (logSum - logit(row, c));
        }
        long target = target(row);
        double s = a.labelSmoothing();
        return (1 - s) * weight(target) * (logSum - logit(row, target)) + s / a.classes() * smooth;
    }

    @Override
    public void backward(MemorySegment diffLoss, MemorySegment diffX) {
        double weights = 0;
        for (long c = 0; c < a.classes(); c++) {
            weights += weight(c);
        }
        double divisor = a.reduction() == Reduction.MEAN ? targetWeight() : 1;
        double smooth = a.labelSmoothing() / (double) a.classes();
        for (long row = 0; row < a.rows(); row++) {
            double scale = diffLoss.getAtIndex(F32, a.reduction() == Reduction.NONE ? row : 0) / divisor;
            boolean counts = counts(row);
            double logSum = counts ? logSum(row) : 0;
            double own = counts ? (1 - a.labelSmoothing()) * weight(target(row)) : 0;
            for (long c = 0; c < a.classes(); c++) {
                double gradient = 0;
                if (counts) {
                    double p = Math.exp(logit(row, c) - logSum);
                    gradient = scale * (own * (p - (c == target(row) ? 1 : 0)) + smooth * (p * weights - weight(c)));
                }
                diffX.setAtIndex(F32, row * a.classes() + c, (float) gradient);
            }
        }
    }

    private double logSum(long row) {
        double max = Double.NEGATIVE_INFINITY;
        for (long c = 0; c < a.classes(); c++) {
            max = Math.max(max, logit(row, c));
        }
        double sum = 0;
        for (long c = 0; c < a.classes(); c++) {
            sum += Math.exp(logit(row, c) - max);
        }
        return max + Math.log(sum);
    }

    private double targetWeight() {
        double sum = 0;
        for (long row = 0; row < a.rows(); row++) {
            sum += counts(row) ? weight(target(row)) : 0;
        }
        return sum;
    }

    private boolean counts(long row) {
        return target(row) != a.ignoreIndex();
    }

    private long target(long row) {
        return a.targets().getAtIndex(ValueLayout.JAVA_LONG, row);
    }

    private double weight(long c) {
        return a.classWeight().address() == 0 ? 1 : a.classWeight().getAtIndex(F32, c);
    }

    private double logit(long row, long c) {
        return a.logits().getAtIndex(F32, row * a.classes() + c);
    }
}
