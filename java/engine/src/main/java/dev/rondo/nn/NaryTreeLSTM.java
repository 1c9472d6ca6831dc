package dev.rondo.nn;

import dev.rondo.kernel.TreeKernel;
import dev.rondo.program.Value;

/// The N-ary Tree-LSTM: up to K children, each with weights of its own for all gates, and a forget gate that reads them
/// all. Sums are over the children l; a missing one counts as zeros.
///
/// ```
/// i = σ(W_i x + Σ U_i,l h_l + b_i)       f_k = σ(W_f,k x + Σ U_f,k,l h_l + b_f,k)
/// g = tanh(W_g x + Σ U_g,l h_l + b_g)    o = σ(W_o x + Σ U_o,l h_l + b_o)
/// c = i g + Σ f_l c_l                    h = o tanh(c)
/// ```
///
/// Shapes and parameters: [TreeBase], with K the recurrence's arity and G = 3 + K in the order i, f_0 … f_K-1, g, o.
/// The paper has one W_f and b_f for all forget gates: equal rows here. With arity 1 it is PyTorch's `nn.LSTM`.
///
/// Source: Tai, Socher and Manning 2015, arXiv 1503.00075, equations 9 to 14.
public final class NaryTreeLSTM extends TreeBase {
    private final Parameter weight;

    /// Binary trees, weights tied.
    public NaryTreeLSTM(int inputSize, int hiddenSize) {
        this(TreeRecurrence.of(inputSize, hiddenSize).arity(2));
    }

    public NaryTreeLSTM(TreeRecurrence recurrence) {
        super(TreeKernel.LSTM, recurrence);
        this.weight = register("weight_hh", stateWeight());
    }

    @Override
    Value stateWeights(Value x) {
        return weight(x, weight);
    }
}
