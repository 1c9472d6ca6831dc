package dev.rondo.reference;

import java.util.function.UnaryOperator;

/// The layers around the recurrent ones, forward. Each works on the last dimension: there is a function for one vector,
/// and [#each(double\[\]\[\], UnaryOperator)] and its likes apply it to all vectors of a matrix or sequence:
/// `each(x, row -> linear(row, weight, bias))`.
public final class ReferenceLayers {
    private ReferenceLayers() {}

    /// `y = W x + b`, as PyTorch's `torch.nn.functional.linear`.
    ///
    /// @param x      input // (I)
    /// @param weight // (O, I)
    /// @param bias   null for none // (O)
    /// @return y // (O)
    public static double[] linear(double[] x, double[][] weight, double[] bias) {
        double[] y = new double[weight.length];
        for (int k = 0; k < y.length; k++) {
            Values.requireSize("the input", x, weight[k].length);
            y[k] = bias == null ? 0 : bias[k];
            for (int j = 0; j < x.length; j++) {
                y[k] += weight[k][j] * x[j];
            }
        }
        return y;
    }

    /// The rows of a table, as PyTorch's `torch.nn.functional.embedding`. There, a padding index changes the
    /// gradient only: its row is read like any other.
    ///
    /// @param ids    row numbers // (T, N)
    /// @param weight the table // (V, E)
    /// @return rows // (T, N, E)
    public static double[][][] embedding(long[][] ids, double[][] weight) {
        double[][][] rows = new double[ids.length][][];
        for (int t = 0; t < ids.length; t++) {
            rows[t] = new double[ids[t].length][];
            for (int n = 0; n < ids[t].length; n++) {
                rows[t][n] = weight[Math.toIntExact(ids[t][n])].clone();
            }
        }
        return rows;
    }

    /// `y_k = exp(x_k) / Σ_j exp(x_j)`, with the largest x taken off first, which changes nothing but the range.
    ///
    /// Source: PyTorch `torch.nn.functional.softmax`; oneDNN, softmax primitive (`softmax_accurate`).
    public static double[] softmax(double[] x) {
        double max = max(x);
        double sum = 0;
        for (double v : x) {
            sum += Math.exp(v - max);
        }
        double[] y = new double[x.length];
        for (int k = 0; k < x.length; k++) {
            y[k] = Math.exp(x[k] - max) / sum;
        }
        return y;
    }

    /// `y_k = x_k - log Σ_j exp(x_j)`, with the largest x taken off first.
    ///
    /// Source: PyTorch `torch.nn.functional.log_softmax`; oneDNN, softmax primitive (`softmax_log`).
    public static double[] logSoftmax(double[] x) {
        double max = max(x);
        double sum = 0;
        for (double v : x) {
            sum += Math.exp(v - max);
        }
        double[] y = new double[x.length];
        for (int k = 0; k < x.length; k++) {
            y[k] = x[k] - max - Math.log(sum);
        }
        return y;
    }

    /// ```
    /// y = (x - mean) / sqrt(variance + eps) * weight + bias
    /// ```
    ///
    /// with the biased variance, `Σ (x - mean)² / H`.
    ///
    /// Source: PyTorch `torch.nn.LayerNorm`; oneDNN, layer normalization primitive.
    ///
    /// @param x      input // (H)
    /// @param weight null for ones // (H)
    /// @param bias   null for zeros // (H)
    /// @return y // (H)
    public static double[] layerNorm(double[] x, double eps, double[] weight, double[] bias) {
        double mean = 0;
        for (double v : x) {
            mean += v / x.length;
        }
        double variance = 0;
        for (double v : x) {
            variance += (v - mean) * (v - mean) / x.length;
        }
        double[] y = new double[x.length];
        for (int k = 0; k < x.length; k++) {
            y[k] = (x[k] - mean) / Math.sqrt(variance + eps);
            y[k] *= weight == null ? 1 : weight[k];
            y[k] += bias == null ? 0 : bias[k];
        }
        return y;
    }

    /// The layer applied to each row. // (N, I) to (N, O)
    public static double[][] each(double[][] x, UnaryOperator<double[]> layer) {
        double[][] y = new double[x.length][];
        for (int n = 0; n < x.length; n++) {
            y[n] = layer.apply(x[n]);
        }
        return y;
    }

    /// The layer applied to each sample of each step. // (T, N, I) to (T, N, O)
    public static double[][][] each(double[][][] x, UnaryOperator<double[]> layer) {
        double[][][] y = new double[x.length][][];
        for (int t = 0; t < x.length; t++) {
            y[t] = each(x[t], layer);
        }
        return y;
    }

    private static double max(double[] x) {
        double max = Double.NEGATIVE_INFINITY;
        for (double v : x) {
            max = Math.max(max, v);
        }
        return max;
    }
}
