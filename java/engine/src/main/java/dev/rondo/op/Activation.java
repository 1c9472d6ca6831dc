package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.Primitive.PostOp;
import java.util.function.IntSupplier;

/// An element-wise function, alone or after a linear layer.
public enum Activation {
    /// `max(x, 0)`
    RELU(() -> dnnl_eltwise_relu(), 0),
    /// `tanh(x)`
    TANH(() -> dnnl_eltwise_tanh(), 0),
    /// `1 / (1 + exp(-x))`
    SIGMOID(() -> dnnl_eltwise_logistic(), 0),
    /// `x * (1 + erf(x / sqrt(2))) / 2`
    GELU(() -> dnnl_eltwise_gelu_erf(), 0),
    /// `x` if positive, else `exp(x) - 1`
    ELU(() -> dnnl_eltwise_elu(), 1),
    /// `exp(x)`
    EXP(() -> dnnl_eltwise_exp(), 0),
    /// `log(x)`
    LOG(() -> dnnl_eltwise_log(), 0),
    /// `|x|`
    ABS(() -> dnnl_eltwise_abs(), 0),
    /// `sqrt(x)`
    SQRT(() -> dnnl_eltwise_sqrt(), 0),
    /// `x * x`
    SQUARE(() -> dnnl_eltwise_square(), 0),
    /// `-x`
    NEGATE(() -> dnnl_eltwise_linear(), -1);

    private final IntSupplier algorithm; // asked when needed: the constant's class loads the native library
    private final float alpha;

    Activation(IntSupplier algorithm, float alpha) {
        this.algorithm = algorithm;
        this.alpha = alpha;
    }

    PostOp postOp() {
        return new PostOp(algorithm.getAsInt(), alpha, 0);
    }
}
