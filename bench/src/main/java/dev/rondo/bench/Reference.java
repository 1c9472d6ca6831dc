package dev.rondo.bench;

import java.util.Arrays;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;

/// What recurrent layers compute, by their equations, in plain double loops; the judge of all contenders.
///
/// Large shapes are computed in part: some of the batch's samples and, from left to right, the first of the steps.
///
/// @param samples which samples
/// @param output  theirs: (samples, steps, D*H)
record Reference(int[] samples, double[][][] output) {
    private static final long MULTIPLICATIONS = 50_000_000;
    private static final double TOLERANCE = 5e-5;

    /// The output of a shape's own input.
    static Reference of(LayerShape shape) {
        float[] values = shape.values();
        Map<String, float[]> weights = shape.weights();
        int[] lengths = shape.lengths();
        long sample = Math.max(1, shape.multiplications() / shape.batch());
        int count = Math.clamp(MULTIPLICATIONS / sample, 2, Math.max(2, shape.batch()));
        int[] samples = IntStream.range(0, Math.min(count, shape.batch()))
                .map(i -> i == count - 1 ? shape.batch() - 1 : i)
                .toArray();
        int steps = shape.isBidirectional()
                ? shape.steps()
                : Math.clamp(MULTIPLICATIONS * shape.steps() / sample, 2, Math.max(2, shape.steps()));
        return new Reference(
                samples,
                Arrays.stream(samples)
                        .mapToObj(n -> {
                            int length = Math.min(steps, lengths[n]);
                            double[][] x = new double[length][shape.input()];
                            for (int t = 0; t < length; t++) {
                                int from = (t * shape.batch() + n) * shape.input();
                                Arrays.setAll(x[t], i -> values[from + i]);
                            }
                            return run(shape, weights, x, Math.min(steps, shape.steps()));
                        })
                        .toArray(double[][][]::new));
    }

    /// The output of the last of some steps over one and the same input, state carried.
    static Reference ofStream(LayerShape shape, int steps) {
        float[] values = shape.values();
        double[] x = new double[shape.input()];
        Arrays.setAll(x, i -> values[i]);
        double[][] all = new double[steps][];
        Arrays.fill(all, x);
        double[][] output = run(shape, shape.weights(), all, steps);
        return new Reference(new int[1], new double[][][] {{output[steps - 1]}});
    }

    /// Throws unless a contender's output agrees.
    ///
    /// @throws IllegalStateException saying where it does not
    void check(String who, LayerShape shape, float[] actual) {
        long size = shape.output().elements();
        if (actual.length != size) {
            throw new IllegalStateException(who + ", " + shape + ": " + actual.length + " values instead of " + size);
        }
        for (int i = 0; i < samples.length; i++) {
            for (int t = 0; t < output[i].length; t++) {
                double[] expected = output[i][t];
                for (int j = 0; j < expected.length; j++) {
                    double value = actual[(t * shape.batch() + samples[i]) * expected.length + j];
                    // Written so that NaN fails.
                    if (!(Math.abs(value - expected[j]) <= TOLERANCE * (1 + Math.abs(expected[j])))) {
                        throw new IllegalStateException("%s, %s: %s instead of %s at step %d, sample %d, element %d"
                                .formatted(who, shape, value, expected[j], t, samples[i], j));
                    }
                }
            }
        }
    }

    /// All layers over one sequence; zeros from its end to so many steps.
    private static double[][] run(LayerShape shape, Map<String, float[]> weights, double[][] x, int steps) {
        double[][] below = x;
        for (int layer = 0; layer < shape.layers(); layer++) {
            double[][] joined = new double[x.length][shape.directions() * shape.hidden()];
            for (int direction = 0; direction < shape.directions(); direction++) {
                direction(shape, weights, "_l" + layer + (direction == 1 ? "_reverse" : ""), below, joined);
            }
            below = joined;
        }
        double[][] padded = Arrays.copyOf(below, steps);
        for (int t = x.length; t < steps; t++) {
            padded[t] = new double[shape.directions() * shape.hidden()];
        }
        return padded;
    }

