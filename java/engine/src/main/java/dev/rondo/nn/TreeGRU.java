package dev.rondo.nn;

import dev.rondo.kernel.TreeKernel;
import dev.rondo.program.Value;

/// Gated recurrent units over trees, with a reset gate for each child.
///
/// ```
/// r_k = σ(W_r x + U_r h_k + b_r)       z = σ(W_z x + Σ U_z h_k + b_z)
/// n = tanh(W_n x + b_n + Σ r_k (U_n h_k))
/// h = (1 - z) n + z Σ h_k
/// ```
///
/// Shapes and parameters: [TreeBase], with G = 3 in the order r, z, n. With one child to a node it is PyTorch's
/// `nn.GRU` whose `b_hn` is 0.
///
/// Source: after Kokkinos and Potamianos 2017, arXiv 1701.01811, but that the gate resets after the product, as in
/// PyTorch.
public final class TreeGRU extends TreeBase {
    private final Parameter weight;

    /// All children alike, weights tied.
    public TreeGRU(int inputSize, int hiddenSize) {
        this(TreeRecurrence.of(inputSize, hiddenSize));
    }

    public TreeGRU(TreeRecurrence recurrence) {
        super(TreeKernel.GRU, recurrence);
        this.weight = register("weight_hh", stateWeight());
    }

    @Override
    Value stateWeights(Value x) {
        return weight(x, weight);
    }
}
