package dev.rondo.op;

import static dev.rondo.bindings.kernels.Kernels.*;

import dev.rondo.kernel.CellFunctions;

/// An activation of a recurrent cell with its parameters.
///
/// Source: the ONNX operators `RNN`, `LSTM` and `GRU`.
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
        SOFTPLUS(0, 0);

        private final GateFunction usual;

        Kind(float alpha, float beta) {
            this.usual = new GateFunction(this, alpha, beta);
        }

        /// Whether the function has a first parameter.
        public boolean hasAlpha() {
            return switch (this) {
                case AFFINE, LEAKY_RELU, THRESHOLDED_RELU, SCALED_TANH, HARD_SIGMOID, ELU -> true;
                default -> false;
            };
        }

        /// Whether the function has a second parameter.
        public boolean hasBeta() {
            return this == AFFINE || this == SCALED_TANH || this == HARD_SIGMOID;
        }

        /// The function with its default parameters.
        public GateFunction usual() {
            return usual;
        }
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
        };
        return new CellFunctions.Function(id, alpha, beta);
    }

    /// The value at x.
    float of(float x) {
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
            case SOFTPLUS -> (float) (Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))));
        };
    }
}
