package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.kernel.CellFunctions;
import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.program.Direction;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Emits one direction of a recurrent layer: the choice of what computes it, and the instructions for that.
///
/// @param x          (T, N, I)
/// @param attention  (T, N), or null
/// @param output     (T, N, R), a view with gaps where another direction stands beside
/// @param initial    the state before the first step
/// @param last       the state after the last step, where it is wanted
record OneDirection(
        RecurrentDescriptor descriptor,
        Recurrent.Weights weights,
        Value x,
        @Nullable Value attention,
        Value output,
        State initial,
        State last) {

    // A primitive's scratchpad grows with its steps: it holds gates and states of each. Beyond this many bytes, a
    // sequence runs in chunks that pass the state on, but never in chunks so short that their calls would show.
    private static final long SCRATCHPAD_LIMIT = 64L << 20;
    private static final long SHORTEST_CHUNK = 64;

    // A step with fewer multiplications than this is slower on two threads than on one: measured, see ARCHITECTURE.md.
    private static final long SMALLEST_SHARED_STEP = 100_000;

    /// A recurrent state: h (N, R) and c (N, H), both null if there is none, c alone if the cell has none.
    record State(@Nullable Value h, @Nullable Value c) {
        static final State NONE = new State(null, null);

        static State of(@Nullable Value h, @Nullable Value c) {
            return h == null ? NONE : new State(h, c);
        }

        boolean exists() {
            return h != null;
        }
    }

    void emit(Emitter emitter) {
        if (KernelDirection.serves(descriptor)) {
            emitOnKernel(emitter, null, null, null, null);
        } else if (descriptor.cell().hasAttention() && descriptor.direction() == Direction.RIGHT_TO_LEFT) {
            emitReversed(emitter);
        } else {
            emitter.withThreads(threads(emitter.threads()), () -> emitPrimitives(emitter));
        }
    }

    /// @param functions what the cell is made of, or null for the usual functions
    /// @param lengths   numbers of steps of the sequences (N), or null where all have T
    /// @param lookup    what the input begins with, or null
    /// @param parents   what sequences go on from, or null
    void emitOnKernel(
            Emitter emitter,
            @Nullable CellFunctions functions,
            @Nullable Value lengths,
            @Nullable Lookup lookup,
            @Nullable Parents parents) {
        new KernelDirection(emitter, withContiguousState(emitter), functions, lengths, lookup, parents).emit();
    }

    /// The threads of a primitive meet after every step, so a step has to be worth it.
    private int threads(int allowed) {
        long products = descriptor.cell().gates() * descriptor.hidden() * descriptor.projection() * descriptor.batch();
        return products < SMALLEST_SHARED_STEP ? 1 : allowed;
    }

    /// Whether the input has the channel that holds cell states through padding.
    private boolean holdsCell() {
        return descriptor.input() > weights.inputWeight().shape().size(1);
    }

    /// Name under which the input's weights are packed.
    String inputRole() {
        return holdsCell() ? "input with the padding's channel" : "input";
    }

    /// The input's weights (G*H, I).
    Tensor inputWeight() {
        Tensor weight = weights.inputWeight().constant();
        return holdsCell() ? Ragged.widened(weight) : weight;
    }

    /// The biases as one argument of these dimensions.
    Argument bias(Emitter emitter, long... dims) {
        Cell cell = descriptor.cell();
        try (MemoryDescriptor wanted = MemoryDescriptor.dense(dims)) {
            return Argument.of(
                    DNNL_ARG_BIAS(),
                    emitter.weights()
                            .pack(
                                    cell + " bias",
                                    weights.biases(),
                                    wanted,
                                    () -> new PackedWeights.Plain(
                                            MemoryDescriptor.dense(dims),
                                            WeightLayout.bias(
                                                            cell,
                                                            tensor(weights.inputBias()),
                                                            tensor(weights.stateBias()),
                                                            descriptor.hidden())
                                                    .data())));
        }
    }

    private static @Nullable Tensor tensor(@Nullable Value value) {
        return value == null ? null : value.constant();
    }

    /// oneDNN has cells with attention from left to right only, so the sequence is turned round, and so is the
    /// output.
    private void emitReversed(Emitter emitter) {
        Value reversed = emitter.temporary(x.shape());
        reverse(emitter, x.stride(2) == 1 ? x : emitter.dense(x), reversed);
        Value scores = emitter.temporary(attention.shape());
        reverse(emitter, attention, scores);
        Value result = emitter.temporary(output.shape());
        new OneDirection(
                        descriptor.withDirection(Direction.LEFT_TO_RIGHT),
                        weights,
                        reversed,
                        scores,
                        result,
                        initial,
                        last)
                .emit(emitter);
        reverse(emitter, result, output);
    }

    /// `to[T - 1 - t] = from[t]`; rows are contiguous.
    private static void reverse(Emitter emitter, Value from, Value to) {
        long steps = from.shape().size(0);
        long batch = from.shape().size(1);
        long rowBytes = from.shape().elements() / (steps * batch) * Float.BYTES;
        emitter.kernel("reverse " + from, "Java", List.of(from), List.of(to), memory -> {
            MemorySegment source = memory.segment(from);
            MemorySegment target = memory.segment(to);
            return () -> {
                for (long t = 0; t < steps; t++) {
                    for (long n = 0; n < batch; n++) {
                        long at = (t * from.stride(0) + n * from.stride(1)) * Float.BYTES;
                        long mirrored = ((steps - 1 - t) * to.stride(0) + n * to.stride(1)) * Float.BYTES;
                        MemorySegment.copy(source, at, target, mirrored, rowBytes);
                    }
                }
            };
        });
    }

    /// The direction as parts of so many steps at the most, in the order in which they run; each passes its state on.
    ///
    /// @param longest  number of steps, or fewer than `shortest`
    /// @param shortest number of steps that is worth a part
    List<OneDirection> chunks(Emitter emitter, long longest, long shortest) {
        long steps = descriptor.steps();
        long length = Math.max(shortest, longest);
        long count = (steps + length - 1) / length;
        List<OneDirection> chunks = new ArrayList<>();
        State state = initial;
        for (long i = 0; i < count; i++) {
            long position = descriptor.direction() == Direction.LEFT_TO_RIGHT ? i : count - 1 - i;
            long from = steps * position / count; // lengths differ by one at the most
            long to = steps * (position + 1) / count;
            State next = i == count - 1 ? last : temporaryState(emitter);
            chunks.add(new OneDirection(
                    descriptor.withSteps(to - from),
                    weights,
                    x.slice(0, from, to),
                    attention == null ? null : attention.slice(0, from, to),
                    output.slice(0, from, to),
                    state,
                    next));
            state = next;
        }
        return chunks;
    }

    private void emitPrimitives(Emitter emitter) {
        long floats = descriptor.batch()
                * (descriptor.input() + (2L * descriptor.cell().gates() + 2) * descriptor.hidden());
        OneDirection dense = new OneDirection(
                descriptor,
                weights,
                denseRows(emitter),
                attention == null ? null : emitter.dense(attention),
                output,
                initial,
                last);
        List<RecurrentPrimitive> made = new ArrayList<>();
        for (OneDirection part : dense.withContiguousState(emitter)
                .chunks(emitter, SCRATCHPAD_LIMIT / (Float.BYTES * floats), SHORTEST_CHUNK)) {
            RecurrentPrimitive primitive = made.stream()
                    .filter(one -> one.serves(emitter, part))
                    .findFirst()
                    .orElseGet(() -> {
                        RecurrentPrimitive one = RecurrentPrimitive.create(emitter, part);
                        made.add(one);
                        return one;
                    });
            primitive.emit(emitter, part);
        }
    }

    /// x with rows that have no gaps.
    Value denseRows(Emitter emitter) {
        return x.stride(2) == 1 || x.shape().size(2) == 1 ? x : emitter.dense(x);
    }

    /// The same with an initial state whose rows have no gaps.
    private OneDirection withContiguousState(Emitter emitter) {
        return new OneDirection(descriptor, weights, x, attention, output, contiguous(emitter, initial), last);
    }

    private static State contiguous(Emitter emitter, State state) {
        return new State(rows(emitter, state.h()), rows(emitter, state.c()));
    }

    private static @Nullable Value rows(Emitter emitter, @Nullable Value state) {
        return state == null || state.stride(1) == 1 ? state : emitter.dense(state);
    }

    private State temporaryState(Emitter emitter) {
        long batch = descriptor.batch();
        return State.of(
                emitter.temporary(Shape.of(batch, descriptor.projection())),
                descriptor.cell().hasCellState() ? emitter.temporary(Shape.of(batch, descriptor.hidden())) : null);
    }
}
