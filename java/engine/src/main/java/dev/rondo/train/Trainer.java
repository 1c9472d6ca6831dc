package dev.rondo.train;

import dev.rondo.nn.Module;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// The loop over minibatches: learning, validation, early stopping, checkpoints, and resuming from them.
///
/// A training that is stopped in any way, even killed, and started again with the same folder goes on from its
/// last checkpoint and ends with the same weights, bit by bit, provided that everything it remembers is a part
/// of it ([Builder#remember]) and nothing it decides depends on the time.
///
/// {@snippet :
/// Trainer<long[][]> trainer = Trainer.of(network, minibatches, batch -> {
///             step.input("x").copyFrom(batch[0]);
///             step.input("y").copyFrom(batch[1]);
///             return step.run();
///         })
///         .remember("step", step)
///         .schedule(adam, Schedule.warmUpThenCosine(100, 5000, 0.01))
///         .validate(250, () -> Map.of("loss", (double) evaluation.run()))
///         .patience(5)
///         .maxSteps(5000)
///         .checkpoint(folder, 250)
///         .build();
/// Trainer.End end = trainer.run(); // the network has the best weights now
/// }
///
/// In the folder are `checkpoint.safetensors` and `best.safetensors`, the latter the parameters alone. The
/// engine draws nothing: progress bars and pictures of the curve are a [Listener]'s.
///
/// Threads: one. Interrupting it stops the training after the present step, with a checkpoint.
///
/// @param <B> a minibatch
public final class Trainer<B> {
    /// Why a training has ended.
    public enum End {
        /// As many steps or epochs as there were to be.
        DONE,
        /// The time was up.
        TIME,
        /// Validation has not improved for too long.
        EARLY,
        /// The thread was interrupted, and still is.
        INTERRUPTED
    }

    /// Learns from a minibatch.
    @FunctionalInterface
    public interface Learner<B> {
        /// Takes a step.
        ///
        /// @return the loss
        float learn(B batch);

        /// Comes before the first step of each epoch: the place to make carried states zero.
        default void beginEpoch(long epoch) {}
    }

    /// Measures what the network is worth.
    @FunctionalInterface
    public interface Validator {
        /// Metrics by name, at least one. The first decides, and is better where it is smaller.
        Map<String, Double> validate();
    }

    /// How a training goes.
    ///
    /// @param step            steps done
    /// @param epoch           from 0
    /// @param loss            of the last step
    /// @param tokensPerSecond since this process began to train
    /// @param left            an estimate of the time left, null without an end in sight
    public record Progress(
            long step,
            long epoch,
            float loss,
            double tokensPerSecond,
            @Nullable Duration left) {}

    /// Is told how a training goes, on the thread that trains.
    public interface Listener {
        /// After each step.
        default void progress(Progress progress) {}

        /// After each validation.
        default void validated(Curve.Point point, boolean isBest) {}
    }

    /// Describes a training.
    ///
    /// @param <B> a minibatch
    public static final class Builder<B> {
        // What the loop reads.
        final Module module;
        final Minibatches<B> minibatches;
        final Learner<B> learner;
        final Checkpoint checkpoint = new Checkpoint();
        final Map<Optimizer, Schedule> schedules = new LinkedHashMap<>();
        ToLongFunction<B> tokens = _ -> 1;

        @Nullable
        Plateau plateau;

        @Nullable
        WeightAverage average;

        @Nullable
        Validator validator;

        long validateEvery;
        boolean endsWithLast;
        int patience = Integer.MAX_VALUE;
        long maxSteps = Long.MAX_VALUE;
        long maxEpochs = Long.MAX_VALUE;
        long maxNanos = Long.MAX_VALUE;

        @Nullable
        Path folder;

        long checkpointEvery = Long.MAX_VALUE;
        Listener listener = new Listener() {};

        private Builder(Module module, Minibatches<B> minibatches, Learner<B> learner) {
            this.module = module;
            this.minibatches = minibatches;
            this.learner = learner;
        }

