package dev.rondo.op;

/// The error function, `2 / sqrt(pi)` times the integral of `exp(-t²)` from 0 to x.
public final class Erf {
    private static final double FACTOR = 2 / Math.sqrt(Math.PI);
    private static final double LARGE = 3;
    private static final int MOST_TERMS = 80;

    private Erf() {}

    /// Maclaurin's series near 0, Lentz's continued fraction of the complement beyond (Abramowitz and Stegun 7.1.6 and
    /// 7.1.14): exact to a double's last digits but a few, far better than a float's.
    public static double of(double x) {
        double z = Math.abs(x);
        if (Double.isNaN(x)) {
            return x;
        }
        double value = z < LARGE ? series(z) : z > 6 ? 1 : 1 - complement(z);
        return Math.copySign(value, x);
    }

    /// `2/sqrt(pi) * exp(-z²) * sum 2^n z^(2n+1) / (1·3·…·(2n+1))`
    private static double series(double z) {
        double term = z;
        double sum = z;
        for (int n = 1; n < MOST_TERMS && term > sum * 1e-17; n++) {
            term *= 2 * z * z / (2 * n + 1);
            sum += term;
        }
        return FACTOR * Math.exp(-z * z) * sum;
    }

    /// `exp(-z²) / sqrt(pi) / (z + (1/2)/(z + 1/(z + (3/2)/(z + …))))`
    private static double complement(double z) {
        double fraction = z;
        for (int n = MOST_TERMS; n > 0; n--) {
            fraction = z + n / 2.0 / fraction;
        }
        return Math.exp(-z * z) / Math.sqrt(Math.PI) / fraction;
    }
}
