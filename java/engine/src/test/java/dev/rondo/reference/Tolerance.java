package dev.rondo.reference;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import java.util.Locale;

/// How far an engine's float32 tensor may be from the reference: benchdnn's threshold for recurrent primitives.
///
/// ```
/// relative = 4 * eps * ceil(log2(accumulations * steps))     eps = 2^-23
/// ```
///
/// twice that for gradients, and twice for a sum of two directions. Source: oneDNN, `setup_cmp` in
/// `tests/benchdnn/rnn/rnn.cpp`. There `accumulations` is `2G + 1` for G gates, times R for a GRU with the reset
/// before the product, and for gradients times the larger of `G*H` and N; `steps` is T. The number of layers and,
/// but for that GRU, of inputs and units do not come in. [#forward(Cell, long)] and [#backward(Cell, long, long)]
/// compute just that; [#of(long, long)] takes any number of summands.
///
/// **What is compared**: a tensor passes if
///
/// ```
/// max |expected - actual| <= relative * max |expected|
/// ```
///
/// with both maxima over all elements of one tensor, and expected first rounded to float32, as benchdnn does. So
/// small elements are held to the scale of the largest: what differs in scale (outputs and cell states, gradients
/// of different weights) is to be compared tensor by tensor, never joined. A tensor expected to be all zeros must
/// be exactly so.
///
/// benchdnn tries each element relative to itself first, and when one fails and more than one cell was executed it
/// falls back to the relative difference of the whole tensors in the L2 norm (its comments also name L1 and L8, its
/// code has only L2). Elements near 0 that come from cancellation make the first unattainable. The L2 norm spreads
/// a single wrong element over all; the largest magnitude (L8) does not, so it takes L2's place here.
///
/// **What can be attained**: the bound is 8 eps (9.5e-7) at the least, for one step of a plain RNN, 28 eps (3.3e-6)
/// for an LSTM of 12 steps, and 48 eps (5.7e-6) for 200 summands and 12 steps. The rounding error of a float32 sum
/// of K terms grows with about √K eps / 2, and sigmoid and tanh, with slopes of at most 1/4 and 1, pass on no more
/// of it. With the weights of [Samples], this reference computed in float32, summing one by one, stays under a
/// third of `forward(cell, T)` for 20 units and under nine tenths for 200 units and 12 steps. Only one step of a
/// tanh RNN of 200 units goes over it, by a seventh: a matrix product that sums in blocks does better, and `of(I +
/// H, T)`, which sees the width, leaves room. What no rule in eps can hold is a network that amplifies small
/// differences: relu with large recurrent weights, or a hundred steps with peepholes. Tests should draw weights
/// that keep the scale, as [Samples] does, and few steps.
///
/// @param relative bound of the difference, as a fraction of the largest expected magnitude
public record Tolerance(double relative) {
    /// Distance from 1 to the next float.
    public static final double EPSILON = 0x1p-23;

    /// Equal values; 0 and -0 are equal.
    public static final Tolerance EXACT = new Tolerance(0);

    public Tolerance {
        Values.require(relative >= 0 && Double.isFinite(relative), "a tolerance is finite and not negative");
    }

    /// The rule for a result after `steps` steps with sums of `accumulations` terms each.
    public static Tolerance of(long accumulations, long steps) {
        Values.require(accumulations >= 2 && steps >= 1, "a sum has two terms at least, a sequence one step");
        return new Tolerance(4 * EPSILON * ceilLog2(Math.multiplyExact(accumulations, steps)));
    }

    /// benchdnn's bound for outputs and states of a cell after T steps.
    public static Tolerance forward(Cell cell, long steps) {
        return of(accumulations(cell), steps);
    }

    /// benchdnn's bound for gradients of a cell over T steps and N samples.
    public static Tolerance backward(Cell cell, long samples, long steps) {
        Weights weights = cell.weights();
        long inputs = (long) weights.gates() * weights.hiddenSize(); // summands of the input's gradient
        return of(accumulations(cell) * Math.max(inputs, samples), steps).doubled();
    }

    private static long accumulations(Cell cell) {
        long sums = 2L * cell.weights().gates() + 1;
        boolean twoProducts = cell instanceof GruCell gru && gru.reset() == GruCell.Reset.BEFORE_PRODUCT;
        return twoProducts ? sums * cell.weights().recurrentSize() : sums;
    }

