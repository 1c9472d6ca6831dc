package dev.rondo.op;

import dev.rondo.program.ReplayMemory;
import dev.rondo.program.Step;
import dev.rondo.program.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// What the input of each step of a recurrent layer begins with, where it is one of some vectors: its products with the
/// weights are in a table, and cost a step nothing. Only the kernels have this ([Recorder#keepsTables()]).
///
/// @param ids   (T, N), I64, dense
/// @param table (V, E): the vectors, a constant
public record Lookup(Value ids, Value table) {
    /// @throws IllegalArgumentException if the ids are no integers without gaps
    public Lookup {
        Shapes.requireIds(ids, "lookup", "ids");
    }

    /// Whether there are tables.
    public static boolean isAvailable() {
        return KernelDirection.isAllowed();
    }

    /// E
    long width() {
        return table.shape().size(1);
    }

    /// The step, which believes ids, after they have been checked.
    Step checked(ReplayMemory memory, Step step) {
        MemorySegment given = memory.segment(ids);
        long count = ids.shape().elements();
        long known = table.shape().size(0);
        return () -> {
            for (long i = 0; i < count; i++) {
                long id = given.getAtIndex(ValueLayout.JAVA_LONG, i);
                if (id < 0 || id >= known) {
                    throw Embedding.outside(ids.shape(), i, id, known);
                }
            }
            step.run();
        };
    }
}
