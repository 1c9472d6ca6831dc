package dev.rondo.nn;

import dev.rondo.kernel.TreeKernel;
import dev.rondo.program.Value;

/// The child-sum Tree-LSTM: any number of children, which it reads by the sum of their states, with a forget gate for
/// each.
///
/// ```
/// i = σ(W_i x + Σ U_i h_k + b_i)       f_k = σ(W_f x + U_f h_k + b_f)
/// g = tanh(W_g x + Σ U_g h_k + b_g)    o = σ(W_o x + Σ U_o h_k + b_o)
/// c = i g + Σ f_k c_k                  h = o tanh(c)
/// ```
///
/// Shapes and parameters: [TreeBase], with G = 4 in the order i, f, g, o. With one child to a node it is PyTorch's
/// `nn.LSTM`.
///
/// Source: Tai, Socher and Manning 2015, arXiv 1503.00075, equations 2 to 8.
public final class ChildSumTreeLSTM extends TreeBase {
    private final Parameter weight;

    /// Weights tied.
    public ChildSumTreeLSTM(int inputSize, int hiddenSize) {
        this(TreeRecurrence.of(inputSize, hiddenSize));
    }

    public ChildSumTreeLSTM(TreeRecurrence recurrence) {
        super(TreeKernel.CHILD_SUM_LSTM, recurrence);
        this.weight = register("weight_hh", stateWeight());
    }

    @Override
    Value stateWeights(Value x) {
        return weight(x, weight);
    }
}
