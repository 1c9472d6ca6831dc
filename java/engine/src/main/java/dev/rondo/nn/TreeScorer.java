package dev.rondo.nn;

import dev.rondo.program.Value;

/// A network that says how good it is to merge two neighbours: what [dev.rondo.decode.TreeSearch] builds trees with.
public interface TreeScorer {
    /// What comes of pairs.
    ///
    /// @param h      states of the parents, (B, H)
    /// @param scores (B): the higher, the better it is to merge the pair
    record Parents(Value h, Value scores) {}

    /// I
    int inputSize();

    /// H
    int hiddenSize();

    /// The states of leaves, (B, H).
    ///
    /// @param x (B, I)
    Value leaves(Value x);

    /// The parents of pairs.
    ///
    /// @param left       states (B, H)
    /// @param right      states (B, H)
    /// @param leftSizes  how many leaves there are below each, (B, 1)
    /// @param rightSizes (B, 1)
    Parents compose(Value left, Value right, Value leftSizes, Value rightSizes);
}
