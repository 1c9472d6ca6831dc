package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.kernel.GruArguments;
import dev.rondo.kernel.GruKernel;
import dev.rondo.kernel.Kernels;
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
import java.util.stream.Stream;
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

    // Up to these batches the step kernel is ahead of oneDNN's reset-before GRU, which can use several threads while
    // the kernel cannot: measured, see ARCHITECTURE.md.
    private static final long LARGEST_KERNEL_BATCH = 64;
    private static final long LARGEST_KERNEL_BATCH_OF_SEVERAL_THREADS = 16;

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
        if (runsOnKernel(emitter.threads())) {
            emitGruKernel(emitter);
        } else if (descriptor.cell().hasAttention() && descriptor.direction() == Direction.RIGHT_TO_LEFT) {
            emitReversed(emitter);
        } else {
            emitter.withThreads(threads(emitter.threads()), () -> emitPrimitives(emitter));
        }
    }

    /// The threads of a primitive meet after every step, so a step has to be worth it.
    private int threads(int allowed) {
        long products = descriptor.cell().gates() * descriptor.hidden() * descriptor.projection() * descriptor.batch();
        return products < SMALLEST_SHARED_STEP ? 1 : allowed;
    }

    /// oneDNN computes the f32 GRU that resets before the product with plain GEMM calls for each step, whose fixed
    /// cost dominates small batches.
    private boolean runsOnKernel(int threads) {
        boolean resetBefore = descriptor.cell() == Cell.GRU || descriptor.cell() == Cell.AUGRU;
        long largest = threads == 1 ? LARGEST_KERNEL_BATCH : LARGEST_KERNEL_BATCH_OF_SEVERAL_THREADS;
        return resetBefore && GruKernel.isAvailable() && descriptor.batch() <= largest;
    }

    /// The input's share of all gates in one GEMM over all steps, then the recurrence in a kernel.
    private void emitGruKernel(Emitter emitter) {
        Cell cell = descriptor.cell();
        long hidden = descriptor.hidden();
        long gates = cell.gates() * hidden;
        boolean batchFirst = x.stride(0) < x.stride(1);
        Value input = emitter.dense(batchFirst ? x.transpose(0, 1) : x);
        Value projected = emitter.temporary(input.shape().with(2, gates)); // (T, N, 3, H), or with N before T
        Linear.emit(
                emitter,
                input,
                projected,
                new Linear.Packed(
                        cell + " input",
                        List.of(weights.inputWeight().constant()),
                        descriptor.input(),
                        gates,
                        () -> WeightLayout.gates(cell, weights.inputWeight().constant())),
                bias(emitter, 1, gates),
                null);

        MemorySegment packed = emitter.weights()
                .packForKernel(
                        cell + " state",
                        List.of(weights.stateWeight().constant()),
                        arena -> GruKernel.pack(
                                WeightLayout.gates(cell, weights.stateWeight().constant()), arena));
        List<Value> reads = Stream.of(projected, attention, initial.h())
                .filter(value -> value != null)
                .toList();
        List<Value> writes =
                Stream.of(output, last.h()).filter(value -> value != null).toList();
        Value timeFirst = batchFirst ? projected.transpose(0, 1) : projected;
        emitter.kernel(
                descriptor.toString(),
                Kernels.available().toString(),
                reads,
                writes,
                memory -> GruKernel.of(
                        new GruArguments(
                                descriptor.steps(),
                                descriptor.batch(),
                                hidden,
                                GruArguments.Strided.sequence(memory, timeFirst),
                                GruArguments.Strided.sequence(memory, attention),
                                packed,
                                GruArguments.Strided.state(memory, initial.h()),
                                GruArguments.Strided.sequence(memory, output),
                                GruArguments.Strided.state(memory, last.h()),
                                descriptor.direction() == Direction.RIGHT_TO_LEFT),
                        memory.arena()));
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

    /// The steps of one primitive.
    private record Chunk(long from, long to) {}

    private List<Chunk> chunks() {
        long steps = descriptor.steps();
        long floats = descriptor.batch()
                * (descriptor.input() + (2L * descriptor.cell().gates() + 2) * descriptor.hidden());
        long longest = Math.max(SHORTEST_CHUNK, SCRATCHPAD_LIMIT / (Float.BYTES * floats));
        long count = (steps + longest - 1) / longest;
        List<Chunk> chunks = new ArrayList<>();
        for (long i = 0; i < count; i++) {
            chunks.add(new Chunk(steps * i / count, steps * (i + 1) / count)); // lengths differ by one at the most
        }
        return descriptor.direction() == Direction.LEFT_TO_RIGHT ? chunks : chunks.reversed();
    }

    private void emitPrimitives(Emitter emitter) {
        Value input = x.stride(2) == 1 || x.shape().size(2) == 1 ? x : emitter.dense(x);
        Value scores = attention == null ? null : emitter.dense(attention);
        List<Chunk> chunks = chunks();
        List<RecurrentPrimitive> made = new ArrayList<>();
        State state = contiguous(emitter, initial);
        for (Chunk chunk : chunks) {
            State next = chunk == chunks.getLast() ? last : temporaryState(emitter);
            OneDirection part = new OneDirection(
                    descriptor.withSteps(chunk.to() - chunk.from()),
                    weights,
                    input.slice(0, chunk.from(), chunk.to()),
                    scores == null ? null : scores.slice(0, chunk.from(), chunk.to()),
                    output.slice(0, chunk.from(), chunk.to()),
                    state,
                    next);
            RecurrentPrimitive primitive = made.stream()
                    .filter(one -> one.serves(emitter, part))
                    .findFirst()
                    .orElseGet(() -> {
                        RecurrentPrimitive one = RecurrentPrimitive.create(emitter, part);
                        made.add(one);
                        return one;
                    });
            primitive.emit(emitter, part);
            state = next;
        }
    }

    private static State contiguous(Emitter emitter, State state) {
        return State.of(rows(emitter, state.h()), rows(emitter, state.c()));
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
