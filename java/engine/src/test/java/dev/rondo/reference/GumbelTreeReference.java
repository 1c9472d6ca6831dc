package dev.rondo.reference;

import java.util.ArrayList;
import java.util.List;

/// The latent Tree-LSTM in plain double loops, one sequence at a time.
///
/// @param leafWeight (2H, I)
/// @param leafBias   (2H)
/// @param left       (5H, H)
/// @param right      (5H, H)
/// @param bias       (5H)
/// @param query      (H)
public record GumbelTreeReference(
        double[][] leafWeight, double[] leafBias, double[][] left, double[][] right, double[] bias, double[] query) {
    /// A node's states.
    public record Node(double[] h, double[] c) {}

    /// @param merges positions
    /// @param shifts of each step, by how much each choice's weight is more than its probability
    public record Result(Node root, List<Integer> merges, List<double[]> shifts) {}

    /// @param x           (T, I)
    /// @param noise       by step and pair
    /// @param temperature of the probabilities
    public Result run(double[][] x, double[][] noise, double temperature) {
        return run(x, noise, temperature, null);
    }

    /// The same with choices that depend on the weights as the straight-through estimator has it: each pair counts with
    /// its probability and a shift that does not change.
    ///
    /// @param shifts of a run with the weights about which the result is differentiated; null to choose
    public Result run(double[][] x, double[][] noise, double temperature, List<double[]> shifts) {
        int hidden = query.length;
        List<Node> nodes = new ArrayList<>();
        for (double[] one : x) {
            double[] both = leafBias.clone();
            for (int j = 0; j < both.length; j++) {
                both[j] += dot(leafWeight[j], one);
            }
            nodes.add(new Node(part(both, 0, hidden), part(both, 1, hidden)));
        }
        List<Integer> merges = new ArrayList<>();
        List<double[]> allShifts = new ArrayList<>();
        for (int step = 0; nodes.size() > 1; step++) {
            List<Node> parents = new ArrayList<>();
            double[] scores = new double[nodes.size() - 1];
            int best = 0;
            for (int i = 0; i < scores.length; i++) {
                parents.add(compose(nodes.get(i), nodes.get(i + 1)));
                scores[i] = dot(query, parents.get(i).h) + noise[step][i];
                best = scores[i] > scores[best] ? i : best;
            }
            double[] soft = new double[scores.length];
            double sum = 0;
            for (int i = 0; i < soft.length; i++) {
                soft[i] = Math.exp((scores[i] - scores[best]) / temperature);
                sum += soft[i];
            }
            double[] weights = new double[soft.length];
            double[] shift = new double[soft.length];
            for (int i = 0; i < soft.length; i++) {
                soft[i] /= sum;
                shift[i] = shifts == null ? (i == best ? 1 : 0) - soft[i] : shifts.get(step)[i];
                weights[i] = soft[i] + shift[i];
            }
            List<Node> next = new ArrayList<>();
            for (int i = 0; i < weights.length; i++) {
                Node mixed = new Node(new double[hidden], new double[hidden]);
                for (int j = 0; j < weights.length; j++) {
                    Node from = i < j ? nodes.get(i) : i == j ? parents.get(i) : nodes.get(i + 1);
                    for (int k = 0; k < hidden; k++) {
                        mixed.h[k] += weights[j] * from.h[k];
                        mixed.c[k] += weights[j] * from.c[k];
                    }
                }
                next.add(mixed);
            }
            nodes = next;
            merges.add(best);
            allShifts.add(shift);
        }
        return new Result(nodes.getFirst(), merges, allShifts);
    }

    private Node compose(Node l, Node r) {
        int hidden = query.length;
        double[] gates = bias.clone();
        for (int g = 0; g < gates.length; g++) {
            gates[g] += dot(left[g], l.h) + dot(right[g], r.h);
        }
        Node parent = new Node(new double[hidden], new double[hidden]);
        for (int k = 0; k < hidden; k++) {
            parent.c[k] = sigmoid(gates[k]) * Math.tanh(gates[4 * hidden + k])
                    + sigmoid(gates[hidden + k]) * l.c[k]
                    + sigmoid(gates[2 * hidden + k]) * r.c[k];
            parent.h[k] = sigmoid(gates[3 * hidden + k]) * Math.tanh(parent.c[k]);
        }
        return parent;
    }

    private static double[] part(double[] both, int which, int hidden) {
        double[] part = new double[hidden];
        System.arraycopy(both, which * hidden, part, 0, hidden);
        return part;
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
}
