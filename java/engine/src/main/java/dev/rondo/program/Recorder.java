package dev.rondo.program;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.onednn.Engine;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Records operations for inputs of known shapes, and turns them into a [Program].
///
/// Threads: one.
public final class Recorder {
    private static final long ALWAYS_THERE = 1L << 30; // bytes, below which nobody asks the system
    private static final long BETWEEN_USES = 0x9E3779B97F4A7C15L; // far more than seeds that people choose lie apart

    private final Map<String, Value> inputs = new LinkedHashMap<>();
    private final Map<String, Value> outputs = new LinkedHashMap<>();
    private final Map<Tensor, Value> constants = new IdentityHashMap<>();
    private final List<Op> ops = new ArrayList<>();
    private final Map<String, Value> states = new LinkedHashMap<>(); // before a run
    private final Map<Buffer, Value> carried = new IdentityHashMap<>(); // after it, by the buffer before it

    private final Map<Tensor, Value> variables = new IdentityHashMap<>();
    private final Map<Long, Long> uses = new HashMap<>(); // of each seed
    private final boolean hasVariables;
    private final boolean training;
    private final @Nullable StreamPart part;
    private final boolean writing;
    private final Branches branches = new Branches();
    private boolean keepsTables;
    private boolean isApart; // from the stream, right now
    private boolean looksAhead;
    private @Nullable Value lengths;

    /// A recording for inference: weights are constants, which are packed once.
    public Recorder() {
        this(false);
    }

    /// @param training whether weights are variables, which have gradients and change between runs
    public Recorder(boolean training) {
        this(training, training, null, false);
    }

    private Recorder(boolean hasVariables, boolean training, @Nullable StreamPart part, boolean writing) {
        this.hasVariables = hasVariables;
        this.training = training;
        this.part = part;
        this.writing = writing;
    }

    /// A recording that evaluates what is being trained: weights are variables, but nothing is dropped.
    public static Recorder evaluation() {
        return new Recorder(true, false, null, false);
    }

    /// A recording for inference over a stream: a run goes on where the one before it ended, because layers
    /// carry their states ([#state]).
    public static Recorder streaming() {
        return streaming(StreamPart.MIDDLE);
    }

    /// The same for a part of a stream.
    public static Recorder streaming(StreamPart part) {
        return new Recorder(false, false, part, false);
    }

    /// A recording that will be written down in another form and never run: what layers do step by step stays a loop,
    /// and cells are the operations of their equations.
    public static Recorder writing() {
        return new Recorder(false, false, null, true);
    }

    /// Whether the recording will be written down and never run.
    public boolean isWriting() {
        return writing;
    }

    /// Which part of a stream it is.
    ///
    /// @throws IllegalStateException if the recording does not stream
    public StreamPart part() {
        if (part == null) {
            throw new IllegalStateException("this recording is of no stream");
        }
        return part;
    }

    /// Says that some layer looks ahead: that results come later than the frames they belong to.
    public void looksAhead() {
        looksAhead = true;
    }

    /// Whether some layer looks ahead.
    public boolean isLookingAhead() {
        return looksAhead;
    }

    /// Says how many frames more a layer needs before it can give results.
    ///
    /// @throws MissingFramesException if that is more than none
    public void needFrames(long missing) {
        if (missing > 0) {
            throw new MissingFramesException(missing);
        }
    }

    /// Records what belongs to no stream: layers begin with zeros at each run.
    public Value apart(Supplier<Value> recording) {
        boolean before = isApart;
        isApart = true;
        try {
            return recording.get();
        } finally {
            isApart = before;
        }
    }

    /// Records branches, none of which reads what another one computes: with two threads or three they run at once.
    public List<Value> branches(List<Supplier<Value>> recordings) {
        return branches.record(recordings);
    }

    /// Whether layers that are not given their states carry them from run to run.
    public boolean isStreaming() {
        return part != null && !isApart;
    }

    /// Lets layers that read embedded ids keep tables of these vectors' products with their weights, as wide as all of
    /// a layer's gates: it takes memory and time once, and saves each step the product.
    public void keepTables() {
        keepsTables = true;
    }

    /// Whether layers keep tables for the ids that they read.
    public boolean keepsTables() {
        return keepsTables;
    }

    /// Whether weights are variables, which are read as they are at each run.
    public boolean hasVariables() {
        return hasVariables;
    }

    /// Whether layers behave as in training: whether they drop elements, for one.
    public boolean isTraining() {
        return training;
    }

