package dev.rondo.train;

import java.util.Arrays;

/// How the learning rate changes from step to step: a factor of the first one. Formulas are those of PyTorch's
/// `torch.optim.lr_scheduler`.
///
/// {@snippet :
/// Schedule schedule = Schedule.warmUpThenCosine(500, 10_000, 0.01);
/// optimizer.learningRate(2e-3 * schedule.factor(optimizer.steps()));
/// }
///
/// Threads: any.
@FunctionalInterface
public interface Schedule {
    /// The factor of the step that comes after so many.
    double factor(long steps);

    /// The same rate at all steps.
    static Schedule constant() {
        return _ -> 1;
    }

    /// Times gamma every so many steps. Source: `StepLR`.
    static Schedule step(long size, double gamma) {
        requirePositive(size);
        return steps -> Math.pow(gamma, Math.floorDiv(steps, size));
    }

    /// Times gamma at each milestone. Source: `MultiStepLR`.
    static Schedule multiStep(double gamma, long... milestones) {
        long[] sorted = milestones.clone();
        return steps -> Math.pow(
                gamma,
                Arrays.stream(sorted).filter(milestone -> milestone <= steps).count());
    }

    /// Half a cosine from 1 down to a factor that it then stays at. Source: `CosineAnnealingLR` without
    /// restarts.
    static Schedule cosine(long length, double minFactor) {
        requirePositive(length);
        return steps -> minFactor + (1 - minFactor) * (1 + Math.cos(Math.PI * Math.min(steps, length) / length)) / 2;
    }

    /// A straight line up to 1, where it stays. Source: `LinearLR`.
    static Schedule linearWarmUp(long length, double startFactor) {
        requirePositive(length);
        return steps -> startFactor + (1 - startFactor) * Math.min(steps, length) / length;
    }

    /// A straight line up from 0 (excluded), then half a cosine down.
    ///
    /// @param warmUp    steps of the line, fewer than in all; step k has the factor `(k + 1) / (warmUp + 1)`.
    ///                  With 0, as a share of few steps may be, there is only the cosine.
    /// @param length    steps in all
    /// @param minFactor the cosine's last
    static Schedule warmUpThenCosine(long warmUp, long length, double minFactor) {
        Schedule cosine = cosine(length - warmUp, minFactor);
        return warmUp == 0 ? cosine : linearWarmUp(warmUp, 1.0 / (warmUp + 1)).then(warmUp, cosine);
    }

    /// This schedule for so many steps, then another one from its beginning. Source: `SequentialLR`.
    default Schedule then(long length, Schedule next) {
        return steps -> steps < length ? factor(steps) : next.factor(steps - length);
    }

    private static void requirePositive(long length) {
        if (length < 1) {
            throw new IllegalArgumentException("a schedule of " + length + " steps is none");
        }
    }
}
