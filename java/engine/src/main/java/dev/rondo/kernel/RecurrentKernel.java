package dev.rondo.kernel;

import static dev.rondo.bindings.kernels.Kernels.*;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.bindings.kernels.rondo_recurrent;
import dev.rondo.program.Step;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The native kernels of recurrent layers, step by step over packed weights. They are only there to be fast: builds
/// without native code leave all cells to oneDNN.
public enum RecurrentKernel {
    RNN_TANH(RONDO_RNN_TANH(), 1),
    RNN_RELU(RONDO_RNN_RELU(), 1),
    RNN_LOGISTIC(RONDO_RNN_LOGISTIC(), 1),
    LSTM(RONDO_LSTM(), 4),
    GRU(RONDO_GRU(), 3),
    LBR_GRU(RONDO_LBR_GRU(), 3);

    private final int id;
    private final int gates;

    RecurrentKernel(int id, int gates) {
        this.id = id;
        this.gates = gates;
    }

    /// Whether this build has them.
    public static boolean isAvailable() {
        return NativeLibraries.load().hasKernels();
    }

    /// Up to this batch it is ahead of oneDNN's primitives, whatever the steps and the instruction set.
    public static final long LARGEST_BATCH = 32;

    /// Up to such batches it is ahead of oneDNN's primitives, by measurement: see ARCHITECTURE.md for sequences. With
    /// AVX2, single steps of 160 rows run at 80 GFLOP/s, oneDNN's at 70.
    public static long largestBatch(long steps) {
        return steps == 1 && NativeLibraries.load().kernelIsa().equals("avx2") ? 256 : LARGEST_BATCH;
    }

    /// Bytes of scratch memory for a batch.
    public static long scratchBytes(long steps, long batch, long input, long hidden) {
        return rondo_recurrent_scratch_size(steps, batch, input, hidden) * Float.BYTES;
    }

    /// The input's weights as the kernel wants them.
    ///
    /// @param weights (G*H, I), gates in oneDNN's order
    /// @param parts   threads that share the units
    public MemorySegment packInput(Tensor weights, int parts, Arena arena) {
        return pack(weights, gates, parts, arena);
    }

    /// The recurrent weights as the kernel wants them.
    ///
    /// @param weights (G*H, H), gates in oneDNN's order
    /// @param parts   threads that share the units
    public MemorySegment packState(Tensor weights, int parts, Arena arena) {
        // The candidate of a GRU that resets first is multiplied after both other gates.
        return pack(weights, this == GRU ? 2 : gates, parts, arena);
    }

    /// What the gates get of each of some vectors, where steps read one of these by its id.
    ///
    /// @param vectors (V, E)
    /// @param weights their part of the input's weights (G*H, E), gates in oneDNN's order
    /// @param parts   threads that share the units
    public MemorySegment table(Tensor vectors, Tensor weights, int parts, Arena arena) {
        long ids = vectors.shape().size(0);
        long hidden = weights.shape().size(0) / gates;
        MemorySegment table =
                arena.allocate(rondo_recurrent_table_size(gates, hidden, ids) * Float.BYTES, Tensor.ALIGNMENT);
        try (Arena temporary = Arena.ofConfined()) {
            MemorySegment packed = pack(weights, gates, parts, temporary);
            long depth = vectors.shape().size(1);
            rondo_recurrent_table_f32(vectors.data(), ids, depth, packed, gates, hidden, parts, table);
        }
        return table;
    }

    /// Packs the first gates side by side, and the others side by side behind them.
    private MemorySegment pack(Tensor weights, int first, int parts, Arena arena) {
        long hidden = weights.shape().size(0) / gates;
        long depth = weights.shape().size(1);
        MemorySegment packed =
                arena.allocate(rondo_recurrent_packed_size(gates, hidden, depth) * Float.BYTES, Tensor.ALIGNMENT);
        MemorySegment others = weights.data().asSlice(first * hidden * depth * Float.BYTES);
        MemorySegment behind = packed.asSlice(rondo_recurrent_packed_size(first, hidden, depth) * Float.BYTES);
        rondo_recurrent_pack_f32(weights.data(), first, hidden, depth, parts, packed);
        rondo_recurrent_pack_f32(others, gates - first, hidden, depth, parts, behind);
        return packed;
    }

