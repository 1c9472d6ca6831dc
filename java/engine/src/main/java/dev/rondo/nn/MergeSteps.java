package dev.rondo.nn;

import dev.rondo.op.JoinedRows;
import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.List;

/// Binary trees over N sequences of up to T leaves, for networks that compose two nodes of each sequence in a step: the
/// S steps are recorded, the trees are data. Nodes have the numbers of [dev.rondo.tree.TreeBatch#inSteps]: leaf t of
/// sequence n has `t * N + n`, what step s makes of it `(T + s) * N + n`.
///
/// A run throws IllegalArgumentException if a number is that of no node made before.
///
/// {@snippet :
/// TreeBatch batch = TreeBatch.inSteps(trees, 20); // up to 20 leaves
/// step.input("left").copyFrom(batch.children(0));
/// step.input("right").copyFrom(batch.children(1));
/// }
///
/// @param left  (S, N), I64: the left child of what each step makes of each sequence, -1 where that is nothing
/// @param right (S, N), I64
public record MergeSteps(Value left, Value right) {
    /// @throws IllegalArgumentException if left and right are not of one shape (S, N)
    public MergeSteps {
        if (left.shape().rank() != 2 || !left.shape().equals(right.shape())) {
            throw new IllegalArgumentException("steps need left and right children (S, N), not of shapes "
                    + left.shape() + " and " + right.shape());
        }
    }

    /// What a network makes of two nodes.
    @FunctionalInterface
    interface Composition {
        /// The states of the parents, of those of left and right children: (N, …) each; of zeros for what is nothing.
        List<Value> of(List<Value> left, List<Value> right);
    }

    /// Composes the nodes, one step after the other.
    ///
    /// @param leaves states, (T, N, W) each
    /// @return states of all nodes by their numbers, ((T + S) * N, W) each
    List<Value> run(List<Value> leaves, Composition composition) {
        List<List<Value>> made = new ArrayList<>(); // by state, and step
        for (Value state : leaves) {
            if (state.shape().rank() != 3
                    || state.shape().size(1) != left.shape().size(1)) {
                throw new IllegalArgumentException("leaves of shape " + state.shape() + " are not (T, N, width) of the "
                        + left.shape().size(1) + " sequences that are composed");
            }
            made.add(new ArrayList<>(List.of(Functional.contiguous(state)
                    .reshape(
                            state.shape().size(0) * state.shape().size(1),
                            state.shape().size(2)))));
        }
        for (long s = 0; s < left.shape().size(0); s++) {
            List<Value> parents = composition.of(children(made, left, s), children(made, right, s));
            for (int i = 0; i < made.size(); i++) {
                made.get(i).add(Functional.contiguous(parents.get(i)));
            }
        }
        return made.stream().map(states -> Functional.concat(states, 0)).toList();
    }

    private static List<Value> children(List<List<Value>> made, Value side, long step) {
        Value ids = side.select(0, step);
        return made.stream()
                .map(states ->
                        ids.recorder().record(new JoinedRows(states, ids)).output())
                .toList();
    }
}
