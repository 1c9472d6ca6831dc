package dev.rondo.kernel;

import static java.lang.Double.NEGATIVE_INFINITY;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Connectionist temporal classification in Java. The labels of a sample are extended by blanks, `b l1 b l2 b …
/// b`, the states of a path: it begins at the first or second, stays, goes on to the next, or skips a blank
/// between two labels that differ.
record JavaCtc(CtcArguments a) implements LossKernel {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG;

    @Override
    public long forward(MemorySegment loss) {
        for (long n = 0; n < a.batch(); n++) {
            if (!isGood(n)) {
                return n;
            }
        }
        double sum = 0;
        for (long n = 0; n < a.batch(); n++) {
            alpha(n);
            double all = logProbability(n);
            double sampleLoss = all == NEGATIVE_INFINITY && a.zeroInfinity() ? 0 : -all;
            sum += sampleLoss * share(n);
            if (a.reduction() == Reduction.NONE) {
                loss.setAtIndex(F32, n, (float) sampleLoss);
            }
        }
        if (a.reduction() != Reduction.NONE) {
            loss.setAtIndex(F32, 0, (float) sum);
        }
        return -1;
    }

    private boolean isGood(long n) {
        long labels = labels(n);
        if (steps(n) < 0 || steps(n) > a.steps() || labels < 0 || labels > a.width()) {
            return false;
        }
        for (long i = 0; i < labels; i++) {
            long label = label(n, i);
            if (label < 0 || label >= a.classes() || label == a.blank()) {
                return false;
            }
        }
        return true;
    }

    private void alpha(long n) {
        for (long t = 0; t < steps(n); t++) {
            for (long s = 0; s <= 2 * labels(n); s++) {
                double reached = s < 2 ? 0 : NEGATIVE_INFINITY;
                if (t > 0) {
                    reached = logSumExp(
                            alpha(n, t - 1, s),
                            s >= 1 ? alpha(n, t - 1, s - 1) : NEGATIVE_INFINITY,
                            skipsTo(n, s) ? alpha(n, t - 1, s - 2) : NEGATIVE_INFINITY);
                }
                a.alpha().setAtIndex(F64, alphaIndex(n, t, s), reached + logProb(t, n, classOf(n, s)));
            }
        }
    }

    /// The logarithm of the probability of all paths.
    private double logProbability(long n) {
        long last = steps(n) - 1;
        long states = 2 * labels(n) + 1;
        if (last < 0) {
            return states == 1 ? 0 : NEGATIVE_INFINITY;
        }
        double beforeLast = states > 1 ? alpha(n, last, states - 2) : NEGATIVE_INFINITY;
        return logSumExp(alpha(n, last, states - 1), beforeLast, NEGATIVE_INFINITY);
    }

    private double share(long n) {
        return a.reduction() == Reduction.MEAN ? 1 / (Math.max(1.0, labels(n)) * a.batch()) : 1;
    }

    @Override
    public void backward(MemorySegment diffLoss, MemorySegment diffX) {
        diffX.fill((byte) 0);
        for (long n = 0; n < a.batch(); n++) {
            double all = logProbability(n);
            boolean possible = all != NEGATIVE_INFINITY;
            if (possible || !a.zeroInfinity()) {
                double diff = diffLoss.getAtIndex(F32, a.reduction() == Reduction.NONE ? n : 0);
                backward(n, possible ? diff * share(n) : Double.NaN, all, diffX);
            }
        }
    }

    private void backward(long n, double scale, double all, MemorySegment diffX) {
        for (long t = steps(n) - 1; t >= 0; t--) {
            beta(n, t);
            for (long c = 0; c < a.classes(); c++) {
                diffX.setAtIndex(F32, position(t, n, c), (float) (scale * Math.exp(logProb(t, n, c))));
            }
            double blanks = 0;
            for (long s = 0; s <= 2 * labels(n); s++) {
                double passing = Math.exp(alpha(n, t, s) + a.scratch().getAtIndex(F64, s) - all);
                blanks += s % 2 == 0 ? passing : 0;
                if (s % 2 == 1) {
                    subtract(diffX, position(t, n, classOf(n, s)), scale * passing);
                }
            }
            subtract(diffX, position(t, n, a.blank()), scale * blanks);
        }
    }

    private static void subtract(MemorySegment from, long index, double value) {
        from.setAtIndex(F32, index, from.getAtIndex(F32, index) - (float) value);
    }

    /// The logarithms of the probabilities of the paths' ends after step t, from those after the next step;
    /// from the lowest state on, since each reads those above it.
    private void beta(long n, long t) {
        long states = 2 * labels(n) + 1;
        for (long s = 0; s < states; s++) {
            double end = s >= states - 2 ? 0 : NEGATIVE_INFINITY;
            if (t < steps(n) - 1) {
                end = logSumExp(
                        end(n, t + 1, s),
                        s + 1 < states ? end(n, t + 1, s + 1) : NEGATIVE_INFINITY,
                        s + 2 < states && skipsTo(n, s + 2) ? end(n, t + 1, s + 2) : NEGATIVE_INFINITY);
            }
            a.scratch().setAtIndex(F64, s, end);
        }
    }

    private double end(long n, long t, long s) {
        return a.scratch().getAtIndex(F64, s) + logProb(t, n, classOf(n, s));
    }

    private static double logSumExp(double a, double b, double c) {
        double top = Math.max(a, Math.max(b, c));
        return top == NEGATIVE_INFINITY
                ? NEGATIVE_INFINITY
                : top + Math.log(Math.exp(a - top) + Math.exp(b - top) + Math.exp(c - top));
    }

    private boolean skipsTo(long n, long s) {
        return s % 2 == 1 && s >= 2 && label(n, s / 2) != label(n, s / 2 - 1);
    }

    private long classOf(long n, long s) {
        return s % 2 == 0 ? a.blank() : label(n, s / 2);
    }

    private long label(long n, long i) {
        return a.targets().getAtIndex(I64, n * a.width() + i);
    }

    private long steps(long n) {
        return a.inputLengths().getAtIndex(I64, n);
    }

    private long labels(long n) {
        return a.targetLengths().getAtIndex(I64, n);
    }

    private double alpha(long n, long t, long s) {
        return a.alpha().getAtIndex(F64, alphaIndex(n, t, s));
    }

    private long alphaIndex(long n, long t, long s) {
        return (n * a.steps() + t) * (2 * a.width() + 1) + s;
    }

    private double logProb(long t, long n, long c) {
        return a.logProbs().getAtIndex(F32, position(t, n, c));
    }

    private long position(long t, long n, long c) {
        return (t * a.batch() + n) * a.classes() + c;
    }
}
