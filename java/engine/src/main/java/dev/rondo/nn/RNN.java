package dev.rondo.nn;

import dev.rondo.op.Cell;
import dev.rondo.program.Value;
import org.jspecify.annotations.Nullable;

/// Elman's recurrent network: `h_t = act(W x_t + b + U h_{t-1} + b')`.
///
/// Shapes and parameters: [RNNBase], with G = 1. Source: Elman 1990; PyTorch's `nn.RNN`.
public final class RNN extends RNNBase {
    /// The function that gives the next state.
    public enum Nonlinearity {
        TANH(Cell.RNN_TANH),
        RELU(Cell.RNN_RELU),
        /// The logistic function, `1 / (1 + exp(-x))`.
        LOGISTIC(Cell.RNN_LOGISTIC);

        private final Cell cell;

        Nonlinearity(Cell cell) {
            this.cell = cell;
        }
    }

    /// One layer with tanh.
    public RNN(int inputSize, int hiddenSize) {
        this(Recurrence.of(inputSize, hiddenSize), Nonlinearity.TANH);
    }

    /// Layers with this nonlinearity.
    public RNN(Recurrence recurrence, Nonlinearity nonlinearity) {
        super(nonlinearity.cell, recurrence, false);
    }

    /// The output and the final states.
    ///
    /// @param h0 (L*D, N, H), or null for zeros
    public Output forward(Value x, @Nullable Value h0) {
        return record(x, null, h0, null, null);
    }

    /// The output and the final states of sequences of unequal lengths.
    ///
    /// @param h0 (L*D, N, H), or null for zeros
    public Output forward(PackedSequence x, @Nullable Value h0) {
        return record(x.padded(), x.lengths(), h0, null, null);
    }
}
