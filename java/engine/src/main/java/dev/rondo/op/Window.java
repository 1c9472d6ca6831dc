package dev.rondo.op;

import dev.rondo.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// How the window of a convolution or pooling moves over the spatial dimensions: one number for each of them.
///
/// @param kernel   sizes of the window
/// @param strides  distance from one window to the next
/// @param dilation distance from one element of the window to the next
/// @param before   padding in front
/// @param after    padding behind; negative where the last elements are in no window
public record Window(long[] kernel, long[] strides, long[] dilation, long[] before, long[] after) {
    /// @throws IllegalArgumentException if the numbers are not of equal count, or not positive where they have to be
    public Window {
        int rank = kernel.length;
        if (strides.length != rank || dilation.length != rank || before.length != rank || after.length != rank) {
            throw new IllegalArgumentException(
                    "a window's kernel, strides, dilations and padding need " + "a number for each spatial dimension");
        }
        for (int i = 0; i < rank; i++) {
            if (kernel[i] < 1 || strides[i] < 1 || dilation[i] < 1 || before[i] < 0) {
                throw new IllegalArgumentException(
                        "a window's kernel, strides and dilations are positive, and its padding is not negative");
            }
        }
    }

    /// The shape of what the windows over x give.
    ///
    /// @param x        (N, C, …)
    /// @param channels of the result
    /// @throws IllegalArgumentException if x has no room for a window
    Shape over(Shape x, long channels) {
        if (x.rank() != kernel.length + 2) {
            throw new IllegalArgumentException(
                    "a window of " + kernel.length + " dimensions needs an input (N, C) with as many behind, not " + x);
        }
        long[] sizes = x.sizes();
        sizes[1] = channels;
        for (int i = 0; i < kernel.length; i++) {
            long extent = Math.addExact(Math.multiplyExact(kernel[i] - 1, dilation[i]), 1);
            long room = Math.addExact(sizes[i + 2], Math.addExact(before[i], after[i])) - extent;
            if (room < 0) {
                throw new IllegalArgumentException("a window of size " + extent + " does not fit into dimension "
                        + (i + 2) + " of " + x + ", padding included");
            }
            sizes[i + 2] = room / strides[i] + 1;
        }
        return Shape.of(sizes);
    }

    /// The numbers as oneDNN's functions take them.
    record Arguments(
            MemorySegment kernel,
            MemorySegment strides,
            MemorySegment dilation,
            MemorySegment before,
            MemorySegment after) {}

    Arguments arguments(Arena arena) {
        long[] gaps = dilation.clone();
        for (int i = 0; i < gaps.length; i++) {
            gaps[i]--; // oneDNN counts the elements that are skipped
        }
        return new Arguments(
                arena.allocateFrom(ValueLayout.JAVA_LONG, kernel),
                arena.allocateFrom(ValueLayout.JAVA_LONG, strides),
                arena.allocateFrom(ValueLayout.JAVA_LONG, gaps),
                arena.allocateFrom(ValueLayout.JAVA_LONG, before),
                arena.allocateFrom(ValueLayout.JAVA_LONG, after));
    }
}
