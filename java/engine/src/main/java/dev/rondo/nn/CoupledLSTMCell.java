package dev.rondo.nn;

import dev.rondo.kernel.CellKernel;
import java.util.List;

/// An LSTM that forgets as much as it reads: its forget gate is 1 minus the input gate.
///
/// ```
/// i = σ(W_i x + b_i + U_i h + b'_i)     g = tanh(W_g x + b_g + U_g h + b'_g)     o = σ(W_o x + b_o + U_o h + b'_o)
/// c' = (1 - i) c + i g                  h' = o tanh(c')
/// ```
///
/// - x: (T, N, I); output: (T, N, H); states `h` and `c`, (N, H) each
/// - parameters: [GatedCell], with G = 3 in the order i, g, o
///
/// Source: Greff et al. 2017, arXiv 1503.04069 (CIFG).
public final class CoupledLSTMCell extends GatedCell {
    /// @param inputSize I, or 0 for a cell without an input
    public CoupledLSTMCell(int inputSize, int hiddenSize) {
        super(
                CellKernel.COUPLED_LSTM,
                inputSize,
                hiddenSize,
                true,
                List.of(new State("h", hiddenSize), new State("c", hiddenSize)));
    }
}