    private static void direction(
            LayerShape shape, Map<String, float[]> weights, String suffix, double[][] x, double[][] output) {
        int hidden = shape.hidden();
        float[] wx = weights.get("weight_ih" + suffix); // (G*H, I)
        float[] wh = weights.get("weight_hh" + suffix); // (G*H, H)
        float[] bx = weights.get("bias_ih" + suffix); // (G*H)
        float[] bh = weights.get("bias_hh" + suffix);
        boolean isReverse = suffix.endsWith("reverse");
        double[] h = new double[hidden];
        double[] c = new double[hidden];
        for (int step = 0; step < x.length; step++) {
            int t = isReverse ? x.length - 1 - step : step;
            h = switch (shape.cell()) {
                case "lstm" -> lstm(product(wx, x[t], bx), product(wh, h, bh), c);
                case "gru" -> gru(product(wx, x[t], bx), product(wh, h, bh), h);
                case "gru_reset_before" -> gruResetBefore(product(wx, x[t], bx), wh, bh, h);
                case "rnn" -> map(Math::tanh, product(wx, x[t], bx), product(wh, h, bh));
                case "rnn_relu" -> map(value -> Math.max(value, 0), product(wx, x[t], bx), product(wh, h, bh));
                default -> throw new IllegalArgumentException("there is no cell named " + shape.cell());
            };
            System.arraycopy(h, 0, output[t], isReverse ? hidden : 0, hidden);
        }
    }

    private static double[] lstm(double[] x, double[] u, double[] c) { // gates i, f, g, o; c changes
        int hidden = c.length;
        double[] h = new double[hidden];
        for (int j = 0; j < hidden; j++) {
            double i = sigmoid(x[j] + u[j]);
            double f = sigmoid(x[hidden + j] + u[hidden + j]);
            double g = Math.tanh(x[2 * hidden + j] + u[2 * hidden + j]);
            double o = sigmoid(x[3 * hidden + j] + u[3 * hidden + j]);
            c[j] = f * c[j] + i * g;
            h[j] = o * Math.tanh(c[j]);
        }
        return h;
    }

    private static double[] gru(double[] x, double[] u, double[] h) { // gates r, z, n
        int hidden = h.length;
        double[] next = new double[hidden];
        for (int j = 0; j < hidden; j++) {
            double r = sigmoid(x[j] + u[j]);
            double z = sigmoid(x[hidden + j] + u[hidden + j]);
            double n = Math.tanh(x[2 * hidden + j] + r * u[2 * hidden + j]);
            next[j] = (1 - z) * n + z * h[j];
        }
        return next;
    }

    private static double[] gruResetBefore(double[] x, float[] wh, float[] bh, double[] h) { // gates r, z, n
        int hidden = h.length;
        double[] u = product(wh, h, bh);
        double[] reset = new double[hidden];
        Arrays.setAll(reset, j -> sigmoid(x[j] + u[j]) * h[j]);
        double[] v = product(wh, reset, bh);
        double[] next = new double[hidden];
        for (int j = 0; j < hidden; j++) {
            double z = sigmoid(x[hidden + j] + u[hidden + j]);
            next[j] = (1 - z) * Math.tanh(x[2 * hidden + j] + v[2 * hidden + j]) + z * h[j];
        }
        return next;
    }

    private static double[] map(DoubleUnaryOperator function, double[] x, double[] u) {
        double[] h = new double[x.length];
        Arrays.setAll(h, j -> function.applyAsDouble(x[j] + u[j]));
        return h;
    }

    private static double[] product(float[] weight, double[] x, float[] bias) {
        double[] result = new double[bias.length];
        for (int row = 0; row < result.length; row++) {
            double sum = bias[row];
            for (int i = 0; i < x.length; i++) {
                sum += weight[row * x.length + i] * x[i];
            }
            result[row] = sum;
        }
        return result;
    }

    private static double sigmoid(double value) {
        return 1 / (1 + Math.exp(-value));
    }
}
