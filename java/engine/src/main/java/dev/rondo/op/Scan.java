package dev.rondo.op;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.RecurrentArguments.Strided;
import dev.rondo.kernel.ScanArguments;
import dev.rondo.kernel.ScanKernel;
import dev.rondo.program.Activation;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.ReplayMemory;
import dev.rondo.program.Step;
import dev.rondo.program.Team;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A recurrence that looks only at the same element of the state before, over all steps.
///
/// - gated: `f = σ(g + v h)`, `h' = f h + (1 - f) act(x)`; an update gate says what is new: 1 - f in place of f
/// - independent: `h' = act(x + u h)`
///
/// x and g (T, N, H), v or u (H), h before the first step (N, H); output (T, N, H).
public final class Scan extends Op {
    // Elements that a thread of its own is worth.
    private static final long SMALLEST_PART = 32_768;

    private final ScanKernel kernel;
    private final boolean update;
    private final @Nullable Activation activation;
    private final Value x;
    private final @Nullable Value gate;
    private final @Nullable Value weight;
    private final @Nullable Value initial;

    private Scan(
            ScanKernel kernel,
            boolean update,
            @Nullable Activation activation,
            Value x,
            @Nullable Value gate,
            @Nullable Value weight,
            @Nullable Value initial) {
        super(Stream.of(x, gate, weight, initial).filter(value -> value != null).toList());
        this.kernel = kernel;
        this.update = update;
        this.activation = activation;
        this.x = x;
        this.gate = gate;
        this.weight = weight;
        this.initial = initial;
        Shape shape = Shapes.requireFloat(x, "a scan").shape();
        if (shape.rank() != 3) {
            throw new IllegalArgumentException("a scan needs an input of shape [T, N, H], not " + shape);
        }
        if (activation != null && activation != Activation.TANH && activation != Activation.RELU) {
            throw new IllegalArgumentException("a scan's activation is TANH, RELU or none, not " + activation);
        }
        if (gate != null) {
            Shapes.require(gate, shape, "a scan", "a gate");
        }
        if (weight != null) {
            Shapes.requireWeight(weight, Shape.of(shape.size(2)), "a scan", "a recurrent weight");
        }
        if (initial != null) {
            Shapes.requireWeight(initial, Shape.of(shape.size(1), shape.size(2)), "a scan", "an initial state");
        }
        gives(x.recorder().allocate(shape, DataType.F32));
    }

    /// A gated scan.
    ///
    /// @param activation TANH, RELU or null
    /// @param weight     v, or null for zeros
    /// @param initial    or null for zeros
    public static Scan gated(
            boolean update,
            @Nullable Activation activation,
            Value x,
            Value gate,
            @Nullable Value weight,
            @Nullable Value initial) {
        return new Scan(ScanKernel.GATED, update, activation, rows(x), rows(gate), weight, initial);
    }

    /// An independent scan.
    ///
    /// @param activation TANH or RELU
    /// @param initial    or null for zeros
    public static Scan independent(Activation activation, Value x, Value weight, @Nullable Value initial) {
        return new Scan(ScanKernel.INDEPENDENT, false, activation, rows(x), null, weight, initial);
    }

    /// Whether the gate says what is new, not what is kept.
    public boolean isUpdate() {
        return update;
    }

    /// TANH, RELU or null.
    public @Nullable Activation activation() {
        return activation;
    }

    /// x (T, N, H)
    public Value x() {
        return x;
    }

    /// g (T, N, H), or null in an independent scan.
    public @Nullable Value gate() {
        return gate;
    }

    /// v or u (H), or null for zeros.
    public @Nullable Value weight() {
        return weight;
    }

    /// The state before the first step (N, H), or null for zeros.
    public @Nullable Value initial() {
        return initial;
    }

    /// The value, or a copy, with rows at equal distances.
    private static Value rows(Value x) {
        boolean fits = x.shape().rank() != 3
                || x.stride(2) == 1
                        && (x.shape().size(0) <= 1 || x.stride(0) == x.shape().size(1) * x.stride(1));
        return fits ? x : Copy.dense(x);
    }

    @Override
    public void forward(Emitter emitter) {
        emit(emitter, false, inputs(), List.of(output()), null);
    }

    private void emit(
            Emitter emitter, boolean isBackward, List<Value> reads, List<Value> writes, @Nullable Backward backward) {
        if (x.shape().elements() == 0) {
            writes.forEach(emitter::zero);
            return;
        }
        int parts = (int) Math.min(emitter.threads(), 1 + x.shape().elements() / SMALLEST_PART);
        String how = Kernels.available() + (parts == 1 ? "" : " on " + parts + " threads");
        emitter.kernel(kernel + " scan" + (isBackward ? " backward " : " ") + x.shape(), how, reads, writes, memory -> {
            Step[] steps = kernel.of(isBackward, arguments(memory, backward), parts, memory.arena());
            if (parts == 1) {
                return steps[0];
            }
            Team team = memory.team();
            return () -> team.run(steps);
        });
    }

    private ScanArguments arguments(ReplayMemory memory, @Nullable Backward backward) {
        Shape shape = x.shape();
        return new ScanArguments(
                shape.size(0),
                shape.size(1),
                shape.size(2),
                activation,
                update,
                Strided.sequence(memory, x),
                Strided.sequence(memory, gate),
                segment(memory, weight),
                segment(memory, initial),
                segment(memory, output()),
                segment(memory, backward == null ? null : backward.received),
                segment(memory, backward == null ? null : backward.ofX),
                segment(memory, backward == null ? null : backward.ofGate),
                segment(memory, backward == null ? null : backward.ofWeight),
                segment(memory, backward == null ? null : backward.ofInitial));
    }

    private static MemorySegment segment(ReplayMemory memory, @Nullable Value value) {
        return value == null ? MemorySegment.NULL : memory.segment(value);
    }

    @Override
    public void backward(Gradients gradients) {
        Backward backward = x.recorder().record(new Backward(Copy.dense(gradients.of(output()))));
        gradients.add(x, backward.ofX);
        gradients.add(gate, backward.ofGate);
        gradients.add(initial, backward.ofInitial);
        if (gradients.wants(weight)) {
            gradients.add(weight, Sum.to(weight.shape(), backward.ofWeight));
        }
    }

    private final class Backward extends Op {
        private final Value received;
        private final Value ofX;
        private final Value ofGate; // not written where there is no gate
        private final Value ofWeight; // (N, H), of each sequence
        private final Value ofInitial;

        Backward(Value received) {
            super(Stream.concat(Scan.this.inputs().stream(), Stream.of(Scan.this.output(), received))
                    .toList());
            this.received = received;
            Shape state = Shape.of(x.shape().size(1), x.shape().size(2));
            this.ofX = x.recorder().allocate(x.shape(), DataType.F32);
            this.ofGate = gate == null ? ofX : x.recorder().allocate(x.shape(), DataType.F32);
            this.ofWeight = x.recorder().allocate(state, DataType.F32);
            this.ofInitial = x.recorder().allocate(state, DataType.F32);
            gives(ofX, ofGate, ofWeight, ofInitial);
        }

        @Override
        public void forward(Emitter emitter) {
            emit(emitter, true, inputs(), outputs(), this);
        }
    }
}
