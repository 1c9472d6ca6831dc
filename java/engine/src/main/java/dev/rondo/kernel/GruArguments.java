package dev.rondo.kernel;

import dev.rondo.program.ReplayMemory;
import dev.rondo.program.Value;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The arguments of a GRU, with the reset gate applied before the recurrent product, over a batch of sequences.
///
/// @param steps     T
/// @param batch     N
/// @param hidden    H
/// @param gates     W x + b of the gates u, r, o: (T, N, 3*H)
/// @param attention (T, N), or nothing
/// @param weights   the recurrent weights as [GruKernel#pack] gave them
/// @param srcIter   state before the first step (N, H), or nothing for zeros
/// @param dstLayer  states after each step (T, N, H)
/// @param dstIter   state after the last step (N, H), or nothing
/// @param reverse   whether the last step comes first
public record GruArguments(
        long steps,
        long batch,
        long hidden,
        Strided gates,
        Strided attention,
        MemorySegment weights,
        Strided srcIter,
        Strided dstLayer,
        Strided dstIter,
        boolean reverse) {

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