    /// A weight: a constant in inference, a variable in training and evaluation. A variable's memory is the
    /// tensor's own: runs read it as it is at that time.
    public Value weight(Tensor tensor) {
        return hasVariables
                ? variables.computeIfAbsent(tensor, _ -> value(tensor.shape(), tensor.type(), Buffer.variable(tensor)))
                : constant(tensor);
    }

    /// A new input of the program.
    ///
    /// @throws IllegalArgumentException if there is one of that name
    public Value input(String name, Shape shape, DataType type) {
        Value input = value(shape, type, Buffer.input(shape.elements() * type.byteSize()));
        if (inputs.putIfAbsent(name, input) != null) {
            throw new IllegalArgumentException("there are two inputs named " + name);
        }
        return input;
    }

    /// A state as the run before has left it, zero at first; [#carry] says what it will be in the next run.
    ///
    /// @param name  what it belongs to; where a name comes again, a number is added to it
    /// @param shape (N, …) of a stream, the samples first; any where rows are moved by who runs the program
    public Value state(String name, Shape shape) {
        String unique = name;
        for (int i = 2; states.containsKey(unique); i++) {
            unique = name + "#" + i;
        }
        Value state = value(shape, DataType.F32, Buffer.input(shape.elements() * DataType.F32.byteSize()));
        states.put(unique, state);
        return state;
    }

    /// Says what a state will be in the next run. If a run fails, all states stay as they were.
    ///
    /// @param state of [#state]
    /// @param next  as many elements: computed, and the whole of their memory
    public void carry(Value state, Value next) {
        boolean known = states.values().stream().anyMatch(one -> one.buffer() == state.buffer());
        if (!known || carried.containsKey(state.buffer())) {
            throw new IllegalArgumentException("a value of shape " + state.shape()
                    + (known ? " is carried already" : " is no state of this recording"));
        }
        if (next.buffer().byteSize != state.buffer().byteSize || !next.isComputed() || !next.isWhole()) {
            throw new IllegalArgumentException("a state of shape " + state.shape() + " cannot become " + next);
        }
        carried.put(state.buffer(), next);
    }

    /// Whether the memory of this value is that of a state.
    public boolean isCarried(Value value) {
        return carried.values().stream().anyMatch(next -> next.buffer() == value.buffer());
    }

    /// Says how many steps of each sequence count, for layers that are not told otherwise.
    ///
    /// @param lengths (N), I64
    public void setLengths(Value lengths) {
        this.lengths = lengths;
    }

    /// How many steps of each sequence count, or null for all.
    public @Nullable Value lengths() {
        return lengths;
    }

    /// A tensor that does not change. The same tensor gives the same value; a model keeps a copy of it for as long
    /// as it lives.
    public Value constant(Tensor tensor) {
        return constants.computeIfAbsent(tensor, _ -> value(tensor.shape(), tensor.type(), Buffer.constant(tensor)));
    }

    /// A tensor that belongs to this program alone, such as one that follows from its shapes: unlike a constant it goes
    /// with the program. The tensor's memory is read in place, so it has to be the garbage collector's.
    public Value literal(Tensor tensor) {
        return value(tensor.shape(), tensor.type(), Buffer.literal(tensor));
    }

    /// A new value, to be computed by some operation.
    public Value allocate(Shape shape, DataType type) {
        return value(shape, type, Buffer.computed(shape.elements() * type.byteSize()));
    }

    private Value value(Shape shape, DataType type, Buffer buffer) {
        return new Value(this, shape, type, buffer, shape.strides(), 0);
    }

    /// The seed of one more use of random numbers: each use of a seed in this program has a sequence of its own, and
    /// the same one whenever the program is recorded.
    public long seed(long seed) {
        return seed + BETWEEN_USES * (uses.merge(seed, 1L, Long::sum) - 1);
    }

    /// Appends an operation.
    public <O extends Op> O record(O op) {
        for (Value input : op.inputs()) {
            if (input.recorder() != this) {
                throw new IllegalArgumentException(op + " reads a value of another recording");
            }
        }
        ops.add(op);
        branches.add(op);
        return op;
    }

    /// The inputs by name.
    public Map<String, Value> inputs() {
        return Collections.unmodifiableMap(inputs);
    }

    /// The operations that have been recorded, in order: for those who write them down in another form.
    public List<Op> operations() {
        return List.copyOf(ops);
    }

