package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.tensor.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// First values: their statistics, and that a seed and a name say what they are.
class InitializerTest {
    private static float[] draw(Initializer initializer, long seed, long... sizes) {
        Parameter parameter = new Parameter(Shape.of(sizes), Initializer.constant(9));
        parameter.initialize(initializer, seed);
        return parameter.tensor().toFloatArray();
    }

    /// 40,000 values: the standard deviation is known to half a percent, the mean to as much of it.
    private static void assertStatistics(Initializer initializer, double mean, double std, double largest) {
        float[] values = draw(initializer, 7, 100, 400);
        double sum = 0;
        double squares = 0;
        double top = 0;
        for (float value : values) {
            sum += value;
            squares += (value - mean) * (value - mean);
            top = Math.max(top, Math.abs(value - mean));
        }
        assertEquals(mean, sum / values.length, 0.02 * std);
        assertEquals(std, Math.sqrt(squares / values.length), 0.02 * std);
        assertEquals(largest, top, 0.2 * largest);
    }

    @Test
    void distributionsHaveTheirMoments() {
        assertStatistics(Initializer.uniform(0.3), 0, 0.3 / Math.sqrt(3), 0.3);
        assertStatistics(Initializer.uniform(1, 5), 3, 4 / Math.sqrt(12), 2);
        assertStatistics(Initializer.normal(), 0, 1, 4.2);
        assertStatistics(Initializer.normal(0.01), 0, 0.01, 0.042);
        double xavier = Math.sqrt(2.0 / 500);
        assertStatistics(Initializer.xavierUniform(), 0, xavier, Math.sqrt(3) * xavier);
        assertStatistics(Initializer.xavierNormal(), 0, xavier, 4.2 * xavier);
        double kaiming = Math.sqrt(2.0 / 400);
        assertStatistics(Initializer.kaimingUniform(), 0, kaiming, Math.sqrt(3) * kaiming);
        assertStatistics(Initializer.kaimingNormal(), 0, kaiming, 4.2 * kaiming);
    }

    private static void assertOrthonormal(float[] values, int at, int rows, int columns) {
        boolean wide = rows < columns;
        for (int i = 0; i < Math.min(rows, columns); i++) {
            for (int j = 0; j <= i; j++) {
                double dot = 0;
                for (int k = 0; k < Math.max(rows, columns); k++) {
                    dot += wide
                            ? (double) values[at + i * columns + k] * values[at + j * columns + k]
                            : (double) values[at + k * columns + i] * values[at + k * columns + j];
                }
                assertEquals(i == j ? 1 : 0, dot, 1e-5);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"1,1", "7,7", "33,5", "5,33", "128,128"})
    void orthogonalMatricesAre(int rows, int columns) {
        assertOrthonormal(draw(Initializer.orthogonal(), 3, rows, columns), 0, rows, columns);
    }

    /// No direction is preferred: the signs of the first element differ, and its square is 1 / n on average.
    @Test
    void orthogonalMatricesPointAnywhere() {
        double sum = 0;
        double squares = 0;
        for (int seed = 0; seed < 2000; seed++) {
            double first = draw(Initializer.orthogonal(), seed, 4, 4)[0];
            sum += first;
            squares += first * first;
        }
        assertEquals(0, sum / 2000, 0.05);
        assertEquals(0.25, squares / 2000, 0.02);
    }

    @Test
    void blocksAreFilledByThemselves() {
        float[] gates = draw(Initializer.blocks(3, Initializer.orthogonal()), 5, 21, 7);
        for (int gate = 0; gate < 3; gate++) {
            assertOrthonormal(gates, gate * 49, 7, 7);
        }
        assertFalse(Arrays.equals(Arrays.copyOf(gates, 49), Arrays.copyOfRange(gates, 49, 98)));
        assertArrayEquals(new float[] {0, 0, 1.5f, 1.5f, 0, 0, 0, 0}, draw(Initializer.forgetGate(1.5), 1, 8));
    }

    @Test
    void modulesTakeInitializersByName() {
        Module network = new Sequential(new LSTM(3, 4), new Linear(4, 2));
        network.initialize(8, name -> switch (name) {
            case "0.bias_ih_l0" -> Initializer.forgetGate(1);
            case "0.weight_hh_l0" -> Initializer.blocks(4, Initializer.orthogonal());
            default -> null;
        });
        float[] bias = network.parameters().get("0.bias_ih_l0").tensor().toFloatArray();
        assertArrayEquals(new float[] {0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0}, bias);
        assertOrthonormal(network.parameters().get("0.weight_hh_l0").tensor().toFloatArray(), 48, 4, 4);
        Module defaults = new Sequential(new LSTM(3, 4), new Linear(4, 2));
        defaults.initialize(8);
        for (String name : new String[] {"0.weight_ih_l0", "1.weight", "1.bias"}) {
            assertArrayEquals(
                    defaults.parameters().get(name).tensor().toFloatArray(),
                    network.parameters().get(name).tensor().toFloatArray());
        }
    }

    /// What is added to a network does not change the first values of the rest.
    @Test
    void valuesDependOnSeedAndName() {
        Module one = new Sequential(new Linear(4, 3));
        Module longer = new Sequential(new Linear(4, 3), new Linear(3, 3));
        one.initialize(2);
        longer.initialize(2);
        float[] weight = one.parameters().get("0.weight").tensor().toFloatArray();
        assertArrayEquals(weight, longer.parameters().get("0.weight").tensor().toFloatArray());
        one.initialize(3);
        assertFalse(
                Arrays.equals(weight, one.parameters().get("0.weight").tensor().toFloatArray()));
    }

    @Test
    void unsuitableShapesAreNamed() {
        Module linear = new Linear(4, 3);
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> linear.initialize(1, name -> name.equals("bias") ? Initializer.orthogonal() : null));
        assertEquals("parameter bias: the orthogonal initialisation is of matrices, not of shape [3]", e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> draw(Initializer.xavierUniform(), 1, 3));
        assertThrows(IllegalArgumentException.class, () -> draw(Initializer.kaimingNormal(), 1, 3, 3, 3));
        assertThrows(IllegalArgumentException.class, () -> draw(Initializer.forgetGate(1), 1, 6));
    }
}
