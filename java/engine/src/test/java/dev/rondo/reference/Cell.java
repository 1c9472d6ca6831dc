package dev.rondo.reference;

/// A recurrent cell: the function from an input and a state to the next state, for one sample.
public sealed interface Cell permits RnnCell, LstmCell, GruCell {
    /// A sample's state between two steps.
    ///
    /// @param h hidden state, which is also the cell's output // (R)
    /// @param c cell state, empty if the cell has none // (H) or (0)
    record State(double[] h, double[] c) {}

    /// Weights of the input, the recurrence and the biases.
    Weights weights();

    /// Width R of the hidden state h, and of the output.
    int outputSize();

    /// Width of the cell state c: H for LSTM, 0 for the others.
    int cellSize();

    /// Whether the step reads an attention score.
    boolean hasAttention();

    /// One step in time.
    ///
    /// @param x        input // (I)
    /// @param a        attention score of this step, which only cells with attention read
    /// @param previous state before the step; it is not changed
    State step(double[] x, double a, State previous);

    /// One step in time of a cell without attention.
    default State step(double[] x, State previous) {
        if (hasAttention()) {
            throw new IllegalArgumentException("a cell with attention needs an attention score");
        }
        return step(x, 0, previous);
    }

    /// `1 / (1 + exp(-x))`.
    static double logistic(double x) {
        return 1 / (1 + Math.exp(-x));
    }
}