    /// A layer over sequences, prepared to run many times: a step for each of the threads that share the units. They
    /// have to run at the same time, since they wait for each other.
    ///
    /// @param arena memory for what the steps need, as long-lived as they
    public static Step[] of(RecurrentArguments arguments, int parts, Arena arena) {
        MemorySegment barrier = arena.allocate(Tensor.ALIGNMENT, Tensor.ALIGNMENT);
        Step[] steps = new Step[parts];
        for (int part = 0; part < parts; part++) {
            MemorySegment recurrent = struct(arguments, arena);
            rondo_recurrent.part(recurrent, part);
            rondo_recurrent.parts(recurrent, parts);
            rondo_recurrent.barrier(recurrent, barrier);
            steps[part] = () -> rondo_recurrent_f32(recurrent);
        }
        return steps;
    }

    private static MemorySegment struct(RecurrentArguments arguments, Arena arena) {
        MemorySegment recurrent = rondo_recurrent.allocate(arena);
        rondo_recurrent.cell(recurrent, arguments.cell().id);
        rondo_recurrent.reverse(recurrent, arguments.reverse() ? 1 : 0);
        rondo_recurrent.steps(recurrent, arguments.steps());
        rondo_recurrent.batch(recurrent, arguments.batch());
        rondo_recurrent.hidden(recurrent, arguments.hidden());
        rondo_recurrent.input(recurrent, arguments.input());
        rondo_recurrent.x(recurrent, arguments.x().data());
        rondo_recurrent.x_step(recurrent, arguments.x().step());
        rondo_recurrent.x_batch(recurrent, arguments.x().sample());
        rondo_recurrent.input_weights(recurrent, arguments.inputWeights());
        rondo_recurrent.ids(recurrent, arguments.ids().data());
        rondo_recurrent.ids_step(recurrent, arguments.ids().step());
        rondo_recurrent.ids_batch(recurrent, arguments.ids().sample());
        rondo_recurrent.table(recurrent, arguments.table());
        rondo_recurrent.bias(recurrent, arguments.bias());
        rondo_recurrent.weights(recurrent, arguments.weights());
        rondo_recurrent.state_bias(recurrent, arguments.stateBias());
        rondo_recurrent.peephole(recurrent, arguments.peephole());
        CellFunctions functions = arguments.functions();
        rondo_recurrent.functions(recurrent, functions == null ? MemorySegment.NULL : functions.struct(arena));
        rondo_recurrent.lengths(recurrent, arguments.lengths());
        rondo_recurrent.parents(recurrent, arguments.parents());
        rondo_recurrent.attention(recurrent, arguments.attention().data());
        rondo_recurrent.attention_step(recurrent, arguments.attention().step());
        rondo_recurrent.attention_batch(recurrent, arguments.attention().sample());
        rondo_recurrent.src_iter(recurrent, arguments.srcIter().data());
        rondo_recurrent.src_iter_batch(recurrent, arguments.srcIter().sample());
        rondo_recurrent.src_iter_c(recurrent, arguments.srcIterC().data());
        rondo_recurrent.src_iter_c_batch(recurrent, arguments.srcIterC().sample());
        rondo_recurrent.dst_layer(recurrent, arguments.dstLayer().data());
        rondo_recurrent.dst_layer_step(recurrent, arguments.dstLayer().step());
        rondo_recurrent.dst_layer_batch(recurrent, arguments.dstLayer().sample());
        rondo_recurrent.dst_iter(recurrent, arguments.dstIter().data());
        rondo_recurrent.dst_iter_batch(recurrent, arguments.dstIter().sample());
        rondo_recurrent.dst_iter_c(recurrent, arguments.dstIterC().data());
        rondo_recurrent.dst_iter_c_batch(recurrent, arguments.dstIterC().sample());
        rondo_recurrent.scratch(recurrent, arguments.scratch());
        return recurrent;
    }
}
