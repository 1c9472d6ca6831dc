package dev.rondo.op;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.RecurrentArguments;
import dev.rondo.kernel.RecurrentArguments.Input;
import dev.rondo.kernel.RecurrentArguments.Strided;
import dev.rondo.kernel.RecurrentKernel;
import dev.rondo.program.Direction;
import dev.rondo.program.Emitter;
import dev.rondo.program.ReplayMemory;
import dev.rondo.program.Value;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One direction of a recurrent layer on Rondo's own kernel: the input's share of all gates in one GEMM, or in the
/// kernel too where that is little work, then the recurrence step by step on the thread of the run.
record KernelDirection(Emitter emitter, OneDirection part) {
    // Up to so many rows (T * N) of input, a GEMM of their own costs more than it saves: measured, see ARCHITECTURE.md.
    private static final long MOST_PLAIN_ROWS = 16;

    // Gates of more steps than this would leave the caches before the kernel reads them.
    private static final long GATES_LIMIT = 1L << 20;
    private static final long SHORTEST_CHUNK = 16;

    // A GEMM with fewer multiplications than this is slower on two threads than on one.
    private static final long SMALLEST_SHARED_PRODUCT = 4_000_000;

    // Up to these batches the kernel is ahead of oneDNN's primitive, which can use several threads while the kernel
    // cannot: measured, see ARCHITECTURE.md. A GRU that resets before the product is not optimised in oneDNN.
    private static final long LARGEST_BATCH = 32;
    private static final long LARGEST_BATCH_OF_SEVERAL_THREADS = 4;
    private static final long LARGEST_BATCH_OF_GRU = 64;
    private static final long LARGEST_BATCH_OF_GRU_OF_SEVERAL_THREADS = 16;

    private static final String ROAD = System.getProperty("dev.rondo.recurrent", "fastest");

    /// Whether this is the road for a layer.
    ///
    /// @throws IllegalArgumentException if the system property `dev.rondo.recurrent` has an unknown value
    static boolean serves(RecurrentDescriptor d, int threads) {
        return switch (ROAD) {
            case "fastest" ->
                RecurrentKernel.isAvailable() && !d.isProjected() && d.batch() <= largestBatch(d.cell(), threads == 1);
            case "onednn" -> false;
            default ->
                throw new IllegalArgumentException(
                        "the system property dev.rondo.recurrent is fastest or onednn, not " + ROAD);
        };
    }

    private static long largestBatch(Cell cell, boolean alone) {
        return switch (cell) {
            case GRU, AUGRU -> alone ? LARGEST_BATCH_OF_GRU : LARGEST_BATCH_OF_GRU_OF_SEVERAL_THREADS;
            default -> alone ? LARGEST_BATCH : LARGEST_BATCH_OF_SEVERAL_THREADS;
        };
    }

    void emit() {
        RecurrentDescriptor d = part.descriptor();
        if (d.steps() * d.batch() <= MOST_PLAIN_ROWS) {
            emitPlain();
        } else {
            long floats = d.batch() * d.cell().gates() * d.hidden();
            part.chunks(emitter, GATES_LIMIT / (Float.BYTES * floats), SHORTEST_CHUNK)
                    .forEach(chunk -> new KernelDirection(emitter, chunk).emitProjected());
        }
    }

    private void emitPlain() {
        RecurrentDescriptor d = part.descriptor();
        Value x = part.denseRows(emitter);
        MemorySegment weights = emitter.weights()
                .packForKernel(
                        d.cell() + " " + part.inputRole(),
                        List.of(part.weights().inputWeight().constant()),
                        arena -> kernel().packInput(WeightLayout.gates(d.cell(), part.inputWeight()), arena));
        MemorySegment bias = bias();
        emitKernel(x, memory -> new RecurrentArguments.Plain(Strided.sequence(memory, x), d.input(), weights, bias));
    }

