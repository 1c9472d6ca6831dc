package dev.rondo.op;

import dev.rondo.program.ReplayMemory;
import dev.rondo.program.Step;
import dev.rondo.program.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Where the sequences of a recurrent layer go on from others, several of them maybe from one, as the hypotheses of a
/// search do: products of such a row are computed once. Only the kernels have this, for a single step.
///
/// @param rows (N), I64: for each sequence the row of the initial states that it begins with; beside a [Lookup] that of
///             the input, too
public record Parents(Value rows) {
    /// @throws IllegalArgumentException if the rows are no integers without gaps
    public Parents {
        Shapes.requireIds(rows, "parents", "rows");
    }

    /// Whether layers have this.
    public static boolean isAvailable() {
        return KernelDirection.isAllowed();
    }

    /// The step, which believes rows, after they have been checked.
    Step checked(ReplayMemory memory, Step step) {
        MemorySegment given = memory.segment(rows);
        long count = rows.shape().elements();
        return () -> {
            for (long i = 0; i < count; i++) {
                long row = given.getAtIndex(ValueLayout.JAVA_LONG, i);
                if (row < 0 || row >= count) {
                    throw new IllegalArgumentException(
                            "sequence " + i + " goes on from row " + row + ", which is none of " + count);
                }
            }
            step.run();
        };
    }
}
