package dev.rondo.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Pointwise losses in Java.
record JavaPointwiseLoss(PointwiseLossArguments a) implements LossKernel {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    @Override
    public long forward(MemorySegment loss) {
        double sum = 0;
        for (long i = 0; i < a.count(); i++) {
            double element =
                    weight(i) * loss(a.x().getAtIndex(F32, i), a.target().getAtIndex(F32, i));
            sum += element;
            if (a.reduction() == Reduction.NONE) {
                loss.setAtIndex(F32, i, (float) element);
            }
        }
        if (a.reduction() != Reduction.NONE) {
            loss.setAtIndex(F32, 0, (float) (a.reduction() == Reduction.MEAN ? sum / a.count() : sum));
        }
        return -1;
    }

    @Override
    public void backward(MemorySegment diffLoss, MemorySegment diffX) {
        double divisor = a.reduction() == Reduction.MEAN ? a.count() : 1;
        for (long i = 0; i < a.count(); i++) {
            double scale = diffLoss.getAtIndex(F32, a.reduction() == Reduction.NONE ? i : 0) / divisor;
            double derivative = derivative(a.x().getAtIndex(F32, i), a.target().getAtIndex(F32, i));
            diffX.setAtIndex(F32, i, (float) (scale * weight(i) * derivative));
        }
    }

    private double weight(long i) {
        return a.weight().address() == 0 ? 1 : a.weight().getAtIndex(F32, i);
    }

    private double loss(double x, double t) {
        double d = x - t;
        double p = a.parameter();
        return switch (a.loss()) {
            case MSE -> d * d;
            case L1 -> Math.abs(d);
            case HUBER -> Math.abs(d) < p ? d * d / 2 : p * (Math.abs(d) - p / 2);
            case SMOOTH_L1 -> Math.abs(d) < p ? d * d / (2 * p) : Math.abs(d) - p / 2;
            case BINARY_CROSS_ENTROPY -> -(t * Math.max(Math.log(x), -100) + (1 - t) * Math.max(Math.log1p(-x), -100));
            case BINARY_CROSS_ENTROPY_WITH_LOGITS -> Math.max(x, 0) - x * t + Math.log1p(Math.exp(-Math.abs(x)));
        };
    }

    private double derivative(double x, double t) {
        double d = x - t;
        double p = a.parameter();
        return switch (a.loss()) {
            case MSE -> 2 * d;
            case L1 -> Math.signum(d);
            case HUBER -> Math.abs(d) < p ? d : p * Math.signum(d);
            case SMOOTH_L1 -> Math.abs(d) < p ? d / p : Math.signum(d);
            case BINARY_CROSS_ENTROPY -> d / Math.max(x * (1 - x), 1e-12);
            case BINARY_CROSS_ENTROPY_WITH_LOGITS -> 1 / (1 + Math.exp(-x)) - t;
        };
    }
}
