package dev.rondo.nn;

/// The check that all layers make of their sizes.
final class Sizes {
    private Sizes() {}

    /// @throws IllegalArgumentException if the size is not positive
    static void requirePositive(int size, String name) {
        if (size < 1) {
            throw new IllegalArgumentException(name + " " + size + " is not positive");
        }
    }
}
