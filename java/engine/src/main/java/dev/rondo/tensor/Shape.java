package dev.rondo.tensor;

import java.util.Arrays;
import java.util.stream.Collectors;

/// The sizes of a tensor's dimensions, outermost first: `[9, 3, 5]`. A scalar has no dimensions: `[]`.
///
/// Immutable, and checked: no size is negative and the number of elements fits a `long` even when every element
/// takes eight bytes, sizes of zero not counted.
public final class Shape {
    private final long[] sizes;
    private final long elements;

    private Shape(long[] sizes) {
        this.sizes = sizes;
        this.elements = count(sizes);
    }

    /// A shape of these sizes.
    ///
    /// @throws IllegalArgumentException if a size is negative or the product does not fit
    public static Shape of(long... sizes) {
        return new Shape(sizes.clone());
    }

    private static long count(long[] sizes) {
        long product = 8; // so that bytes fit too, whatever the type
        boolean empty = false;
        for (long size : sizes) {
            if (size < 0) {
                throw new IllegalArgumentException("shape " + Arrays.toString(sizes) + " has a negative size");
            }
            if (size == 0) {
                empty = true;
                continue;
            }
            if (Math.multiplyHigh(product, size) != 0 || product * size < 0) {
                throw new IllegalArgumentException("shape " + Arrays.toString(sizes) + " has too many elements");
            }
            product *= size;
        }
        return empty ? 0 : product / 8;
    }

    /// Number of dimensions.
    public int rank() {
        return sizes.length;
    }

    /// Size of a dimension; negative indices count from the last, so `size(-1)` is the innermost.
    public long size(int dimension) {
        return sizes[dimension(dimension)];
    }

    /// The index of a dimension: negative ones count from the last.
    ///
    /// @throws IllegalArgumentException if there is no such dimension
    public int dimension(int dimension) {
        if (dimension >= sizes.length || dimension < -sizes.length) {
            throw new IllegalArgumentException("shape " + this + " has no dimension " + dimension);
        }
        return Math.floorMod(dimension, sizes.length);
    }

    /// Number of elements.
    public long elements() {
        return elements;
    }

    /// The sizes, as a copy.
    public long[] sizes() {
        return sizes.clone();
    }

    /// This shape with one size replaced; negative dimensions count from the last.
    public Shape with(int dimension, long size) {
        long[] copy = sizes.clone();
        copy[dimension(dimension)] = size;
        return new Shape(copy);
    }

    /// Strides in elements of a dense tensor in C order.
    public long[] strides() {
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int i = sizes.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= Math.max(1, sizes[i]);
        }
        return strides;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Shape shape && Arrays.equals(sizes, shape.sizes);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sizes);
    }

    @Override
    public String toString() {
        return Arrays.stream(sizes).mapToObj(Long::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