        /// Something that checkpoints contain; the training step at least.
        public Builder<B> remember(String name, Checkpoint.Part part) {
            checkpoint.add(name, part);
            return this;
        }

        /// How many tokens a minibatch has, for their rate; 1 unless set.
        public Builder<B> tokens(ToLongFunction<B> count) {
            tokens = count;
            return this;
        }

        /// Sets an optimizer's learning rate before each step, as a factor of what it is now.
        public Builder<B> schedule(Optimizer optimizer, Schedule schedule) {
            schedules.put(optimizer, schedule);
            return this;
        }

        /// Lowers the learning rates that have a schedule when the deciding metric stays as it is.
        public Builder<B> plateau(Plateau lowering) {
            plateau = lowering;
            checkpoint.add("plateau", lowering);
            return this;
        }

        /// Averages weights: adds them after each step, and validates and keeps the averaged ones.
        public Builder<B> average(WeightAverage weights) {
            average = weights;
            checkpoint.add("average", weights);
            return this;
        }

        /// Validates every so many steps, and when the steps are done or the time is up.
        public Builder<B> validate(long everySteps, Validator metrics) {
            validateEvery = requirePositive(everySteps, "steps between validations");
            validator = metrics;
            return this;
        }

        /// Leaves the module with the last weights, whatever validation says: for a learning rate that falls to
        /// nothing, after which differences between validations are chance.
        public Builder<B> endWithLast() {
            endsWithLast = true;
            return this;
        }

        /// Stops after so many validations without a new best.
        public Builder<B> patience(int validations) {
            patience = TrainingStep.requirePositive(validations, "patience");
            return this;
        }

        /// Stops after so many steps.
        public Builder<B> maxSteps(long steps) {
            maxSteps = requirePositive(steps, "number of steps");
            return this;
        }

        /// Stops after so many epochs.
        public Builder<B> maxEpochs(long epochs) {
            maxEpochs = requirePositive(epochs, "number of epochs");
            return this;
        }

        /// Stops after this time, that before a checkpoint included.
        public Builder<B> maxDuration(Duration duration) {
            maxNanos = requirePositive(duration.toNanos(), "duration in nanoseconds");
            return this;
        }

        /// Writes checkpoints every so many steps and at the end, and begins with what is there.
        public Builder<B> checkpoint(Path inFolder, long everySteps) {
            folder = inFolder;
            checkpointEvery = requirePositive(everySteps, "steps between checkpoints");
            return this;
        }

        /// Who is told.
        public Builder<B> listener(Listener told) {
            listener = told;
            return this;
        }

        private static long requirePositive(long count, String what) {
            if (count < 1) {
                throw new IllegalArgumentException(what + " " + count + " is not positive");
            }
            return count;
        }

        /// The training, which has not begun.
        ///
        /// @throws IllegalStateException if there is a plateau, but no optimizer with a schedule that it
        ///     could lower
        public Trainer<B> build() {
            if (plateau != null && schedules.isEmpty()) {
                throw new IllegalStateException("a plateau lowers optimizers that have a schedule, and there is none");
            }
            return new Trainer<>(this);
        }
    }

    private final TrainingLoop<B> loop;

    private Trainer(Builder<B> builder) {
        this.loop = new TrainingLoop<>(builder);
    }

    /// Begins to describe a training.
    public static <B> Builder<B> of(Module module, Minibatches<B> minibatches, Learner<B> learner) {
        return new Builder<>(module, minibatches, learner);
    }

    /// The validations so far.
    public Curve curve() {
        return loop.curve();
    }

    /// Trains to the end; then the module has the weights of the best validation, or the last ones without any or
    /// after [Builder#endWithLast()].
    ///
    /// @throws IOException         if a checkpoint cannot be written or read
    /// @throws ArithmeticException if the loss or a gradient is not finite; the last checkpoint stays as it is
    public End run() throws IOException {
        return loop.run();
    }
}
