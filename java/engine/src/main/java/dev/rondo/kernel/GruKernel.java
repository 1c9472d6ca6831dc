package dev.rondo.kernel;

import static dev.rondo.bindings.kernels.Kernels.*;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.bindings.kernels.rondo_gru;
import dev.rondo.program.Step;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The native kernel of a GRU that resets before the recurrent product. It is only there to be fast: builds without
/// native code leave that cell to oneDNN.
public final class GruKernel {
    private GruKernel() {}

    /// Whether this build has it.
    public static boolean isAvailable() {
        return NativeLibraries.load().hasKernels();
    }

    /// Recurrent weights as the kernel wants them.
    ///
    /// @param weights (3*H, H), gates in the order u, r, o
    public static MemorySegment pack(Tensor weights, Arena arena) {
        long hidden = weights.shape().size(1);
        MemorySegment packed = arena.allocate(rondo_gru_packed_size(hidden) * Float.BYTES, Tensor.ALIGNMENT);
        rondo_gru_pack_f32(weights.data(), hidden, packed);
        return packed;
    }

    /// A GRU over sequences, prepared to run many times.
    ///
    /// @param arena memory for what the step needs, as long-lived as the step
    public static Step of(GruArguments arguments, Arena arena) {
        long scratch = rondo_gru_scratch_size(arguments.batch(), arguments.hidden());
        MemorySegment gru = rondo_gru.allocate(arena);
        rondo_gru.steps(gru, arguments.steps());
        rondo_gru.batch(gru, arguments.batch());
        rondo_gru.hidden(gru, arguments.hidden());
        rondo_gru.gates(gru, arguments.gates().data());
        rondo_gru.gates_step(gru, arguments.gates().step());
        rondo_gru.gates_batch(gru, arguments.gates().sample());
        rondo_gru.attention(gru, arguments.attention().data());
        rondo_gru.attention_step(gru, arguments.attention().step());
        rondo_gru.attention_batch(gru, arguments.attention().sample());
        rondo_gru.weights(gru, arguments.weights());
        rondo_gru.src_iter(gru, arguments.srcIter().data());
        rondo_gru.src_iter_batch(gru, arguments.srcIter().sample());
        rondo_gru.dst_layer(gru, arguments.dstLayer().data());
        rondo_gru.dst_layer_step(gru, arguments.dstLayer().step());
        rondo_gru.dst_layer_batch(gru, arguments.dstLayer().sample());
        rondo_gru.dst_iter(gru, arguments.dstIter().data());
        rondo_gru.dst_iter_batch(gru, arguments.dstIter().sample());
        rondo_gru.scratch(gru, arena.allocate(scratch * Float.BYTES, Tensor.ALIGNMENT));
        rondo_gru.reverse(gru, arguments.reverse() ? 1 : 0);
        return () -> rondo_gru_f32(gru);
    }
}
