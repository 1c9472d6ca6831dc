package dev.rondo.nn;

import dev.rondo.kernel.TreeKernel;
import dev.rondo.program.Value;

/// The recursive neural network: `h = tanh(W x + b + Σ U_k h_k)` over the children k, each through the weights of its
/// type. With arity 2 the weights are the two halves of the paper's one matrix over both children.
///
/// Shapes and parameters: [TreeBase], with G = 1. With one child to a node it is PyTorch's `nn.RNN`.
///
/// Source: Socher, Lin, Ng and Manning 2011, "Parsing natural scenes and natural language with recursive neural
/// networks".
public final class TreeRNN extends TreeBase {
    private final Parameter weight;

    public TreeRNN(TreeRecurrence recurrence) {
        super(TreeKernel.RNN, recurrence);
        this.weight = register("weight_hh", stateWeight());
    }

    /// The states of leaves (B, H) of their inputs (B, I).
    Value leaves(Value x) {
        return Functional.tanh(projected(x));
    }

    /// The states of nodes without inputs, (B, H), of those of their children.
    Value compose(Value left, Value right) {
        Value weights = weight(left, weight);
        Value sum = left.recorder()
                .record(new dev.rondo.op.Linear(left, weights.select(0, 0), bias(left), null))
                .output();
        return Functional.tanh(left.recorder()
                .record(new dev.rondo.op.Linear(right, weights.select(0, 1), null, sum, null))
                .output());
    }

    @Override
    Value stateWeights(Value x) {
        return weight(x, weight);
    }
}
