package dev.rondo.reference;

/// The composition of a matrix-vector recursive network in plain double loops.
///
/// @param vector (H, 2H)
/// @param bias   (H)
/// @param matrix (H, 2H)
public record MatrixVectorReference(double[][] vector, double[] bias, double[][] matrix) {
    /// @param vector (H)
    /// @param matrix (H, H)
    public record Node(double[] vector, double[][] matrix) {}

    /// The parent of two nodes.
    public Node merge(Node a, Node b) {
        int hidden = bias.length;
        double[] ba = product(b.matrix, a.vector);
        double[] ab = product(a.matrix, b.vector);
        double[] p = bias.clone();
        double[][] parent = new double[hidden][hidden];
        for (int j = 0; j < hidden; j++) {
            for (int i = 0; i < hidden; i++) {
                p[j] += vector[j][i] * ba[i] + vector[j][hidden + i] * ab[i];
                for (int k = 0; k < hidden; k++) {
                    parent[j][k] += matrix[j][i] * a.matrix[i][k] + matrix[j][hidden + i] * b.matrix[i][k];
                }
            }
            p[j] = Math.tanh(p[j]);
        }
        return new Node(p, parent);
    }

    private static double[] product(double[][] matrix, double[] x) {
        double[] y = new double[x.length];
        for (int j = 0; j < y.length; j++) {
            for (int i = 0; i < y.length; i++) {
                y[j] += matrix[j][i] * x[i];
            }
        }
        return y;
    }
}