    /// Records the gradients of a loss with respect to all variables, and to whatever lies between.
    ///
    /// @param loss a single number
    /// @throws IllegalArgumentException if the loss is not a single number, or depends on no variable
    public Gradients backward(Value loss) {
        if (loss.shape().elements() != 1) {
            throw new IllegalArgumentException("a loss is a single number, not of shape " + loss.shape());
        }
        Set<Buffer> dependent = new HashSet<>();
        variables.values().forEach(variable -> dependent.add(variable.buffer()));
        for (Op op : ops) {
            if (op.passesGradients() && op.inputs().stream().anyMatch(input -> dependent.contains(input.buffer()))) {
                op.outputs().forEach(output -> dependent.add(output.buffer()));
            }
        }
        if (!dependent.contains(loss.buffer())) {
            throw new IllegalArgumentException("the loss depends on no variable");
        }
        Gradients gradients = new Gradients(this, dependent);
        float[] one = {1};
        gradients.add(loss, constant(Tensor.of(loss.shape(), one)));
        for (Op op : List.copyOf(ops).reversed()) {
            if (op.outputs().stream().anyMatch(gradients::has)) {
                op.backward(gradients);
            }
        }
        gradients.settle();
        return gradients;
    }

    /// Names a value as an output of the program.
    ///
    /// @throws IllegalArgumentException if there is an output of that name, or the value is not dense and computed
    public void output(String name, Value value) {
        if (value.recorder() != this) {
            throw new IllegalArgumentException("output " + name + " is a value of another recording");
        }
        if (!value.isDense() || !value.isComputed() || isCarried(value)) {
            throw new IllegalArgumentException(
                    "output " + name + " is a view, a constant, an input or a state: copy it first");
        }
        if (outputs.putIfAbsent(name, value) != null) {
            throw new IllegalArgumentException("there are two outputs named " + name);
        }
    }

    /// Refuses what cannot fit before anything is made for it: native memory has no limit of its own, and a process
    /// that takes too much of it is ended by the system.
    private void requireMemory(List<Op> live) {
        long bytes = inputs.values().stream()
                        .mapToLong(value -> value.buffer().byteSize)
                        .sum()
                + outputs.values().stream()
                        .mapToLong(value -> value.buffer().byteSize)
                        .sum();
        for (Op op : live) {
            bytes = Math.max(
                    bytes,
                    Stream.concat(op.inputs().stream(), op.outputs().stream())
                            .map(Value::buffer)
                            .distinct()
                            .mapToLong(buffer -> buffer.byteSize)
                            .sum());
        }
        if (bytes > ALWAYS_THERE && bytes > MachineMemory.bytes()) {
            throw new IllegalArgumentException("these shapes take at least " + (bytes >> 30)
                    + " GiB of memory, more than the " + (MachineMemory.bytes() >> 30) + " GiB of this machine");
        }
    }

    private List<CarriedState> carriedStates() {
        List<CarriedState> all = new ArrayList<>();
        states.forEach((name, state) -> {
            Value next = carried.get(state.buffer());
            if (next == null) {
                throw new IllegalArgumentException("nothing says what state " + name + " will be in the next run");
            }
            all.add(new CarriedState(name, state, next));
        });
        return all;
    }

    /// The program that computes the outputs. Operations that no output depends on are left out.
    ///
    /// @param weights where constants are packed, and found packed
    /// @param threads how many threads each instruction may use
    public Program finish(PackedWeights weights, int threads) {
        if (writing) {
            throw new IllegalStateException("this recording is to be written down, not run");
        }
        Map<Buffer, Integer> needed = new IdentityHashMap<>(); // how many operations read it
        outputs.values().forEach(value -> needed.put(value.buffer(), 0));
        variables.values().forEach(variable -> needed.put(variable.buffer(), 0)); // what changes them has to run
        List<CarriedState> all = carriedStates();
        all.forEach(state -> needed.put(state.after().buffer(), 0));
        List<Op> live = new ArrayList<>();
        for (Op op : ops.reversed()) {
            if (op.outputs().stream().anyMatch(value -> needed.containsKey(value.buffer()))) {
                live.addFirst(op);
                op.inputs().forEach(value -> needed.merge(value.buffer(), 1, Integer::sum));
            }
        }
        requireMemory(live);
        NativeLibraries.load(); // says itself what is wrong where libraries are missing
        Engine.setThreads(threads); // oneDNN sizes scratchpads and splits work by it
        Emitter emitter = new Emitter(this, weights, threads, needed);
        try {
            branches.emit(live, emitter);
            return new Program(inputs, outputs, all, emitter.instructions(), emitter.resources(), weights, threads);
        } catch (Throwable e) { // out of memory, too
            emitter.resources().close();
            throw e;
        }
    }
}
