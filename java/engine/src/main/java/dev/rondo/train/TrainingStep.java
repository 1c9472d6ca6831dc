package dev.rondo.train;

import dev.rondo.nn.Module;
import dev.rondo.op.GradientNorm;
import dev.rondo.op.Update;
import dev.rondo.program.Gradients;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// One step of training, recorded once and replayed for every minibatch of the same shapes: forward, backward, clipping
/// and the optimizer's update in one program. A run allocates nothing.
///
/// {@snippet :
/// try (TrainingStep step = TrainingStep.of(module, Optimizer.adam(1e-3))
///         .input("x", Shape.of(25, 32, 64), DataType.F32)
///         .input("y", Shape.of(25, 32), DataType.I64)
///         .clipNorm(1)
///         .record(in -> Losses.crossEntropy(module.forward(in.get("x")), in.get("y")))) {
///     step.input("x").copyFrom(x);
///     step.input("y").copyFrom(y);
///     float loss = step.run();
/// }
/// }
///
/// Threads: one at a time, whichever; nobody else may use the module's parameters meanwhile.
public final class TrainingStep implements AutoCloseable {
    /// What an objective reads, and what it leaves behind.
    public interface Values {
        /// An input or a carried state; the loss has no gradient of it.
        ///
        /// @throws IllegalArgumentException if there is none of that name
        Value get(String name);

        /// Says what a state will be in the next run. No gradient passes from run to run.
        ///
        /// @param next of the state's shape
        /// @throws IllegalArgumentException if there is no such state, shapes differ, or it is carried twice
        void carry(String name, Value next);

        /// Names a value that can be read after each run.
        ///
        /// @throws IllegalArgumentException if there is an output of that name
        void output(String name, Value value);
    }

    /// What a step makes small.
    @FunctionalInterface
    public interface Objective {
        /// Records the loss, a single number.
        ///
        /// @param in the step's inputs and states
        Value loss(Values in);
    }

    /// Describes a step before it is recorded.
    public static final class Builder {
        private final Module module;
        private final Optimizer optimizer;
        private final Slots slots = new Slots();
        private double maxNorm = Double.POSITIVE_INFINITY;
        private int threads = 1;

        private Builder(Module module, Optimizer optimizer) {
            this.module = module;
            this.optimizer = optimizer;
        }

        /// An input that each run reads.
        public Builder input(String name, Shape shape, DataType type) {
            slots.input(name, shape, type);
            return this;
        }

        /// A state that is carried from run to run, of F32 and zero at first: a run reads it like an input, and
        /// [Values#carry] overwrites it at the run's end. A run that fails leaves it as it is.
        public Builder state(String name, Shape shape) {
            slots.state(name, shape);
            return this;
        }

        /// Scales the gradients down where their common norm is larger than this.
        public Builder clipNorm(double norm) {
            if (!(norm > 0)) {
                throw new IllegalArgumentException("the largest norm " + norm + " is not positive");
            }
            maxNorm = norm;
            return this;
        }

        /// How many threads each instruction may use; 1 unless set.
        public Builder threads(int count) {
            threads = requirePositive(count, "number of threads");
            return this;
        }

        /// Records the step.
        ///
        /// @throws IllegalArgumentException      if shapes disagree
        /// @throws UnsupportedOperationException if something the loss depends on has no gradient
        public TrainingStep record(Objective objective) {
            return new TrainingStep(this, objective);
        }
    }

    private static final String NORM = "gradient norm";

    private final Optimizer optimizer;
    private final PackedWeights weights = new PackedWeights();
    private final Execution execution;
    private final Tensor norm;
    private boolean closed;

    private TrainingStep(Builder builder, Objective objective) {
        this.optimizer = builder.optimizer;
        Recording recording = new Recording(new Recorder(true), builder.slots, objective);
        Recorder recorder = recording.recorder;
        Gradients gradients = recorder.backward(recording.loss);
        Map<String, Value> byName = new LinkedHashMap<>();
        builder.module.parameters().forEach((name, parameter) -> {
            Value gradient = gradients.of(recorder.weight(parameter.tensor()));
            if (gradient != null) { // else the loss does not depend on it
                byName.put(name, gradient);
            }
        });
        recorder.output(
                NORM,
                recorder.record(new GradientNorm(byName, builder.maxNorm, optimizer.schedule()))
                        .output());
        builder.module.parameters().forEach((name, parameter) -> {
            if (byName.containsKey(name)) {
                List<Value> state = optimizer.state(parameter).stream()
                        .map(recorder::weight)
                        .toList();
                recorder.record(new Update(
                        optimizer.rule(),
                        optimizer.schedule(),
                        recorder.weight(parameter.tensor()),
                        byName.get(name),
                        state));
            }
        });
        this.execution = new Execution(recorder.finish(weights, builder.threads), builder.slots);
        this.norm = execution.output(NORM);
    }

    static int requirePositive(int count, String what) {
        if (count < 1) {
            throw new IllegalArgumentException(what + " " + count + " is not positive");
        }
        return count;
    }

    /// Begins a step that trains all parameters of a module.
    public static Builder of(Module module, Optimizer optimizer) {
        return new Builder(module, optimizer);
    }

    /// An input's memory.
    ///
    /// @throws IllegalArgumentException if there is no input of that name
    public Tensor input(String name) {
        return execution.input(name);
    }

    /// A carried state's memory, to be zeroed, saved or restored between runs.
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

    /// Takes one step.
    ///
    /// @return the loss before the step
    /// @throws ArithmeticException      if a gradient is not finite; then nothing has changed
    /// @throws IllegalArgumentException if an id or a target is outside its range; then nothing has changed
    /// @throws IllegalStateException    if the step is closed
    public float run() {
        if (closed) {
            throw new IllegalStateException("the training step is closed");
        }
        long before = optimizer.schedule().step();
        optimizer.schedule().step(before + 1);
        try {
            execution.run(before);
        } catch (RuntimeException e) {
            optimizer.schedule().step(before);
            throw e;
        }
        execution.carry();
        return execution.loss();
    }

    /// The norm of all gradients in the last run, before clipping.
    public float gradientNorm() {
        return norm.data().get(ValueLayout.JAVA_FLOAT, 0);
    }

    /// Bytes of native memory that the step holds, parameters and the optimizer's state not counted.
    public long byteSize() {
        return execution.byteSize();
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
