package dev.rondo.reference;

import java.util.Random;

/// Random networks and inputs from a seed. All values are floats, so an engine can be given exactly the same.
///
/// Weights and biases are not centred on 0 and both biases are there, so that mixed-up signs, gates, biases or
/// directions do not cancel out.
public final class Samples {
    private final Random random;

    public Samples(long seed) {
        random = new Random(seed);
    }

    private double normal(double scale, double shift) {
        return (float) (scale * random.nextGaussian() + shift);
    }

    /// Standard normal numbers.
    public double[] vector(int size) {
        return vector(size, 1, 0);
    }

    private double[] vector(int size, double scale, double shift) {
        double[] vector = new double[size];
        for (int i = 0; i < size; i++) {
            vector[i] = normal(scale, shift);
        }
        return vector;
    }

    /// Standard normal numbers.
    public double[][] matrix(int rows, int columns) {
        double[][] matrix = new double[rows][];
        for (int r = 0; r < rows; r++) {
            matrix[r] = vector(columns);
        }
        return matrix;
    }

    /// Standard normal numbers: a sequence, or states.
    public double[][][] cube(int matrices, int rows, int columns) {
        double[][][] cube = new double[matrices][][];
        for (int m = 0; m < matrices; m++) {
            cube[m] = matrix(rows, columns);
        }
        return cube;
    }

    /// Numbers from 0 to 1, such as attention scores. // (T, N)
    public double[][] scores(int steps, int samples) {
        double[][] scores = new double[steps][samples];
        for (double[] row : scores) {
            for (int n = 0; n < samples; n++) {
                row[n] = random.nextFloat();
            }
        }
        return scores;
    }

    /// Weights that keep the scale of what they multiply.
    public double[][] weight(int rows, int columns) {
        double gain = 0.9 / Math.sqrt(columns);
        double[][] weight = new double[rows][];
        for (int r = 0; r < rows; r++) {
            weight[r] = vector(columns, gain, 0.1 * gain);
        }
        return weight;
    }

    public double[] bias(int size) {
        return vector(size, 0.4, 0.1);
    }

    /// A cell's weights.
    ///
    /// @param recurrentSize R: the hidden size, or the projected size
    public Weights weights(int gates, int inputSize, int hiddenSize, int recurrentSize) {
        int rows = gates * hiddenSize;
        return new Weights(gates, weight(rows, inputSize), weight(rows, recurrentSize), bias(rows), bias(rows));
    }

    public RnnCell rnn(RnnCell.Activation activation, int inputSize, int hiddenSize) {
        return new RnnCell(activation, weights(1, inputSize, hiddenSize, hiddenSize));
    }

    public LstmCell lstm(int inputSize, int hiddenSize) {
        return new LstmCell(weights(4, inputSize, hiddenSize, hiddenSize));
    }

    /// An LSTM with peepholes, a projection or both.
    ///
    /// @param projectedSize P, 0 for no projection
    public LstmCell lstm(int inputSize, int hiddenSize, boolean peephole, int projectedSize) {
        Weights weights = weights(4, inputSize, hiddenSize, projectedSize > 0 ? projectedSize : hiddenSize);
        double[][] weightPeephole = peephole ? new double[3][] : null; // (3, H)
        for (int p = 0; peephole && p < 3; p++) {
            weightPeephole[p] = bias(hiddenSize);
        }
        double[][] weightHr = projectedSize > 0 ? weight(projectedSize, hiddenSize) : null;
        return new LstmCell(weights, weightPeephole, weightHr);
    }

    public GruCell gru(GruCell.Reset reset, int inputSize, int hiddenSize) {
        return new GruCell(reset, weights(3, inputSize, hiddenSize, hiddenSize));
    }

    /// A GRU with attention.
    public GruCell augru(GruCell.Reset reset, int inputSize, int hiddenSize) {
        return new GruCell(reset, true, weights(3, inputSize, hiddenSize, hiddenSize));
    }
}
