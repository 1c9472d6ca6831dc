package dev.rondo.reference;

/// The plain recurrent cell.
///
/// ```
/// h' = f(W_ih x + b_ih + W_hh h + b_hh)
/// ```
///
/// Sources: PyTorch `torch.nn.RNN` (tanh, relu); oneDNN, RNN primitive, "Vanilla RNN" (also logistic); ONNX operator
/// `RNN` (`activations` Tanh, Relu, Sigmoid).
///
/// @param activation f
/// @param weights    with one gate
public record RnnCell(Activation activation, Weights weights) implements Cell {
    /// The functions oneDNN's vanilla RNN knows.
    public enum Activation {
        TANH,
        RELU,
        LOGISTIC;

        double apply(double x) {
            return switch (this) {
                case TANH -> Math.tanh(x);
                case RELU -> Math.max(0, x);
                case LOGISTIC -> Cell.logistic(x);
            };
        }
    }

    public RnnCell {
        Values.require(weights.gates() == 1, "RNN has one gate");
        Values.require(weights.recurrentSize() == weights.hiddenSize(), "RNN's weightHh is square");
    }

    @Override
    public int outputSize() {
        return weights.hiddenSize();
    }

    @Override
    public int cellSize() {
        return 0;
    }

    @Override
    public boolean hasAttention() {
        return false;
    }

    @Override
    public State step(double[] x, double a, State previous) {
        double[] h = previous.h(); // (H)
        double[] next = new double[outputSize()]; // (H)
        for (int k = 0; k < next.length; k++) {
            next[k] = activation.apply(weights.input(0, k, x) + weights.hidden(0, k, h));
        }
        return new State(next, previous.c());
    }
}
