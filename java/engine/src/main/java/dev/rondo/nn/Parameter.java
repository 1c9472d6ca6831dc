package dev.rondo.nn;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/// A weight of a layer: floats of a fixed shape, which are learned or loaded.
///
/// A parameter owns its memory, which the garbage collector frees with it. Until it is loaded or initialised
/// with a seed, it draws its first values from PyTorch's default distribution of its layer when somebody first
/// looks.
///
/// Threads: any; but nothing may change the values once a model is made.
public final class Parameter {
    private static final AtomicLong NEXT_SEED = new AtomicLong(1);

    private final Shape shape;
    private final Initializer initializer;
    private final long defaultSeed = NEXT_SEED.getAndIncrement();
    private @Nullable Tensor tensor;

    /// @param shape       sizes of the dimensions
    /// @param initializer where the first values come from
    public Parameter(Shape shape, Initializer initializer) {
        this.shape = shape;
        this.initializer = initializer;
    }

    /// Sizes of the dimensions.
    public Shape shape() {
        return shape;
    }

    /// The values.
    public synchronized Tensor tensor() {
        if (tensor == null) {
            initialize(defaultSeed);
        }
        return tensor;
    }

    /// Draws the values anew; the same seed gives the same values.
    public void initialize(long seed) {
        initialize(initializer, seed);
    }

    /// Draws the values anew from another distribution; the same seed gives the same values.
    ///
    /// @throws IllegalArgumentException if the distribution has nothing to say about the parameter's shape
    public synchronized void initialize(Initializer initializer, long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        initializer.fill(allocated(), random);
    }

    /// Copies values in.
    ///
    /// @throws IllegalArgumentException if their shape or type is not the parameter's
    public synchronized void load(Tensor values) {
        if (!values.shape().equals(shape) || values.type() != DataType.F32) {
            throw new IllegalArgumentException(
                    "needs F32 of shape " + shape + ", not " + values.type() + " of shape " + values.shape());
        }
        allocated().copyFrom(values);
    }

    private Tensor allocated() {
        if (tensor == null) {
            tensor = Tensor.allocate(Arena.ofAuto(), shape, DataType.F32);
        }
        return tensor;
    }
}
