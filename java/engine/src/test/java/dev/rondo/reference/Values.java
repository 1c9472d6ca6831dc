package dev.rondo.reference;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// Between nested arrays and flat ones in C order, and checks of sizes.
public final class Values {
    private Values() {}

    /// Values as a matrix.
    public static double[][] matrix(double[] flat, int rows, int columns) {
        requireSize("the flat array", flat, rows * columns);
        double[][] matrix = new double[rows][columns];
        for (int r = 0; r < rows; r++) {
            for (int c = 0; c < columns; c++) {
                matrix[r][c] = flat[r * columns + c];
            }
        }
        return matrix;
    }

    /// Values as a sequence of matrices.
    public static double[][][] cube(double[] flat, int matrices, int rows, int columns) {
        requireSize("the flat array", flat, matrices * rows * columns);
        double[][][] cube = new double[matrices][][];
        for (int m = 0; m < matrices; m++) {
            double[] part = Arrays.copyOfRange(flat, m * rows * columns, (m + 1) * rows * columns);
            cube[m] = matrix(part, rows, columns);
        }
        return cube;
    }

    /// The rows, which may differ in length, one after the other.
    public static double[] flat(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }

    /// The rows of all matrices, which may differ in size, one after the other.
    public static double[] flat(double[][][] matrices) {
        return Arrays.stream(matrices)
                .map(Values::flat)
                .flatMapToDouble(Arrays::stream)
                .toArray();
    }

    /// The same values.
    public static double[] doubles(float[] values) {
        double[] doubles = new double[values.length];
        for (int i = 0; i < values.length; i++) {
            doubles[i] = values[i];
        }
        return doubles;
    }

    /// The nearest float values.
    public static float[] floats(double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return floats;
    }

    /// The sequence backwards; its steps are shared.
    public static double[][][] reversed(double[][][] sequence) {
        List<double[][]> steps = new ArrayList<>(Arrays.asList(sequence));
        return steps.reversed().toArray(double[][][]::new);
    }

    /// Two vectors joined.
    public static double[] concat(double[] a, double[] b) {
        double[] joined = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, joined, a.length, b.length);
        return joined;
    }

    /// The sum of two vectors.
    public static double[] add(double[] a, double[] b) {
        requireSize("the second summand", b, a.length);
        double[] sum = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            sum[i] = a[i] + b[i];
        }
        return sum;
    }

    static void require(boolean condition, String what) {
        if (!condition) {
            throw new IllegalArgumentException(what);
        }
    }

    static void requireSize(String what, double[] vector, int size) {
        if (vector.length != size) {
            throw new IllegalArgumentException(what + " has " + vector.length + " values, not " + size);
        }
    }

    static void requireMatrix(String what, double[][] matrix, int rows, int columns) {
        if (matrix.length != rows) {
            throw new IllegalArgumentException(what + " has " + matrix.length + " rows, not " + rows);
        }
        for (double[] row : matrix) {
            requireSize("a row of " + what, row, columns);
        }
    }
}
