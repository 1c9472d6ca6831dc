package dev.rondo.reference;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A shift-reduce parser that composes, in plain double loops, one sequence at a time.
///
/// @param weights   by name, as rows; biases are single rows
/// @param hidden    H
/// @param trackSize K
public record SpinnReference(Map<String, double[][]> weights, int hidden, int trackSize) {
    private record Node(double[] h, double[] c) {}

    /// @param scores      of each step, (2)
    /// @param transitions taken
    public record Result(double[] h, double[] c, List<double[]> scores, List<Integer> transitions) {}

    /// @param x     (T, I)
    /// @param given transitions; or null to choose
    public Result run(double[][] x, int[] given) {
        List<Node> buffer = new ArrayList<>();
        for (double[] one : x) {
            double[] both = linear("leaf.weight", one, bias("leaf.bias"));
            buffer.add(new Node(part(both, 0, hidden), part(both, 1, hidden)));
        }
        List<Node> stack = new ArrayList<>();
        Node track = new Node(new double[trackSize], new double[trackSize]);
        Result result = new Result(new double[hidden], new double[hidden], new ArrayList<>(), new ArrayList<>());
        Node none = new Node(new double[hidden], new double[hidden]);
        for (int step = 0; step < 2 * x.length - 1; step++) {
            Node top = stack.isEmpty() ? none : stack.getLast();
            Node second = stack.size() < 2 ? none : stack.get(stack.size() - 2);
            double[] seen = join(buffer.isEmpty() ? none.h : buffer.getFirst().h, top.h, second.h);
            track = track(seen, track);
            double[] scores = linear("transition.weight", track.h, bias("transition.bias"));
            boolean mustReduce = buffer.isEmpty();
            boolean canReduce = stack.size() > 1;
            int transition = given != null ? given[step] : mustReduce || canReduce && scores[1] > scores[0] ? 1 : 0;
            if (transition == 0) {
                stack.add(buffer.removeFirst());
            } else {
                stack.removeLast();
                stack.set(stack.size() - 1, compose(second, top, track.h));
            }
            result.scores.add(scores);
            result.transitions.add(transition);
        }
        Node root = stack.getFirst();
        return new Result(root.h, root.c, result.scores, result.transitions);
    }

    private Node track(double[] seen, Node before) {
        double[] gates = linear("tracking.weight_ih", seen, bias("tracking.bias_ih"));
        gates = linear("tracking.weight_hh", before.h, add(gates, bias("tracking.bias_hh")));
        Node after = new Node(new double[trackSize], new double[trackSize]);
        for (int k = 0; k < trackSize; k++) {
            after.c[k] = sigmoid(gates[trackSize + k]) * before.c[k]
                    + sigmoid(gates[k]) * Math.tanh(gates[2 * trackSize + k]);
            after.h[k] = sigmoid(gates[3 * trackSize + k]) * Math.tanh(after.c[k]);
        }
        return after;
    }

    private Node compose(Node l, Node r, double[] e) {
        double[] gates = linear("cell.weight_left", l.h, bias("cell.bias"));
        gates = linear("cell.weight_right", r.h, gates);
        gates = linear("cell.weight_ih", e, gates);
        Node parent = new Node(new double[hidden], new double[hidden]);
        for (int k = 0; k < hidden; k++) {
            parent.c[k] = sigmoid(gates[hidden + k]) * l.c[k]
                    + sigmoid(gates[2 * hidden + k]) * r.c[k]
                    + sigmoid(gates[k]) * Math.tanh(gates[4 * hidden + k]);
            parent.h[k] = sigmoid(gates[3 * hidden + k]) * Math.tanh(parent.c[k]);
        }
        return parent;
    }

    private double[] bias(String name) {
        return weights.get(name)[0].clone();
    }

    private double[] linear(String name, double[] x, double[] sums) {
        double[][] rows = weights.get(name);
        double[] y = sums.clone();
        for (int j = 0; j < y.length; j++) {
            for (int i = 0; i < x.length; i++) {
                y[j] += rows[j][i] * x[i];
            }
        }
        return y;
    }

    private static double[] add(double[] a, double[] b) {
        double[] sum = a.clone();
        for (int i = 0; i < sum.length; i++) {
            sum[i] += b[i];
        }
        return sum;
    }

    private static double[] join(double[]... parts) {
        return Values.flat(parts);
    }

    private static double[] part(double[] both, int which, int width) {
        double[] part = new double[width];
        System.arraycopy(both, which * width, part, 0, width);
        return part;
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }
}
