package dev.rondo.reference;

import java.util.List;

/// Stacks of recurrent layers over sequences, with the semantics of PyTorch's `torch.nn.RNN`, `LSTM` and `GRU`: each
/// layer reads the merged output of the one below.
///
/// That differs from a bidirectional oneDNN primitive of several layers, which runs one stack for each direction and
/// merges only at the top. The sum of the directions is oneDNN's `bidirectional_sum`; PyTorch only joins them.
public final class ReferenceRecurrent {
    private ReferenceRecurrent() {}

    /// Which way a layer reads time, and how it merges two directions.
    public enum Direction {
        FORWARD,
        REVERSE,
        /// Both, the outputs of the forward cell followed by those of the reverse cell.
        CONCAT,
        /// Both, the outputs added.
        SUM;

        /// D.
        public int count() {
            return this == CONCAT || this == SUM ? 2 : 1;
        }

        private boolean isReverse(int d) {
            return this == REVERSE || d == 1;
        }
    }

    /// A layer.
    ///
    /// @param cells the cell, or the forward and the reverse cell
    public record Layer(Direction direction, List<Cell> cells) {
        public Layer {
            cells = List.copyOf(cells);
            Values.require(cells.size() == direction.count(), direction + " needs " + direction.count() + " cell(s)");
        }

        public Layer(Direction direction, Cell... cells) {
            this(direction, List.of(cells));
        }

        private double[] merge(double[] forward, double[] reverse) {
            return direction == Direction.SUM ? Values.add(forward, reverse) : Values.concat(forward, reverse);
        }
    }

    /// What a stack computes. The states are in the order layer 0 forward, layer 0
    /// reverse, layer 1 forward and so on; layers may differ in width, and so may the rows.
    ///
    /// @param output outputs of the last layer, 0 in the padding // (T, N, D*R), or (T, N, R) for a sum
    /// @param hN     hidden state of each sample after its last step // (L*D, N, R)
    /// @param cN     cell state likewise; rows of cells without one are empty // (L*D, N, H)
    public record Result(double[][][] output, double[][][] hN, double[][][] cN) {}

    /// Runs a stack from zero states over sequences that all have full length.
    public static Result run(List<Layer> layers, double[][][] input) {
        return run(layers, input, null, null, null, null);
    }

    /// Runs a stack.
    ///
    /// @param layers    from bottom to top
    /// @param input     // (T, N, I)
    /// @param h0        initial hidden states in the order of `hN`, null for zeros // (L*D, N, R)
    /// @param c0        initial cell states, null for zeros // (L*D, N, H)
    /// @param lengths   number of steps of each sample, null for T; later steps are padding and never read, and
    ///                  the reverse direction starts at the sample's own last step. PyTorch refuses a length of
    ///                  0, here such a sample keeps its initial state // (N)
    /// @param attention scores for cells with attention, else null // (T, N)
    public static Result run(
            List<Layer> layers,
            double[][][] input,
            double[][][] h0,
            double[][][] c0,
            int[] lengths,
            double[][] attention) {
        int directions = layers.stream().mapToInt(layer -> layer.cells().size()).sum(); // L*D
        double[][][] hN = new double[directions][][];
        double[][][] cN = new double[directions][][];
        double[][][] x = input;
        int s = 0;
        for (Layer layer : layers) {
            double[][][] merged = null;
            for (int d = 0; d < layer.cells().size(); d++) {
                Cell cell = layer.cells().get(d);
                double[][] h = h0 == null ? new double[x[0].length][cell.outputSize()] : h0[s]; // (N, R)
                double[][] c = c0 == null ? new double[x[0].length][cell.cellSize()] : c0[s]; // (N, H)
                Pass pass = pass(cell, layer.direction().isReverse(d), x, h, c, lengths, attention);
                hN[s] = pass.hN();
                cN[s] = pass.cN();
                merged = d == 0 ? pass.output() : merge(layer, merged, pass.output());
                s++;
            }
            x = merged;
        }
        return new Result(x, hN, cN);
    }

    /// What one cell computes over a sequence.
    ///
    /// @param output // (T, N, R)
    /// @param hN     // (N, R)
    /// @param cN     // (N, H)
    record Pass(double[][][] output, double[][] hN, double[][] cN) {}

    private static Pass pass(
            Cell cell,
            boolean reverse,
            double[][][] x,
            double[][] h0,
            double[][] c0,
            int[] lengths,
            double[][] attention) {
        Values.require(attention != null || !cell.hasAttention(), "a cell with attention needs attention scores");
        int steps = x.length; // T
        int samples = x[0].length; // N
        Values.requireMatrix("h0", h0, samples, cell.outputSize());
        Values.requireMatrix("c0", c0, samples, cell.cellSize());
        Values.require(lengths == null || lengths.length == samples, "each sample needs a length");
        double[][][] output = new double[steps][samples][cell.outputSize()]; // (T, N, R)
        double[][] hN = new double[samples][]; // (N, R)
        double[][] cN = new double[samples][]; // (N, H)
        for (int n = 0; n < samples; n++) {
            int length = lengths == null ? steps : lengths[n];
            Cell.State state = new Cell.State(h0[n], c0[n]);
            for (int step = 0; step < length; step++) {
                int t = reverse ? length - 1 - step : step;
                state = cell.step(x[t][n], attention == null ? 0 : attention[t][n], state);
                output[t][n] = state.h();
            }
            hN[n] = state.h().clone();
            cN[n] = state.c().clone();
        }
        return new Pass(output, hN, cN);
    }

    private static double[][][] merge(Layer layer, double[][][] forward, double[][][] reverse) {
        double[][][] merged = new double[forward.length][][]; // (T, N, D*R) or (T, N, R)
        for (int t = 0; t < forward.length; t++) {
            merged[t] = new double[forward[t].length][];
            for (int n = 0; n < forward[t].length; n++) {
                merged[t][n] = layer.merge(forward[t][n], reverse[t][n]);
            }
        }
        return merged;
    }
}
