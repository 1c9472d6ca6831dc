package dev.rondo.decode;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The rows of a matrix of floats that belong to one source.
final class Rows {
    private final MemorySegment matrix;
    private final long width;
    private long first; // element of the first row

    Rows(MemorySegment matrix, long width) {
        this.matrix = matrix;
        this.width = width;
    }

    /// These rows from one on.
    Rows from(long row) {
        first = row * width;
        return this;
    }

    int width() {
        return (int) width;
    }

    float at(long row, long column) {
        return matrix.getAtIndex(ValueLayout.JAVA_FLOAT, first + row * width + column);
    }
}
