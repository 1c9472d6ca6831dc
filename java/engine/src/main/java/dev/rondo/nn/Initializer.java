package dev.rondo.nn;

import dev.rondo.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.random.RandomGenerator;

/// The distribution that a parameter's first values come from.
@FunctionalInterface
public interface Initializer {
    /// One value.
    float next(RandomGenerator random);

    /// Uniform between `-bound` and `bound`.
    static Initializer uniform(double bound) {
        return random -> (float) (bound * (2 * random.nextDouble() - 1));
    }

    /// Normal with mean 0 and variance 1.
    static Initializer normal() {
        return random -> (float) random.nextGaussian();
    }

    /// Always the same value.
    static Initializer constant(float value) {
        return _ -> value;
    }

    /// Fills a tensor of F32.
    default void fill(Tensor tensor, RandomGenerator random) {
        for (long i = 0; i < tensor.shape().elements(); i++) {
            tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, next(random));
        }
    }
}
