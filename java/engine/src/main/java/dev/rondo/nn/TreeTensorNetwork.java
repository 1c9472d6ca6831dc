package dev.rondo.nn;

import dev.rondo.kernel.TreeKernel;
import dev.rondo.program.Value;
import java.util.List;

/// The recursive neural tensor network: children also meet in products of their states. With a the K children's states
/// side by side, zeros for a missing one, unit j of a node has
///
/// ```
/// h_j = tanh(W_j x + b_j + U_j a + aᵀ V_j a)
/// ```
///
/// Shapes: [TreeBase], with G = 1. Parameters: `weight_ih` (H, I), `bias` (H), `weight_hh` U (K, H, H) by child, and
/// `tensor` V (H, K*H, K*H), K the recurrence's arity. A node takes H² K floats of memory in a pass, so H is small.
///
/// Source: Socher et al. 2013, "Recursive deep models for semantic compositionality over a sentiment treebank".
public final class TreeTensorNetwork extends TreeBase {
    private final Parameter weight;
    private final Parameter tensor;

    /// Binary trees.
    public TreeTensorNetwork(int inputSize, int hiddenSize) {
        this(TreeRecurrence.of(inputSize, hiddenSize).arity(2));
    }

    /// @throws IllegalArgumentException if weights differ by label
    public TreeTensorNetwork(TreeRecurrence recurrence) {
        super(TreeKernel.TENSOR, recurrence);
        if (recurrence.labels() > 1) {
            throw new IllegalArgumentException(
                    "a tensor network has one tensor, not one for each of " + recurrence.labels() + " labels");
        }
        long hidden = recurrence.hiddenSize();
        long all = recurrence.arity() * hidden;
        this.weight = register("weight_hh", parameter(recurrence.arity(), hidden, hidden));
        this.tensor = register("tensor", parameter(hidden, all, all));
    }

    /// By child: U, and below it the columns of V that the child is multiplied by, (H * K * H, H).
    @Override
    Value stateWeights(Value x) {
        long hidden = recurrence().hiddenSize();
        long arity = recurrence().arity();
        Value columns = weight(x, tensor)
                .reshape(hidden * arity * hidden, arity, hidden)
                .transpose(0, 1); // (K, H * K * H, H)
        return Functional.concat(List.of(weight(x, weight), columns), 1);
    }
}
