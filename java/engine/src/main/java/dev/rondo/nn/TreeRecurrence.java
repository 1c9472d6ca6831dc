package dev.rondo.nn;

/// What recurrent networks over trees have in common: sizes, weights tied or not, and the direction.
///
/// The edge of a node to its parent has a type, from 0 to `labels * arity - 1`: `label * arity + position`. Each type
/// has recurrent weights of its own. With arity 1, all children of a node are alike and their number is not
/// limited; with arity K, they differ by position. Labels are whatever else is to have weights of its own, such
/// as a syntactic category or a depth; 1 ties them all.
///
/// {@snippet :
/// TreeRecurrence.of(64, 128).arity(2);           // left and right
/// TreeRecurrence.of(64, 128).labels(12);         // one set of weights for each of 12 labels
/// TreeRecurrence.of(64, 128).topDown();          // parents come before their children
/// }
///
/// @param inputSize  I
/// @param hiddenSize H
/// @param arity      K
/// @param labels     how many sets of weights
/// @param isTopDown  whether nodes receive from their parents instead of their children
public record TreeRecurrence(int inputSize, int hiddenSize, int arity, int labels, boolean isTopDown) {
    /// @throws IllegalArgumentException if a size is not positive
    public TreeRecurrence {
        Sizes.requirePositive(inputSize, "input size");
        Sizes.requirePositive(hiddenSize, "hidden size");
        Sizes.requirePositive(arity, "arity");
        Sizes.requirePositive(labels, "number of labels");
    }

    /// From the leaves up, all children alike, weights tied.
    public static TreeRecurrence of(int inputSize, int hiddenSize) {
        return new TreeRecurrence(inputSize, hiddenSize, 1, 1, false);
    }

    /// Children that differ by position.
    public TreeRecurrence arity(int arity) {
        return new TreeRecurrence(inputSize, hiddenSize, arity, labels, isTopDown);
    }

    /// Weights that differ by label.
    public TreeRecurrence labels(int labels) {
        return new TreeRecurrence(inputSize, hiddenSize, arity, labels, isTopDown);
    }

    /// From the roots down.
    public TreeRecurrence topDown() {
        return new TreeRecurrence(inputSize, hiddenSize, arity, labels, true);
    }

    /// How many types of edges there are.
    int types() {
        return Math.multiplyExact(arity, labels);
    }
}
