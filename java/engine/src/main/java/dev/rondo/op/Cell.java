package dev.rondo.op;

/// The recurrent cells, in oneDNN's words. G gates of H units each read the input x and the state h.
///
/// | cell | gates | next state |
/// |---|---|---|
/// | RNN | h | `h' = act(W x + U h + b)` |
/// | LSTM | i, f, c~, o | `c' = f c + i c~`, `h' = o tanh(c')` |
/// | GRU | u, r, o | `o = tanh(W x + U (r h) + b)`, `h' = u h + (1 - u) o` |
/// | LBR_GRU | u, r, o | `o = tanh(W x + b + r (U h + b'))`, `h' = u h + (1 - u) o` |
/// | AUGRU, LBR_AUGRU | u, r, o | as above with `(1 - a) u` in place of u, a being the step's attention |
///
/// Source: oneDNN's developer guide, RNN primitives.
public enum Cell {
    RNN_TANH("rnn_tanh", 1, 0),
    RNN_RELU("rnn_relu", 1, 0),
    RNN_LOGISTIC("rnn_logistic", 1, 0),
    LSTM("lstm", 4, 0),
    GRU("gru", 3, 0),
    LBR_GRU("lbr_gru", 3, 1),
    AUGRU("augru", 3, 0),
    LBR_AUGRU("lbr_augru", 3, 1);

    private final String word;
    private final int gates;
    private final int extraBiases;

    Cell(String word, int gates, int extraBiases) {
        this.word = word;
        this.gates = gates;
        this.extraBiases = extraBiases;
    }

    /// Number of gates, G.
    public int gates() {
        return gates;
    }

    /// Rows of the bias: one a gate, and one more where the recurrent product has a bias of its own.
    int biases() {
        return gates + extraBiases;
    }

    /// Whether the state has a cell c beside the hidden h.
    public boolean hasCellState() {
        return this == LSTM;
    }

    /// Whether each step reads an attention score.
    public boolean hasAttention() {
        return this == AUGRU || this == LBR_AUGRU;
    }

    @Override
    public String toString() {
        return word;
    }
}