    private void emitProjected() {
        RecurrentDescriptor d = part.descriptor();
        Cell cell = d.cell();
        long gates = cell.gates() * d.hidden();
        boolean batchFirst = part.x().stride(0) < part.x().stride(1);
        Value x = emitter.dense(batchFirst ? part.x().transpose(0, 1) : part.x());
        Value projected = emitter.temporary(x.shape().with(2, gates)); // (T, N, G*H), or with N before T
        Linear.Packed weights = new Linear.Packed(
                cell + " " + part.inputRole(),
                List.of(part.weights().inputWeight().constant()),
                d.input(),
                gates,
                () -> WeightLayout.gates(cell, part.inputWeight()));
        long products = d.steps() * d.batch() * d.input() * gates;
        emitter.withThreads(
                products < SMALLEST_SHARED_PRODUCT ? 1 : emitter.threads(),
                () -> Linear.emit(emitter, x, projected, weights, part.bias(emitter, 1, gates), null));
        Value timeFirst = batchFirst ? projected.transpose(0, 1) : projected;
        emitKernel(projected, memory -> new RecurrentArguments.Projected(Strided.sequence(memory, timeFirst)));
    }

    private void emitKernel(Value from, Function<ReplayMemory, Input> input) {
        RecurrentDescriptor d = part.descriptor();
        OneDirection.State initial = part.initial();
        OneDirection.State last = part.last();
        MemorySegment weights = emitter.weights()
                .packForKernel(
                        d.cell() + " state",
                        List.of(part.weights().stateWeight().constant()),
                        arena -> kernel().packState(
                                        WeightLayout.gates(
                                                d.cell(),
                                                part.weights().stateWeight().constant()),
                                        arena));
        MemorySegment stateBias = d.cell().biases() > d.cell().gates()
                ? bias().asSlice(d.cell().gates() * d.hidden() * Float.BYTES)
                : MemorySegment.NULL;
        Value peephole = part.weights().peepholeWeight();
        Value scratch = emitter.workspace(RecurrentKernel.scratchBytes(d.batch(), d.hidden()));
        emitter.kernel(
                d.toString(),
                Kernels.available().toString(),
                present(from, part.attention(), initial.h(), initial.c(), peephole),
                present(part.output(), last.h(), last.c(), scratch),
                memory -> RecurrentKernel.of(
                        new RecurrentArguments(
                                kernel(),
                                d.direction() == Direction.RIGHT_TO_LEFT,
                                d.steps(),
                                d.batch(),
                                d.hidden(),
                                input.apply(memory),
                                weights,
                                stateBias,
                                peephole == null ? MemorySegment.NULL : memory.segment(peephole),
                                Strided.sequence(memory, part.attention()),
                                Strided.state(memory, initial.h()),
                                Strided.state(memory, initial.c()),
                                Strided.sequence(memory, part.output()),
                                Strided.state(memory, last.h()),
                                Strided.state(memory, last.c()),
                                memory.segment(scratch)),
                        memory.arena()));
    }

    private static List<Value> present(@Nullable Value... values) {
        return Stream.of(values).filter(value -> value != null).toList();
    }

    /// All biases in oneDNN's layout: (G, H), and behind them the one of an LBR_GRU's recurrent product.
    private MemorySegment bias() {
        long rows = part.descriptor().cell().biases();
        return part.bias(emitter, rows, part.descriptor().hidden()).packed().data();
    }

    private RecurrentKernel kernel() {
        return switch (part.descriptor().cell()) {
            case RNN_TANH -> RecurrentKernel.RNN_TANH;
            case RNN_RELU -> RecurrentKernel.RNN_RELU;
            case RNN_LOGISTIC -> RecurrentKernel.RNN_LOGISTIC;
            case LSTM -> RecurrentKernel.LSTM;
            case GRU, AUGRU -> RecurrentKernel.GRU;
            case LBR_GRU, LBR_AUGRU -> RecurrentKernel.LBR_GRU;
        };
    }
}
