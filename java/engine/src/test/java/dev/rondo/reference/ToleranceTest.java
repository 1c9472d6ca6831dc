package dev.rondo.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.reference.GruCell.Reset;
import dev.rondo.reference.RnnCell.Activation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ToleranceTest {
    private static final double NAN = Double.NaN;
    private static final double INF = Double.POSITIVE_INFINITY;
    private static final Tolerance THOUSANDTH = new Tolerance(1e-3);

    private final Samples samples = new Samples(20264);

    @ParameterizedTest
    @CsvSource({"2, 1, 1", "3, 1, 2", "2, 2, 2", "5, 1, 3", "9, 12, 7", "200, 12, 12", "128, 8, 10", "129, 8, 11"})
    void ruleIsFourEpsTimesTheLogarithmRoundedUp(long accumulations, long steps, int logarithm) {
        assertEquals(4 * logarithm * 0x1p-23, Tolerance.of(accumulations, steps).relative());
    }

    @Test
    void cellsAccumulateAsInBenchdnn() {
        assertEquals(Tolerance.of(3, 10), Tolerance.forward(samples.rnn(Activation.TANH, 50, 60), 10));
        assertEquals(Tolerance.of(9, 10), Tolerance.forward(samples.lstm(50, 60), 10));
        assertEquals(Tolerance.of(7, 10), Tolerance.forward(samples.gru(Reset.AFTER_PRODUCT, 50, 60), 10));
        assertEquals(Tolerance.of(7 * 60, 10), Tolerance.forward(samples.gru(Reset.BEFORE_PRODUCT, 50, 60), 10));
        assertEquals(Tolerance.of(7 * 60, 10), Tolerance.forward(samples.augru(Reset.BEFORE_PRODUCT, 50, 60), 10));
        Cell lstm = samples.lstm(5, 6);
        assertEquals(Tolerance.of(9 * 4 * 6, 10).doubled(), Tolerance.backward(lstm, 8, 10));
        assertEquals(Tolerance.of(9 * 100, 10).doubled(), Tolerance.backward(lstm, 100, 10));
    }

    @Test
    void sumsNeedTwoTerms() {
        assertThrows(IllegalArgumentException.class, () -> Tolerance.of(1, 5));
        assertThrows(IllegalArgumentException.class, () -> Tolerance.of(5, 0));
    }

    @Test
    void differencesAreHeldAgainstTheLargestMagnitude() {
        passes(THOUSANDTH, new double[] {-100, 0.5}, -100, 0.5 + 0.0999);
        passes(THOUSANDTH, new double[] {-100, 0.5}, -100.0999, 0.5);
        fails(THOUSANDTH, new double[] {-100, 0.5}, -100, 0.5 - 0.1001);
        fails(THOUSANDTH, new double[] {0, 0}, 0, 1e-9);
        passes(THOUSANDTH, new double[] {0, -0.0}, -0.0, 0);
        passes(THOUSANDTH, new double[] {});
    }

    @Test
    void nanAndInfinityMustBeWhereTheyAreExpected() {
        passes(THOUSANDTH, new double[] {NAN, INF, -INF, 1}, NAN, INF, -INF, 1);
        fails(THOUSANDTH, new double[] {NAN, 1}, 1, 1);
        fails(THOUSANDTH, new double[] {1, 1}, NAN, 1);
        fails(THOUSANDTH, new double[] {INF, 1}, -INF, 1);
        fails(THOUSANDTH, new double[] {INF, 1}, Float.MAX_VALUE, 1);
        fails(THOUSANDTH, new double[] {1, 1}, 1, INF);
        fails(THOUSANDTH, new double[] {INF, 1}, NAN, 1);
        fails(THOUSANDTH, new double[] {INF, 1}, INF, 1.1);
        fails(THOUSANDTH, new double[] {NAN, 1}, NAN, 1.1);
        fails(THOUSANDTH, new double[] {NAN, NAN}, NAN, 0);
    }

    @Test
    void expectedValuesAreRoundedToFloats() {
        Tolerance.EXACT.assertClose("third", new double[] {1.0 / 3, 1e-60, 1e60}, new float[] {1f / 3, 0, 1f / 0});
        assertThrows(
                AssertionError.class,
                () -> Tolerance.EXACT.assertClose("third", new double[] {1.0 / 3}, new double[] {1f / 3}));
    }

    @Test
    void sizesMustAgree() {
        fails(THOUSANDTH, new double[] {1, 1}, 1);
        fails(THOUSANDTH, new double[] {1}, 1, 1);
    }

    @Test
    void messageNamesTheWorstElement() {
        double[][][] expected = {{{1, 2, 3}, {4, 5, 6}}, {{7, 8, 9}, {10, 11, 100}}}; // (2, 2, 3)
        float[] actual = {1, 2, 3, 4, 5, 6.5f, 7, 8, 9, 10, 14, 100};
        AssertionError e = assertThrows(AssertionError.class, () -> THOUSANDTH.assertClose("hN", expected, actual));
        String message = e.getMessage();
        for (String part : new String[] {"hN", "[1, 1, 1]", "11.0", "14.0", "3.00", "0.100", "2 of 12"}) {
            assertTrue(message.contains(part), part + " in: " + message);
        }
    }

    @Test
    void deviationIsRelativeToTheLargestMagnitude() {
        assertEquals(0.25, Tolerance.deviation(new double[] {-4, 1}, new double[] {-4, 2}));
        assertEquals(0, Tolerance.deviation(new double[] {0, NAN}, new double[] {0, NAN}));
        assertEquals(INF, Tolerance.deviation(new double[] {0}, new double[] {1}));
    }

    private static void passes(Tolerance tolerance, double[] expected, double... actual) {
        tolerance.assertClose("floats", expected, Values.floats(actual));
        tolerance.assertClose("doubles", expected, actual);
    }

    private static void fails(Tolerance tolerance, double[] expected, double... actual) {
        float[] floats = Values.floats(actual);
        assertThrows(AssertionError.class, () -> tolerance.assertClose("floats", expected, floats));
        assertThrows(AssertionError.class, () -> tolerance.assertClose("doubles", expected, actual));
    }
}
