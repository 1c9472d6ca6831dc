package dev.rondo.op;

import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// How many steps of each sample of a batch count: 64-bit integers (N), from 0 to T.
final class Lengths {
    private Lengths() {}

    /// @param shape of the sequences, (T, N, …)
    /// @throws IllegalArgumentException if the lengths are not one for each sample
    static Value require(Value lengths, Shape shape, String operation) {
        Shapes.requireIds(lengths, operation, "lengths");
        if (shape.rank() < 2 || !lengths.shape().equals(Shape.of(shape.size(1)))) {
            throw new IllegalArgumentException(operation + " of sequences (T, N, …), of shape " + shape
                    + " here, needs lengths (N), not of shape " + lengths.shape());
        }
        return lengths;
    }

    /// @throws IllegalArgumentException naming the first sample whose length is out of range
    static void check(MemorySegment lengths, long samples, long steps) {
        for (long n = 0; n < samples; n++) {
            long length = lengths.getAtIndex(ValueLayout.JAVA_LONG, n);
            if (length < 0 || length > steps) {
                throw new IllegalArgumentException(
                        "length " + length + " of sample " + n + " is not between 0 and " + steps);
            }
        }
    }

    /// Whether a step of a sample counts.
    static boolean counts(MemorySegment lengths, long step, long sample) {
        return step < lengths.getAtIndex(ValueLayout.JAVA_LONG, sample);
    }
}
