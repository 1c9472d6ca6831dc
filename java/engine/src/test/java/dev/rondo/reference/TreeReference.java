package dev.rondo.reference;

import java.util.ArrayList;
import java.util.List;

/// Recurrent cells over trees in plain double loops, one node at a time.
///
/// @param cell      which equations
/// @param arity     K
/// @param weightIh  (X, I)
/// @param weightHh  (types, G, H); of the tensor network the first H rows are its matrix, row (j, k, i) of the
///                  others is row k H + i of V_j
/// @param bias      (X)
public record TreeReference(Cell cell, int arity, double[][] weightIh, double[][][] weightHh, double[] bias) {
    public enum Cell {
        RNN,
        LSTM,
        CHILD_SUM_LSTM,
        GRU,
        TENSOR
    }

    /// The states of all nodes.
    ///
    /// @param h (N, H)
    /// @param c (N, H), of an LSTM
    public record States(double[][] h, double[][] c) {}

    private int hidden() {
        return weightHh[0][0].length;
    }

    /// @param x       (M, I)
    /// @param parents (N), -1 for a root, -2 where there is no node
    /// @param types   (N)
    /// @param topDown whether nodes receive from their parents
    public States run(double[][] x, long[] parents, long[] types, boolean topDown) {
        int nodes = parents.length;
        States states = new States(new double[nodes][hidden()], new double[nodes][hidden()]);
        boolean[] done = new boolean[nodes];
        for (int round = 0; round < nodes; round++) {
            for (int u = 0; u < nodes; u++) {
                List<Integer> edges = new ArrayList<>(); // by their lower ends
                boolean ready = parents[u] != -2 && !done[u];
                for (int v = 0; v < nodes; v++) {
                    boolean receives = parents[v] >= 0 && (topDown ? v == u : parents[v] == u);
                    if (receives) {
                        edges.add(v);
                        ready &= done[topDown ? (int) parents[v] : v];
                    }
                }
                if (ready) {
                    node(u, u < x.length ? x[u] : null, edges, parents, types, topDown, states);
                    done[u] = true;
                }
            }
        }
        return states;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    private void node(
            int u, double[] x, List<Integer> edges, long[] parents, long[] types, boolean topDown, States states) {
        int size = hidden();
        double[] given = new double[bias.length];
        for (int g = 0; g < given.length; g++) {
            given[g] = bias[g] + (x == null ? 0 : dot(weightIh[g], x));
        }
        for (int j = 0; j < size; j++) {
            double[] sums = given.clone();
            double kept = 0; // what forget gates leave, or states summed up
            double fromEdges = 0;
            for (int v : edges) {
                int from = topDown ? (int) parents[v] : v;
                double[] h = states.h[from];
                double c = states.c[from][j];
                double[][] weights = weightHh[(int) types[v]];
                for (int g = 0; g < sums.length; g++) {
                    sums[g] += dot(weights[g], h);
                }
                switch (cell) {
                    case CHILD_SUM_LSTM -> kept += sigmoid(given[size + j] + dot(weights[size + j], h)) * c;
                    case GRU -> {
                        double r = sigmoid(given[j] + dot(weights[j], h));
                        fromEdges += r * dot(weights[2 * size + j], h);
                        kept += h[j];
                    }
                    case TENSOR -> fromEdges += tensor(j, h, weights, edges, parents, types, topDown, states);
                    default -> {}
                }
            }
            switch (cell) {
                case RNN -> states.h[u][j] = Math.tanh(sums[j]);
                case TENSOR -> states.h[u][j] = Math.tanh(sums[j] + fromEdges);
                case GRU -> {
                    double z = sigmoid(sums[size + j]);
                    states.h[u][j] = (1 - z) * Math.tanh(given[2 * size + j] + fromEdges) + z * kept;
                }
                case LSTM -> {
                    for (int v : edges) {
                        int slot = (int) (types[v] % arity);
                        kept += sigmoid(sums[(1 + slot) * size + j]) * states.c[topDown ? (int) parents[v] : v][j];
                    }
                    lstm(u, j, sums[j], kept, sums[(1 + arity) * size + j], sums[(2 + arity) * size + j], states);
                }
                case CHILD_SUM_LSTM -> lstm(u, j, sums[j], kept, sums[2 * size + j], sums[3 * size + j], states);
            }
        }
    }

    private static void lstm(int u, int j, double i, double kept, double g, double o, States states) {
        states.c[u][j] = sigmoid(i) * Math.tanh(g) + kept;
        states.h[u][j] = sigmoid(o) * Math.tanh(states.c[u][j]);
    }

    /// What unit j gets of a child's state times those of all children.
    private double tensor(
            int j,
            double[] h,
            double[][] weights,
            List<Integer> edges,
            long[] parents,
            long[] types,
            boolean topDown,
            States states) {
        int size = hidden();
        double sum = 0;
        for (int v : edges) {
            int slot = (int) (types[v] % arity);
            double[] other = states.h[topDown ? (int) parents[v] : v];
            for (int i = 0; i < size; i++) {
                sum += other[i] * dot(weights[size + (j * arity + slot) * size + i], h);
            }
        }
        return sum;
    }
}
