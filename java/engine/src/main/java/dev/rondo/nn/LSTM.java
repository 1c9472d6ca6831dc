package dev.rondo.nn;

import dev.rondo.op.Cell;
import dev.rondo.program.Value;
import org.jspecify.annotations.Nullable;

/// Long short-term memory:
///
/// ```
/// i = σ(W_i x + U_i h + b_i)        f = σ(W_f x + U_f h + b_f)
/// g = tanh(W_g x + U_g h + b_g)     o = σ(W_o x + U_o h + b_o)
/// c' = f c + i g                    h' = o tanh(c')
/// ```
///
/// With peepholes, i and f also read `P_i c` and `P_f c`, and o reads `P_o c'`, element by element. With a projection,
/// `h' = W_r (o tanh(c'))`.
///
/// Shapes and parameters: [RNNBase], with G = 4 in the order i, f, g, o; peepholes add `weight_ch_lk` (3, H) in the
/// order i, f, o.
///
/// Source: Hochreiter and Schmidhuber 1997; Gers and Schmidhuber 2000 (peepholes); Sak et al. 2014, arXiv 1402.1128
/// (projection); PyTorch's `nn.LSTM`.
public final class LSTM extends RNNBase {
    /// One layer.
    public LSTM(int inputSize, int hiddenSize) {
        this(Recurrence.of(inputSize, hiddenSize));
    }

    /// Layers without peepholes.
    public LSTM(Recurrence recurrence) {
        this(recurrence, false);
    }

    /// Layers with or without peepholes.
    public LSTM(Recurrence recurrence, boolean peephole) {
        super(Cell.LSTM, recurrence, peephole);
    }

    /// The output and the final states.
    ///
    /// @param h0 (L*D, N, R), or null for zeros
    /// @param c0 (L*D, N, H), null exactly if h0 is
    public Output forward(Value x, @Nullable Value h0, @Nullable Value c0) {
        return record(x, null, h0, c0, null);
    }

    /// The output and the final states of sequences of unequal lengths.
    ///
    /// @param h0 (L*D, N, R), or null for zeros
    /// @param c0 (L*D, N, H), null exactly if h0 is
    public Output forward(PackedSequence x, @Nullable Value h0, @Nullable Value c0) {
        return record(x.padded(), x.lengths(), h0, c0, null);
    }
}
