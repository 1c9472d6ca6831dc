package dev.rondo.op;

import static dev.rondo.bindings.kernels.Kernels.*;

import dev.rondo.kernel.CellFunctions;

/// An activation of a recurrent cell with its parameters.
///
/// Source: the ONNX operators `RNN`, `LSTM` and `GRU`; Keras's activations.
///
/// @param kind  the function
/// @param alpha its first parameter, where it has one
/// @param beta  its second parameter, where it has one
public record GateFunction(Kind kind, float alpha, float beta) {
    /// The functions.
    public enum Kind {
        /// `max(x, 0)`
        RELU(0, 0),
        /// `tanh(x)`
        TANH(0, 0),
        /// `1 / (1 + exp(-x))`
        SIGMOID(0, 0),
        /// `alpha * x + beta`
        AFFINE(1, 0),
        /// `x` if not negative, else `alpha * x`
        LEAKY_RELU(0.01f, 0),
        /// `x` if not less than alpha, else 0
        THRESHOLDED_RELU(1, 0),
        /// `alpha * tanh(beta * x)`
        SCALED_TANH(1, 1),
        /// `min(max(alpha * x + beta, 0), 1)`
        HARD_SIGMOID(0.2f, 0.5f),
        /// `x` if not negative, else `alpha * (exp(x) - 1)`
        ELU(1, 0),
        /// `x / (1 + |x|)`
        SOFTSIGN(0, 0),
        /// `log(1 + exp(x))`
        SOFTPLUS(0, 0),
        /// `alpha` times x if positive, else `alpha * beta * (exp(x) - 1)`
        SELU(1.05070098f, 1.67326324f),
        /// `exp(x)`
        EXP(0, 0),
        /// `x / (1 + exp(-x))`
        SILU(0, 0),
        /// `x * (1 + erf(x / sqrt(2))) / 2`
        GELU(0, 0),
        /// `x * tanh(log(1 + exp(x)))`
        MISH(0, 0),
        /// `x * min(max(alpha * x + beta, 0), 1)`
        HARD_SILU(1 / 6f, 0.5f),
        /// `min(max(x, alpha), beta)`
        CLIP(-1, 1);

        private final GateFunction usual;

        Kind(float alpha, float beta) {
            this.usual = new GateFunction(this, alpha, beta);
        }

        /// Whether the function has a first parameter.
        public boolean hasAlpha() {
            return switch (this) {
                case AFFINE, LEAKY_RELU, THRESHOLDED_RELU, SCALED_TANH, HARD_SIGMOID, ELU, SELU, HARD_SILU, CLIP ->
                    true;
                default -> false;
            };
        }

        /// Whether the function has a second parameter.
        public boolean hasBeta() {
            return switch (this) {
                case AFFINE, SCALED_TANH, HARD_SIGMOID, SELU, HARD_SILU, CLIP -> true;
                default -> false;
            };
        }

        /// The function with its default parameters.
        public GateFunction usual() {
            return usual;
        }
    }

    /// Whether the native kernel has the function.
    boolean hasKernel() {
        return kind.compareTo(Kind.SOFTPLUS) <= 0;
    }

    /// The function as the native kernel has it.
    CellFunctions.Function ofKernel() {
        int id = switch (kind) {
            case RELU -> RONDO_RELU();
            case TANH -> RONDO_TANH();
            case SIGMOID -> RONDO_SIGMOID();
            case AFFINE -> RONDO_AFFINE();
            case LEAKY_RELU -> RONDO_LEAKY_RELU();
            case THRESHOLDED_RELU -> RONDO_THRESHOLDED_RELU();
            case SCALED_TANH -> RONDO_SCALED_TANH();
            case HARD_SIGMOID -> RONDO_HARD_SIGMOID();
            case ELU -> RONDO_ELU();
            case SOFTSIGN -> RONDO_SOFTSIGN();
            case SOFTPLUS -> RONDO_SOFTPLUS();
            case SELU, EXP, SILU, GELU, MISH, HARD_SILU, CLIP ->
                throw new IllegalStateException("the kernel has no " + kind);
        };
        return new CellFunctions.Function(id, alpha, beta);
    }

    /// The value at x.
    public float of(float x) {
        return switch (kind) {
            case RELU -> Math.max(x, 0);
            case TANH -> (float) Math.tanh(x);
            case SIGMOID -> (float) (1 / (1 + Math.exp(-x)));
            case AFFINE -> alpha * x + beta;
            case LEAKY_RELU -> x >= 0 ? x : alpha * x;
            case THRESHOLDED_RELU -> x >= alpha ? x : 0;
            case SCALED_TANH -> (float) (alpha * Math.tanh(beta * x));
            case HARD_SIGMOID -> Math.min(Math.max(alpha * x + beta, 0), 1);
            case ELU -> x >= 0 ? x : (float) (alpha * Math.expm1(x));
            case SOFTSIGN -> x / (1 + Math.abs(x));
            case SOFTPLUS -> (float) softplus(x);
            case SELU -> (float) (alpha * (x > 0 ? x : beta * Math.expm1(x)));
            case EXP -> (float) Math.exp(x);
            case SILU -> (float) (x / (1 + Math.exp(-x)));
            case GELU -> (float) (x * (1 + Erf.of(x / Math.sqrt(2))) / 2);
            case MISH -> (float) (x * Math.tanh(softplus(x)));
            case HARD_SILU -> x * Math.min(Math.max(alpha * x + beta, 0), 1);
            case CLIP -> Math.min(Math.max(x, alpha), beta);
        };
    }

    private static double softplus(double x) {
        return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
    }
}