    private static int ceilLog2(long n) {
        return Long.SIZE - Long.numberOfLeadingZeros(n - 1);
    }

    /// Twice as wide: for gradients, and for outputs that are the sum of two directions.
    public Tolerance doubled() {
        return new Tolerance(2 * relative);
    }

    /// Fails unless the tensor is within the bound. Where a NaN is expected there must be one, where an infinity
    /// the same infinity, and nowhere else; neither counts for the largest magnitude.
    ///
    /// @param what     what is compared, for the message
    /// @param expected the reference's values, which are rounded to float32
    /// @param actual   the engine's values
    /// @param sizes    sizes of the dimensions, to name positions by; none to name them by a single index
    public void assertClose(String what, double[] expected, float[] actual, int... sizes) {
        double[] rounded = new double[expected.length];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = (float) expected[i];
        }
        double[] wide = new double[actual.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = actual[i];
        }
        assertClose(what, rounded, wide, sizes);
    }

    /// As [#assertClose(String, double\[\], float\[\], int...)] for a sequence (T, N, R), or for states
    /// (L*D, N, R) all of one width.
    public void assertClose(String what, double[][][] expected, float[] actual) {
        assertClose(what, Values.flat(expected), actual, expected.length, expected[0].length, expected[0][0].length);
    }

    /// As [#assertClose(String, double\[\], float\[\], int...)] for values in double precision, rounding none.
    public void assertClose(String what, double[] expected, double[] actual, int... sizes) {
        if (expected.length != actual.length) {
            fail(what + ": " + actual.length + " elements instead of " + expected.length);
        }
        Values.require(
                sizes.length == 0 || Arrays.stream(sizes).reduce(1, (a, b) -> a * b) == expected.length,
                "the sizes " + Arrays.toString(sizes) + " are not those of " + expected.length + " elements");
        double bound = relative * largest(expected);
        int worst = -1;
        int wrong = 0;
        for (int i = 0; i < expected.length; i++) {
            double difference = difference(expected[i], actual[i]);
            if (difference > bound) {
                wrong++;
                worst = worst < 0 || difference > difference(expected[worst], actual[worst]) ? i : worst;
            }
        }
        if (wrong > 0) {
            String template = "%s: element %s should be %s but is %s; the difference %.3g is over the bound %.3g,"
                    + " which is %.3g of %.3g; %d of %d elements are out of bounds";
            fail(String.format(
                    Locale.ROOT,
                    template,
                    what,
                    position(worst, sizes),
                    expected[worst],
                    actual[worst],
                    difference(expected[worst], actual[worst]),
                    bound,
                    relative,
                    largest(expected),
                    wrong,
                    expected.length));
        }
    }

    /// The largest difference as a fraction of the largest expected magnitude, 0 if there is no difference.
    public static double deviation(double[] expected, double[] actual) {
        Values.requireSize("the actual tensor", actual, expected.length);
        double worst = 0;
        for (int i = 0; i < expected.length; i++) {
            worst = Math.max(worst, difference(expected[i], actual[i]));
        }
        return worst == 0 ? 0 : worst / largest(expected);
    }

    /// The distance of two values: 0 if both are NaN or the same infinity, and infinite if one is neither.
    private static double difference(double expected, double actual) {
        if (expected == actual || Double.isNaN(expected) && Double.isNaN(actual)) {
            return 0;
        }
        boolean finite = Double.isFinite(expected) && Double.isFinite(actual);
        return finite ? Math.abs(expected - actual) : Double.POSITIVE_INFINITY;
    }

    private static double largest(double[] values) {
        double largest = 0;
        for (double value : values) {
            largest = Double.isFinite(value) ? Math.max(largest, Math.abs(value)) : largest;
        }
        return largest;
    }

    private static String position(int index, int[] sizes) {
        StringBuilder position = new StringBuilder("]");
        int rest = index;
        for (int d = sizes.length - 1; d >= 0; d--) {
            position.insert(0, (d > 0 ? ", " : "") + rest % sizes[d]);
            rest /= sizes[d];
        }
        return sizes.length == 0 ? "[" + index + "]" : position.insert(0, '[').toString();
    }
}
