package dev.rondo.reference;

/// Long short-term memory, optionally with peepholes, a projection, or both.
///
/// ```
/// i  = σ(W_ii x + b_ii + W_hi h + b_hi + p_i * c)
/// f  = σ(W_if x + b_if + W_hf h + b_hf + p_f * c)
/// g  = tanh(W_ig x + b_ig + W_hg h + b_hg)
/// c' = f * c + i * g
/// o  = σ(W_io x + b_io + W_ho h + b_ho + p_o * c')
/// h' = W_hr (o * tanh(c'))
/// ```
///
/// Without peepholes the `p` terms fall away, without a projection `W_hr` does. `*` is element by element.
///
/// Sources: PyTorch `torch.nn.LSTM` (`proj_size` for `W_hr`); oneDNN, RNN primitive, "LSTM with Peephole" and "LSTM
/// with Projection" (`W_hr` is written R there, and g as c with a tilde); ONNX operator `LSTM`, input `P`.
/// Peepholes are in oneDNN's order i, f, o; ONNX stacks them i, o, f, and its gates i, o, f, c.
///
/// @param weights        with the four gates i, f, g, o
/// @param weightPeephole p_i, p_f and p_o, null for none // (3, H)
/// @param weightHr       projection, null for none // (P, H)
public record LstmCell(Weights weights, double[][] weightPeephole, double[][] weightHr) implements Cell {
    static final int I = 0;
    static final int F = 1;
    static final int G = 2;
    static final int O = 3;

    /// Rows of the peephole weights.
    static final int PEEPHOLE_I = 0;

    static final int PEEPHOLE_F = 1;
    static final int PEEPHOLE_O = 2;

    public LstmCell {
        Values.require(weights.gates() == 4, "LSTM has four gates");
        if (weightPeephole != null) {
            Values.requireMatrix("weightPeephole", weightPeephole, 3, weights.hiddenSize());
        }
        if (weightHr != null) {
            Values.requireMatrix("weightHr", weightHr, weights.recurrentSize(), weights.hiddenSize());
        } else {
            Values.require(weights.recurrentSize() == weights.hiddenSize(), "without projection weightHh is (4H, H)");
        }
    }

    /// An LSTM without peepholes and projection.
    public LstmCell(Weights weights) {
        this(weights, null, null);
    }

    @Override
    public int outputSize() {
        return weights.recurrentSize();
    }

    @Override
    public int cellSize() {
        return weights.hiddenSize();
    }

    @Override
    public boolean hasAttention() {
        return false;
    }

    @Override
    public State step(double[] x, double a, State previous) {
        double[] h = previous.h(); // (R)
        double[] c = previous.c(); // (H)
        double[] cNext = new double[cellSize()]; // (H)
        double[] m = new double[cellSize()]; // (H), what is projected
        for (int k = 0; k < cNext.length; k++) {
            double i = Cell.logistic(gate(I, k, x, h) + peephole(PEEPHOLE_I, k, c));
            double f = Cell.logistic(gate(F, k, x, h) + peephole(PEEPHOLE_F, k, c));
            double g = Math.tanh(gate(G, k, x, h));
            cNext[k] = f * c[k] + i * g;
            double o = Cell.logistic(gate(O, k, x, h) + peephole(PEEPHOLE_O, k, cNext));
            m[k] = o * Math.tanh(cNext[k]);
        }
        return new State(project(m), cNext);
    }

    private double gate(int gate, int unit, double[] x, double[] h) {
        return weights.input(gate, unit, x) + weights.hidden(gate, unit, h);
    }

    private double peephole(int row, int unit, double[] c) {
        return weightPeephole == null ? 0 : weightPeephole[row][unit] * c[unit];
    }

    private double[] project(double[] m) {
        return weightHr == null ? m : ReferenceLayers.linear(m, weightHr, null); // (R)
    }
}
