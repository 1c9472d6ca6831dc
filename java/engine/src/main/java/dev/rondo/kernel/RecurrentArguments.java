package dev.rondo.kernel;

import dev.rondo.program.ReplayMemory;
import dev.rondo.program.Value;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The arguments of a recurrent layer over a batch of sequences in one direction, run step by step by a kernel, on one
/// thread or on several that share the units.
///
/// @param cell      which cell
/// @param reverse   whether the last step comes first
/// @param steps     T
/// @param batch     N
/// @param input     I
/// @param hidden    H
/// @param x         (T, N, I)
/// @param inputWeights the input's weights as [RecurrentKernel#packInput] gave them for so many parts
/// @param ids       (T, N), 64-bit, or nothing: which rows of the table the input begins with
/// @param table     [RecurrentKernel#table] for so many parts, or NULL
/// @param bias      (G, H)
/// @param weights   the recurrent weights as [RecurrentKernel#packState] gave them for so many parts
/// @param stateBias (H), the bias of an LBR_GRU's recurrent product, or NULL
/// @param peephole  (3, H) for the gates i, f, o, or NULL
/// @param functions what the cell is made of, or null for the usual functions
/// @param lengths   (N), 64-bit from 0 to T: steps of each sequence, or NULL where all have T
/// @param parents   (N), 64-bit from 0 to N - 1: the rows of srcIter and srcIterC, with a table of x, too, that
///                  sequences go on from where T is 1; NULL where each has its own
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
        long input,
        long hidden,
        Strided x,
        MemorySegment inputWeights,
        Strided ids,
        MemorySegment table,
        MemorySegment bias,
        MemorySegment weights,
        MemorySegment stateBias,
        MemorySegment peephole,
        @Nullable CellFunctions functions,
        MemorySegment lengths,
        MemorySegment parents,
        Strided attention,
        Strided srcIter,
        Strided srcIterC,
        Strided dstLayer,
        Strided dstIter,
        Strided dstIterC,
        MemorySegment scratch) {

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
