package dev.rondo.train;

import dev.rondo.kernel.UpdateSchedule;
import dev.rondo.nn.Module;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Recorder;
import dev.rondo.program.Resources;
import dev.rondo.program.Step;
import dev.rondo.program.Team;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// One step of training, recorded once and replayed for every minibatch of the same shapes: forward, backward,
/// clipping and the optimizer's update in one program. With accumulation or replicas there is one program for
/// each replica, which adds its gradients up, and one that clips and updates. A run allocates nothing.
///
/// The same seeds and the same number of replicas give the same bits, dropout included: which elements are
/// dropped depends on the optimizer's steps, the run and the replica.
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
public final class TrainingStep implements AutoCloseable, Checkpoint.Part {
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
        private final Optimizer optimizer;
        private final Updates updates;
        private final Slots slots = new Slots();
        private int accumulate = 1;
        private int replicas = 1;
        private int threads = 1;

        private Builder(Module module, Optimizer optimizer) {
            this.optimizer = optimizer;
            this.updates = new Updates(module, optimizer);
        }

        /// Parameters with an optimizer of their own. Where groups overlap, the first has the parameter;
        /// clipping by norm is over all groups together.
        ///
        /// @param ofNames says by its name whether a parameter is in the group
        /// @throws IllegalArgumentException if no parameter is
        public Builder group(Predicate<String> ofNames, Optimizer optimizer) {
            updates.group(ofNames, optimizer);
            return this;
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
            updates.maxNorm = norm;
            return this;
        }

        /// Makes elements of gradients that are farther from 0 than this as far as this; before any clipping by
        /// norm.
        public Builder clipValue(double value) {
            if (!(value > 0)) {
                throw new IllegalArgumentException("the largest value " + value + " is not positive");
            }
            updates.maxValue = value;
            return this;
        }

        /// Updates on every so manyth run only, by the mean of the gradients since; 1 unless set.
        public Builder accumulate(int runs) {
            accumulate = requirePositive(runs, "number of runs to accumulate");
            return this;
        }

