package dev.rondo.bench;

import java.util.Arrays;
import java.util.Map;

/// No library at all: float loops as one would write them by hand, weights transposed so that the compiler makes
/// vectors of the innermost one.
public final class PlainJava implements Library {
    private static final long MOST_MULTIPLICATIONS = 200_000_000; // a run that takes longer tells nothing more

    @Override
    public String name() {
        return "java";
    }

    @Override
    public int rank() {
        return 100;
    }

    @Override
    public boolean hasLayer(LayerShape shape) {
        return shape.isPlain()
                && !shape.cell().equals("gru_reset_before")
                && shape.multiplications() <= MOST_MULTIPLICATIONS;
    }

    @Override
    public boolean hasStream(LayerShape shape) {
        return hasLayer(shape);
    }

    @Override
    public Contender layer(LayerShape shape, int threads) {
        return new Loops(shape, false);
    }

    @Override
    public Contender stream(LayerShape shape, int threads) {
        return new Loops(shape, true);
    }

    private static final class Loops implements Contender {
        private final LayerShape shape;
        private final boolean isStream;
        private final int hidden;
        private final int rows; // G*H
        private final float[] inputWeight; // (I, G*H)
        private final float[] stateWeight; // (H, G*H)
        private final float[] inputBias;
        private final float[] stateBias;
        private final float[] x; // (T, N, I)
        private final float[] output; // (T, N, H)
        private final float[] h; // (N, H)
        private final float[] c;
        private final float[] fromInput; // (G*H)
        private final float[] fromState;

        Loops(LayerShape shape, boolean isStream) {
            this.shape = shape;
            this.isStream = isStream;
            hidden = shape.hidden();
            rows = shape.gates() * hidden;
            Map<String, float[]> weights = shape.weights();
            inputWeight = transposed(weights.get("weight_ih_l0"), rows);
            stateWeight = transposed(weights.get("weight_hh_l0"), rows);
            inputBias = weights.get("bias_ih_l0");
            stateBias = weights.get("bias_hh_l0");
            x = shape.values();
            output = new float[(int) shape.output().elements()];
            h = new float[shape.batch() * hidden];
            c = new float[shape.batch() * hidden];
            fromInput = new float[rows];
            fromState = new float[rows];
        }

        private static float[] transposed(float[] weight, int rows) {
            int width = weight.length / rows;
            float[] result = new float[weight.length];
            for (int row = 0; row < rows; row++) {
                for (int i = 0; i < width; i++) {
                    result[i * rows + row] = weight[row * width + i];
                }
            }
            return result;
        }

        @Override
        public void run() {
            if (!isStream) {
                Arrays.fill(h, 0);
                Arrays.fill(c, 0);
            }
            for (int t = 0; t < shape.steps(); t++) {
                for (int n = 0; n < shape.batch(); n++) {
                    int at = t * shape.batch() + n;
                    product(inputWeight, x, at * shape.input(), shape.input(), inputBias, fromInput);
                    product(stateWeight, h, n * hidden, hidden, stateBias, fromState);
                    cell(n * hidden);
                    System.arraycopy(h, n * hidden, output, at * hidden, hidden);
                }
            }
        }

        private void product(float[] weight, float[] values, int from, int width, float[] bias, float[] result) {
            System.arraycopy(bias, 0, result, 0, rows);
            for (int i = 0; i < width; i++) {
                float value = values[from + i];
                int row = i * rows;
                for (int j = 0; j < rows; j++) {
                    result[j] += value * weight[row + j];
                }
            }
        }

        private void cell(int from) {
            switch (shape.cell()) {
                case "lstm" -> lstm(from);
                case "gru" -> gru(from);
                case "rnn" -> {
                    for (int j = 0; j < hidden; j++) {
                        h[from + j] = (float) Math.tanh(fromInput[j] + fromState[j]);
                    }
                }
                default -> {
                    for (int j = 0; j < hidden; j++) {
                        h[from + j] = Math.max(0, fromInput[j] + fromState[j]);
                    }
                }
            }
        }

        private void lstm(int from) { // gates i, f, g, o
            for (int j = 0; j < hidden; j++) {
                float i = sigmoid(fromInput[j] + fromState[j]);
                float f = sigmoid(fromInput[hidden + j] + fromState[hidden + j]);
                float g = (float) Math.tanh(fromInput[2 * hidden + j] + fromState[2 * hidden + j]);
                float o = sigmoid(fromInput[3 * hidden + j] + fromState[3 * hidden + j]);
                c[from + j] = f * c[from + j] + i * g;
                h[from + j] = o * (float) Math.tanh(c[from + j]);
            }
        }

        private void gru(int from) { // gates r, z, n
            for (int j = 0; j < hidden; j++) {
                float r = sigmoid(fromInput[j] + fromState[j]);
                float z = sigmoid(fromInput[hidden + j] + fromState[hidden + j]);
                float n = (float) Math.tanh(fromInput[2 * hidden + j] + r * fromState[2 * hidden + j]);
                h[from + j] = (1 - z) * n + z * h[from + j];
            }
        }

        private static float sigmoid(float value) {
            return 1 / (1 + (float) Math.exp(-value));
        }

        @Override
        public float[] output() {
            return output.clone();
        }

        @Override
        public Contender another() {
            return new Loops(shape, isStream);
        }

        @Override
        public void close() {
            // the garbage collector's
        }
    }
}
