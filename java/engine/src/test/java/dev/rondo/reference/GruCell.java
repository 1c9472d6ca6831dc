package dev.rondo.reference;

/// The gated recurrent unit in its two forms, each optionally with an attention score on the update gate (AUGRU).
///
/// ```
/// r  = σ(W_ir x + b_ir + W_hr h + b_hr)
/// z  = σ(W_iz x + b_iz + W_hz h + b_hz)
/// n  = tanh(W_in x + b_in + r * (W_hn h + b_hn))     reset after the product
/// n  = tanh(W_in x + b_in + W_hn (r * h) + b_hn)     reset before the product
/// u  = z                                             without attention
/// u  = (1 - a) * z                                   with attention
/// h' = (1 - u) * n + u * h
/// ```
///
/// Sources: PyTorch `torch.nn.GRU` for the reset after the product, which is oneDNN's "Linear-Before-Reset GRU" and
/// ONNX's `linear_before_reset = 1`; oneDNN's "GRU" for the reset before it, which is ONNX's `linear_before_reset = 0`,
/// the default, and Keras's `reset_after=False`; oneDNN's "AUGRU" and "Linear-Before-Reset AUGRU" for the attention.
/// The order of the gates is PyTorch's r, z, n; oneDNN (u, r, o) and ONNX and Keras (z, r, h) have z first.
///
/// @param reset     where the reset gate is applied
/// @param attention whether there is an attention score, one number for each step and sample
/// @param weights   with the three gates r, z, n
public record GruCell(Reset reset, boolean attention, Weights weights) implements Cell {
    /// Where the reset gate is applied.
    public enum Reset {
        /// To `W_hn h + b_hn`: the linear map comes before the reset.
        AFTER_PRODUCT,
        /// To `h`: the linear map comes after the reset.
        BEFORE_PRODUCT
    }

    static final int R = 0;
    static final int Z = 1;
    static final int N = 2;

    public GruCell {
        Values.require(weights.gates() == 3, "GRU has three gates");
        Values.require(weights.recurrentSize() == weights.hiddenSize(), "GRU's weightHh is (3H, H)");
    }

    /// A GRU without attention.
    public GruCell(Reset reset, Weights weights) {
        this(reset, false, weights);
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
        return attention;
    }

    @Override
    public State step(double[] x, double a, State previous) {
        double[] h = previous.h(); // (H)
        double[] r = new double[h.length]; // (H)
        double[] rh = new double[h.length]; // (H), r * h
        for (int k = 0; k < h.length; k++) {
            r[k] = Cell.logistic(weights.input(R, k, x) + weights.hidden(R, k, h));
            rh[k] = r[k] * h[k];
        }
        double[] next = new double[h.length]; // (H)
        for (int k = 0; k < h.length; k++) {
            double z = Cell.logistic(weights.input(Z, k, x) + weights.hidden(Z, k, h));
            double n = switch (reset) {
                case AFTER_PRODUCT -> Math.tanh(weights.input(N, k, x) + r[k] * weights.hidden(N, k, h));
                case BEFORE_PRODUCT -> Math.tanh(weights.input(N, k, x) + weights.hidden(N, k, rh));
            };
            double u = attention ? (1 - a) * z : z;
            next[k] = (1 - u) * n + u * h[k];
        }
        return new State(next, previous.c());
    }
}