        /// Divides each minibatch among so many replicas, which have inputs and states of their own and run at
        /// once, each on a thread of its own; the update is by the mean of their gradients. 1 unless set.
        ///
        /// For a loss that is a mean, replicas with equal shares give what one step over the whole minibatch
        /// gives.
        public Builder replicas(int count) {
            replicas = requirePositive(count, "number of replicas");
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

    private final Optimizer optimizer;
    private final Updates updates;
    private final UpdateSchedule[] schedules;
    private final Resources resources = new Resources();
    private final PackedWeights weights = new PackedWeights();
    private final int runsPerUpdate;
    private final @Nullable Replicas replicas; // null: one program does it all
    private final Execution[] executions;
    private final Team team;
    private final Step[] replicaRuns;
    private final Tensor norm;
    private int runs; // since the last update
    private long number; // says which random numbers replica 0 uses, the next one uses those of the next
    private boolean closed;

    private TrainingStep(Builder builder, Objective objective) {
        this.updates = builder.updates;
        this.optimizer = builder.optimizer;
        this.schedules = updates.optimizers().stream().map(Optimizer::schedule).toArray(UpdateSchedule[]::new);
        this.runsPerUpdate = builder.accumulate;
        try {
            resources.add(weights::close);
            if (builder.replicas == 1 && builder.accumulate == 1) {
                Recording recording = new Recording(new Recorder(true), builder.slots, objective);
                updates.record(recording.recorder, updates.gradients(recording), 1);
                this.replicas = null;
                this.executions = new Execution[] {
                    new Execution(recording.recorder.finish(weights, builder.threads), builder.slots)
                };
                resources.add(executions[0]::close);
                this.norm = executions[0].output(Updates.NORM);
            } else {
                this.replicas = new Replicas(
                        builder.slots,
                        updates,
                        objective,
                        weights,
                        resources,
                        builder.replicas,
                        builder.accumulate,
                        builder.threads);
                this.executions = replicas.executions();
                this.norm = replicas.norm();
            }
        } catch (Throwable e) { // out of memory, too
            resources.close();
            throw e;
        }
        this.replicaRuns = new Step[executions.length];
        for (int r = 0; r < executions.length; r++) {
            int replica = r;
            replicaRuns[r] = () -> executions[replica].run(number + replica);
        }
        this.team = new Team(executions.length);
        resources.add(team::close);
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
        return input(name, 0);
    }

    /// The memory of a replica's input.
    ///
    /// @throws IllegalArgumentException if there is no input of that name, or no such replica
    public Tensor input(String name, int replica) {
        return replica(replica).input(name);
    }

    private Execution replica(int replica) {
        if (replica < 0 || replica >= executions.length) {
            throw new IllegalArgumentException("replica " + replica + " is none of " + executions.length);
        }
        return executions[replica];
    }

    /// A carried state's memory, to be zeroed, saved or restored between runs.
    ///
    /// @throws IllegalArgumentException if there is no state of that name
    public Tensor state(String name) {
        return state(name, 0);
    }

    /// The memory of a replica's carried state.
    ///
    /// @throws IllegalArgumentException if there is no state of that name, or no such replica
    public Tensor state(String name, int replica) {
        return replica(replica).state(name);
    }

    /// The memory of an output that the objective has named.
    ///
    /// @throws IllegalArgumentException if there is no output of that name
    public Tensor output(String name) {
        return output(name, 0);
    }

    /// The memory of a replica's output that the objective has named.
    ///
    /// @throws IllegalArgumentException if there is no output of that name, or no such replica
    public Tensor output(String name, int replica) {
        return replica(replica).output(name);
    }

    /// Takes one step; with accumulation, one run of a step. A run that fails also forgets what was
    /// accumulated.
    ///
    /// @return the loss before the step, the mean of the replicas'
    /// @throws ArithmeticException      if a gradient is not finite; then nothing has changed
    /// @throws IllegalArgumentException if an id or a target is outside its range; then nothing has changed
    /// @throws IllegalStateException    if the step is closed
    public float run() {
        if (closed) {
            throw new IllegalStateException("the training step is closed");
        }
        boolean last = runs + 1 == runsPerUpdate;
        number = (optimizer.steps() * runsPerUpdate + runs) * executions.length;
        try {
            count(last ? 1 : 0);
            team.run(replicaRuns);
            if (last && replicas != null) {
                replicas.update();
            }
        } catch (Throwable e) {
            count(last ? -1 : 0);
            startOver();
            throw e;
        }
        runs++;
        if (last) {
            startOver();
        }
        float loss = 0;
        for (Execution execution : executions) {
            execution.carry();
            loss += execution.loss();
        }
        return loss / executions.length;
    }

    private void count(int steps) {
        for (UpdateSchedule schedule : schedules) {
            schedule.step(schedule.step() + steps);
        }
    }

    /// Forgets what runs since the last update have accumulated.
    private void startOver() {
        runs = 0;
        if (replicas != null) {
            replicas.clear();
        }
    }

    /// The norm of all gradients in the last update, before clipping.
    public float gradientNorm() {
        return norm.data().get(ValueLayout.JAVA_FLOAT, 0);
    }

    /// Bytes of native memory that the step holds: inputs, states, outputs, gradients, all that lies between, and
    /// copies of constants. Parameters and the optimizer's state are not counted, and no more is taken in a run.
    public long byteSize() {
        long bytes = weights.byteSize() + (replicas == null ? 0 : replicas.byteSize());
        for (Execution execution : executions) {
            bytes += execution.byteSize();
        }
        return bytes;
    }

    @Override
    public Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = updates.tensors();
        for (int r = 0; r < executions.length; r++) {
            String prefix = "state." + r + ".";
            executions[r].states().forEach((name, state) -> tensors.put(prefix + name, state));
        }
        if (replicas != null) {
            tensors.putAll(replicas.tensors());
        }
        return tensors;
    }

    @Override
    public Map<String, String> values() {
        Map<String, String> values = new LinkedHashMap<>();
        values.put("runs", Integer.toString(runs));
        for (int i = 0; i < schedules.length; i++) {
            values.put("optimizer." + i + ".steps", Long.toString(schedules[i].step()));
            values.put("optimizer." + i + ".learning_rate", Double.toString(schedules[i].learningRate()));
        }
        return values;
    }

    @Override
    public void restore(Map<String, String> values) {
        runs = Integer.parseInt(values.get("runs"));
        for (int i = 0; i < schedules.length; i++) {
            schedules[i].step(Long.parseLong(values.get("optimizer." + i + ".steps")));
            schedules[i].learningRate(Double.parseDouble(values.get("optimizer." + i + ".learning_rate")));
        }
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            resources.close();
        }
    }
}
