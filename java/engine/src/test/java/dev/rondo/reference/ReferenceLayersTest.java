package dev.rondo.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// Softmax, of which there are no values from PyTorch on its own.
class ReferenceLayersTest {
    private static final long SEED = 20263;
    private static final Tolerance ROUNDING = new Tolerance(1e-14);

    private final double[] x = new Samples(SEED).vector(9);

    @Test
    void softmaxIsProportionalToExp() {
        double[] y = ReferenceLayers.softmax(x);
        assertEquals(1, Arrays.stream(y).sum(), 1e-14, "sum (seed " + SEED + ")");
        double[] expected = new double[x.length];
        double[] actual = new double[x.length];
        for (int k = 0; k < x.length; k++) {
            expected[k] = Math.exp(x[k] - x[0]);
            actual[k] = y[k] / y[0];
        }
        same("ratios", expected, actual);
    }

    @Test
    void logSoftmaxIsItsLogarithm() {
        double[] expected =
                Arrays.stream(ReferenceLayers.softmax(x)).map(Math::log).toArray();
        same("logarithms", expected, ReferenceLayers.logSoftmax(x));
    }

    @Test
    void largeNumbersDoNotOverflow() {
        double[] large = {1000, 1001, -1000};
        double e = Math.E;
        same("softmax", new double[] {1 / (1 + e), e / (1 + e), 0}, ReferenceLayers.softmax(large));
        double log = Math.log1p(e);
        same("log-softmax", new double[] {-log, 1 - log, -2000 - log}, ReferenceLayers.logSoftmax(large));
    }

    private static void same(String what, double[] expected, double[] actual) {
        ROUNDING.assertClose(what + " (seed " + SEED + ")", expected, actual);
    }
}
