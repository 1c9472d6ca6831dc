package dev.rondo.train;

import dev.rondo.nn.Module;
import dev.rondo.op.GradientNorm;
import dev.rondo.op.Update;
import dev.rondo.program.Gradients;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
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
    /// What a step makes small.
    @FunctionalInterface
    public interface Objective {
        /// Records the loss, a single number.
        ///
        /// @param inputs the step's inputs by name
        Value loss(Map<String, Value> inputs);
    }

    /// Describes a step before it is recorded.
    public static final class Builder {
        private record Slot(Shape shape, DataType type) {}

        private final Module module;
        private final Optimizer optimizer;
        private final Map<String, Slot> inputs = new LinkedHashMap<>();
        private double maxNorm = Double.POSITIVE_INFINITY;
        private int threads = 1;

        private Builder(Module module, Optimizer optimizer) {
            this.module = module;
            this.optimizer = optimizer;
        }

        /// An input that each run reads.
        public Builder input(String name, Shape shape, DataType type) {
            inputs.put(name, new Slot(shape, type));
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
            if (count < 1) {
                throw new IllegalArgumentException("number of threads " + count + " is not positive");
            }
            threads = count;
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

    private static final String LOSS = "loss";
    private static final String NORM = "gradient norm";

    private final Optimizer optimizer;
    private final PackedWeights weights = new PackedWeights();
    private final Program program;
    private final Arena arena = Arena.ofShared();
    private final Replay replay;
    private final Map<String, Tensor> inputs;
    private final Tensor loss;
    private final Tensor norm;
    private boolean closed;

    private TrainingStep(Builder builder, Objective objective) {
        this.optimizer = builder.optimizer;
        Recorder recorder = new Recorder(true);
        Map<String, Value> values = new LinkedHashMap<>();
        builder.inputs.forEach((name, slot) -> values.put(name, recorder.input(name, slot.shape(), slot.type())));
        Value lossValue = objective.loss(values);
        Gradients gradients = recorder.backward(lossValue);
        Map<String, Value> byName = new LinkedHashMap<>();
        builder.module.parameters().forEach((name, parameter) -> {
            Value gradient = gradients.of(recorder.weight(parameter.tensor()));
            if (gradient != null) { // else the loss does not depend on it
                byName.put(name, gradient);
            }
        });
        recorder.output(LOSS, lossValue);
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
        this.program = recorder.finish(weights, builder.threads);
        this.replay = program.replay(arena);
        this.inputs = replay.inputs();
        this.loss = replay.outputs().get(LOSS);
        this.norm = replay.outputs().get(NORM);
    }

    /// Begins a step that trains all parameters of a module.
    public static Builder of(Module module, Optimizer optimizer) {
        return new Builder(module, optimizer);
    }

    /// An input's memory.
    ///
    /// @throws IllegalArgumentException if there is no input of that name
    public Tensor input(String name) {
        Tensor input = inputs.get(name);
        if (input == null) {
            throw new IllegalArgumentException("there is no input named " + name + ", only " + inputs.keySet());
        }
        return input;
    }

    /// Takes one step.
    ///
    /// @return the loss before the step
    /// @throws ArithmeticException      if a gradient is not finite; then no parameter has changed
    /// @throws IllegalArgumentException if an id or a target is outside its range; then no parameter has changed
    /// @throws IllegalStateException    if the step is closed
    public float run() {
        if (closed) {
            throw new IllegalStateException("the training step is closed");
        }
        long before = optimizer.schedule().step();
        optimizer.schedule().step(before + 1);
        try {
            replay.run();
        } catch (RuntimeException e) {
            optimizer.schedule().step(before);
            throw e;
        } finally {
            // Parameters are freed with their last reference, and native code has only their addresses.
            Reference.reachabilityFence(program);
        }
        return loss.data().get(ValueLayout.JAVA_FLOAT, 0);
    }

    /// The norm of all gradients in the last run, before clipping.
    public float gradientNorm() {
        return norm.data().get(ValueLayout.JAVA_FLOAT, 0);
    }

    /// Bytes of native memory that the step holds, parameters and the optimizer's state not counted.
    public long byteSize() {
        return program.byteSize();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            replay.close();
            arena.close();
            program.close();
            weights.close();
        }
    }
}
