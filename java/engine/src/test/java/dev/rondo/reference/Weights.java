package dev.rondo.reference;

/// The weights all cells have, in PyTorch's layout: the rows of gate 0 for all units, then those of gate 1, and so on.
///
/// @param gates    number of gates: 1 for RNN, 4 for LSTM (i, f, g, o), 3 for GRU (r, z, n)
/// @param weightIh weights of the input // (G*H, I)
/// @param weightHh weights of the hidden state // (G*H, R)
/// @param biasIh   bias next to `weightIh`, null for none // (G*H)
/// @param biasHh   bias next to `weightHh`, null for none // (G*H)
public record Weights(int gates, double[][] weightIh, double[][] weightHh, double[] biasIh, double[] biasHh) {
    public Weights {
        if (weightIh.length == 0 || weightIh.length % gates != 0) {
            throw new IllegalArgumentException(weightIh.length + " rows are not " + gates + " equal gates");
        }
        Values.requireMatrix("weightIh", weightIh, weightIh.length, weightIh[0].length);
        Values.requireMatrix("weightHh", weightHh, weightIh.length, weightHh[0].length);
        if (biasIh != null) {
            Values.requireSize("biasIh", biasIh, weightIh.length);
        }
        if (biasHh != null) {
            Values.requireSize("biasHh", biasHh, weightIh.length);
        }
    }

    /// I.
    public int inputSize() {
        return weightIh[0].length;
    }

    /// H.
    public int hiddenSize() {
        return weightIh.length / gates;
    }

    /// R.
    public int recurrentSize() {
        return weightHh[0].length;
    }

    /// `W_ih x + b_ih` for one unit of one gate.
    double input(int gate, int unit, double[] x) {
        return affine(weightIh, biasIh, gate * hiddenSize() + unit, x);
    }

    /// `W_hh h + b_hh` for one unit of one gate.
    double hidden(int gate, int unit, double[] h) {
        return affine(weightHh, biasHh, gate * hiddenSize() + unit, h);
    }

    private static double affine(double[][] weight, double[] bias, int row, double[] x) {
        Values.requireSize("the vector to multiply", x, weight[row].length);
        double sum = bias == null ? 0 : bias[row];
        for (int j = 0; j < x.length; j++) {
            sum += weight[row][j] * x[j];
        }
        return sum;
    }
}
