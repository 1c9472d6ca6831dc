package dev.rondo.onnx.graph;

import java.util.Arrays;

/// A list of integers that grows.
final class LongList {
    private long[] values = new long[4];
    private int count;

    void add(long value) {
        if (count == values.length) {
            values = Arrays.copyOf(values, 2 * count);
        }
        values[count++] = value;
    }

    int size() {
        return count;
    }

    long get(int index) {
        return values[index];
    }

    long[] toArray() {
        return Arrays.copyOf(values, count);
    }
}
