package dev.rondo.kernel;

import dev.rondo.program.ReplayMemory;
import dev.rondo.program.Value;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The arguments of a recurrent layer over a batch of sequences in one direction, run step by step by a kernel.
///
/// @param cell      which cell
/// @param reverse   whether the last step comes first
/// @param steps     T
/// @param batch     N
/// @param hidden    H
/// @param input     the input's share of the gates, ready-made or to be computed
/// @param weights   the recurrent weights as [RecurrentKernel#packState] gave them
/// @param stateBias (H), the bias of an LBR_GRU's recurrent product, or NULL
/// @param peephole  (3, H) for the gates i, f, o, or NULL
/// @param attention (T, N), or nothing
/// @param srcIter   h before the first step (N, H), or nothing for zeros
/// @param srcIterC  c before the first step (N, H), or nothing for zeros
/// @param dstLayer  h after each step (T, N, H)
/// @param dstIter   h after the last step (N, H), or nothing
/// @param dstIterC  c after the last step (N, H), or nothing
/// @param scratch   [RecurrentKernel#scratchBytes]
public record RecurrentArguments(
        RecurrentKernel cell,
        boolean reverse,
        long steps,
        long batch,
        long hidden,
        Input input,
        MemorySegment weights,
        MemorySegment stateBias,
        MemorySegment peephole,
        Strided attention,
        Strided srcIter,
        Strided srcIterC,
        Strided dstLayer,
        Strided dstIter,
        Strided dstIterC,
        MemorySegment scratch) {

    /// The input's share of the gates.
    public sealed interface Input {}

    /// Computed beforehand for all steps.
    ///
    /// @param gates W x + b: (T, N, G*H)
    public record Projected(Strided gates) implements Input {}

    /// Computed by the kernel, step by step.
    ///
    /// @param x       (T, N, I)
    /// @param width   I
    /// @param weights W as [RecurrentKernel#pack] gave it
    /// @param bias    (G, H)
    public record Plain(Strided x, long width, MemorySegment weights, MemorySegment bias) implements Input {}

    /// Rows of contiguous elements: one for each step and sample, or for each sample of a state.
    ///
    /// @param data   the first element; NULL for nothing
    /// @param step   distance from one step to the next, in elements
    /// @param sample distance from one sample to the next, in elements
    public record Strided(MemorySegment data, long step, long sample) {
        private static final Strided NOTHING = new Strided(MemorySegment.NULL, 0, 0);

        /// Where a value of shape (T, N, …) lies.
        public static Strided sequence(ReplayMemory memory, @Nullable Value value) {
            return value == null ? NOTHING : new Strided(memory.segment(value), value.stride(0), value.stride(1));
        }

        /// Where a value of shape (N, …) lies.
        public static Strided state(ReplayMemory memory, @Nullable Value value) {
            return value == null ? NOTHING : new Strided(memory.segment(value), 0, value.stride(0));
        }
    }
}
