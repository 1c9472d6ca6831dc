package dev.rondo.reference;

import java.util.ArrayList;
import java.util.List;

/// A recursive network that scores nodes, in plain double loops.
///
/// @param weightIh (H, I)
/// @param bias     (H)
/// @param weightHh (2, H, H)
/// @param score    (H)
public record ParserReference(double[][] weightIh, double[] bias, double[][][] weightHh, double[] score) {
    /// A series of merges.
    ///
    /// @param score of all merges together
    public record Tree(List<Integer> merges, double score) {}

    private double[] leaf(double[] x) {
        double[] h = bias.clone();
        for (int j = 0; j < h.length; j++) {
            h[j] = Math.tanh(h[j] + dot(weightIh[j], x));
        }
        return h;
    }

    private double[] compose(double[] left, double[] right) {
        double[] h = bias.clone();
        for (int j = 0; j < h.length; j++) {
            h[j] = Math.tanh(h[j] + dot(weightHh[0][j], left) + dot(weightHh[1][j], right));
        }
        return h;
    }

    private List<double[]> leaves(double[][] x) {
        List<double[]> leaves = new ArrayList<>();
        for (double[] one : x) {
            leaves.add(leaf(one));
        }
        return leaves;
    }

    /// Always the merge with the best score.
    public Tree greedy(double[][] x) {
        List<double[]> left = leaves(x);
        List<Integer> merges = new ArrayList<>();
        double sum = 0;
        while (left.size() > 1) {
            int best = 0;
            double largest = Double.NEGATIVE_INFINITY;
            for (int i = 0; i + 1 < left.size(); i++) {
                double s = dot(score, compose(left.get(i), left.get(i + 1)));
                if (s > largest) {
                    best = i;
                    largest = s;
                }
            }
            left.set(best, compose(left.get(best), left.remove(best + 1)));
            merges.add(best);
            sum += largest;
        }
        return new Tree(merges, sum);
    }

    /// The score of given merges.
    public double score(double[][] x, int[] merges) {
        List<double[]> left = leaves(x);
        double sum = 0;
        for (int at : merges) {
            left.set(at, compose(left.get(at), left.remove(at + 1)));
            sum += dot(score, left.get(at));
        }
        return sum;
    }

    /// The best of all series of merges.
    public double best(double[][] x) {
        return best(leaves(x));
    }

    private double best(List<double[]> left) {
        double best = left.size() == 1 ? 0 : Double.NEGATIVE_INFINITY;
        for (int i = 0; i + 1 < left.size(); i++) {
            List<double[]> next = new ArrayList<>(left);
            next.remove(i + 1);
            next.set(i, compose(left.get(i), left.get(i + 1)));
            best = Math.max(best, dot(score, next.get(i)) + best(next));
        }
        return best;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
