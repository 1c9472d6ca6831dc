package dev.rondo.train;

import dev.rondo.program.PackedWeights;
import dev.rondo.program.Recorder;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;

/// An objective recorded without training: it reads the parameters as they are at each run, drops nothing, and
/// changes no parameter. So it says what a network is worth while a [TrainingStep] trains it.
///
/// {@snippet :
/// try (Evaluation evaluation = Evaluation.builder()
///         .input("x", Shape.of(25, 32, 64), DataType.F32)
///         .input("y", Shape.of(25, 32), DataType.I64)
///         .record(in -> Losses.crossEntropy(module.forward(in.get("x")), in.get("y")))) {
///     evaluation.input("x").copyFrom(x);
///     evaluation.input("y").copyFrom(y);
///     float loss = evaluation.run();
/// }
/// }
///
/// Threads: one at a time, whichever; nobody may change the parameters meanwhile.
public final class Evaluation implements AutoCloseable {
    /// Describes an evaluation before it is recorded.
    public static final class Builder {
        private final Slots slots = new Slots();
        private int threads = 1;

        private Builder() {}

        /// An input that each run reads.
        public Builder input(String name, Shape shape, DataType type) {
            slots.input(name, shape, type);
            return this;
        }

        /// A state that is carried from run to run, of F32 and zero at first: see [TrainingStep.Builder#state].
        public Builder state(String name, Shape shape) {
            slots.state(name, shape);
            return this;
        }

        /// How many threads each instruction may use; 1 unless set.
        public Builder threads(int count) {
            threads = TrainingStep.requirePositive(count, "number of threads");
            return this;
        }

        /// Records the objective.
        ///
        /// @throws IllegalArgumentException if shapes disagree
        public Evaluation record(TrainingStep.Objective objective) {
            return new Evaluation(this, objective);
        }
    }

    private final PackedWeights weights = new PackedWeights();
    private final Execution execution;
    private boolean closed;

    private Evaluation(Builder builder, TrainingStep.Objective objective) {
        try {
            Recording recording = new Recording(Recorder.evaluation(), builder.slots, objective);
            this.execution = new Execution(recording.recorder.finish(weights, builder.threads), builder.slots);
        } catch (Throwable e) { // out of memory, too
            weights.close();
            throw e;
        }
    }

    /// Begins an evaluation.
    public static Builder builder() {
        return new Builder();
    }

    /// An input's memory.
    ///
    /// @throws IllegalArgumentException if there is no input of that name
    public Tensor input(String name) {
        return execution.input(name);
    }

    /// A carried state's memory.
    ///
    /// @throws IllegalArgumentException if there is no state of that name
    public Tensor state(String name) {
        return execution.state(name);
    }

    /// The memory of an output that the objective has named.
    ///
    /// @throws IllegalArgumentException if there is no output of that name
    public Tensor output(String name) {
        return execution.output(name);
    }

    /// Computes the loss and the outputs, and carries the states on.
    ///
    /// @throws IllegalArgumentException if an id or a target is outside its range; then no state has changed
    /// @throws IllegalStateException    if the evaluation is closed
    public float run() {
        if (closed) {
            throw new IllegalStateException("the evaluation is closed");
        }
        execution.run(0);
        execution.carry();
        return execution.loss();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            execution.close();
            weights.close();
        }
    }
}
