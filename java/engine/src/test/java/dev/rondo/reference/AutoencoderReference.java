package dev.rondo.reference;

import java.util.ArrayList;
import java.util.List;

/// A recursive autoencoder in plain double loops.
///
/// @param encoder     (H, 2H)
/// @param encoderBias (H)
/// @param decoder     (2H, H)
/// @param decoderBias (2H)
public record AutoencoderReference(double[][] encoder, double[] encoderBias, double[][] decoder, double[] decoderBias) {
    /// A node with all below it.
    ///
    /// @param h     its state
    /// @param left  or null
    /// @param right or null
    /// @param size  how many leaves there are below it
    /// @param error of its reconstruction
    public record Node(double[] h, Node left, Node right, int size, double error) {}

    /// A leaf.
    public Node leaf(double[] x) {
        return new Node(x, null, null, 1, 0);
    }

    /// A parent.
    public Node merge(Node a, Node b) {
        int hidden = encoderBias.length;
        double[] y = encoderBias.clone();
        double square = 0;
        for (int j = 0; j < hidden; j++) {
            for (int i = 0; i < hidden; i++) {
                y[j] += encoder[j][i] * a.h[i] + encoder[j][hidden + i] * b.h[i];
            }
            y[j] = Math.tanh(y[j]);
            square += y[j] * y[j];
        }
        for (int j = 0; j < hidden; j++) {
            y[j] /= Math.sqrt(square);
        }
        double[] again = decode(y);
        double error = 0;
        for (int j = 0; j < hidden; j++) {
            error += a.size * Math.pow(a.h[j] - again[j], 2) + b.size * Math.pow(b.h[j] - again[hidden + j], 2);
        }
        return new Node(y, a, b, a.size + b.size, error / (a.size + b.size));
    }

    private double[] decode(double[] y) {
        double[] again = decoderBias.clone();
        for (int j = 0; j < again.length; j++) {
            for (int i = 0; i < y.length; i++) {
                again[j] += decoder[j][i] * y[i];
            }
        }
        return again;
    }

    /// Always the merge that loses least.
    public List<Integer> greedy(double[][] x) {
        List<Node> left = new ArrayList<>();
        for (double[] one : x) {
            left.add(leaf(one));
        }
        List<Integer> merges = new ArrayList<>();
        while (left.size() > 1) {
            int best = 0;
            for (int i = 0; i + 1 < left.size(); i++) {
                double error = merge(left.get(i), left.get(i + 1)).error;
                best = error < merge(left.get(best), left.get(best + 1)).error ? i : best;
            }
            left.set(best, merge(left.get(best), left.remove(best + 1)));
            merges.add(best);
        }
        return merges;
    }

    /// What is lost of each leaf where each node is decoded down to its leaves.
    public double[] unfolded(Node root) {
        double[] lost = new double[root.size];
        unfold(root, 0, lost);
        return lost;
    }

    private void unfold(Node node, int from, double[] lost) {
        if (node.left != null) {
            compare(node, node.h, from, lost);
            unfold(node.left, from, lost);
            unfold(node.right, from + node.left.size, lost);
        }
    }

    private void compare(Node node, double[] decoded, int from, double[] lost) {
        int hidden = decoded.length;
        if (node.left == null) {
            for (int j = 0; j < hidden; j++) {
                lost[from] += Math.pow(node.h[j] - decoded[j], 2);
            }
            return;
        }
        double[] both = decode(decoded);
        double[] left = new double[hidden];
        double[] right = new double[hidden];
        for (int j = 0; j < hidden; j++) {
            left[j] = Math.tanh(both[j]);
            right[j] = Math.tanh(both[hidden + j]);
        }
        compare(node.left, left, from, lost);
        compare(node.right, right, from + node.left.size, lost);
    }
}
