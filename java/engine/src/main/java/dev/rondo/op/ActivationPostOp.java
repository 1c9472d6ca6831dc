package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.Primitive.PostOp;
import dev.rondo.program.Activation;

/// oneDNN's word for an activation.
final class ActivationPostOp {
    private ActivationPostOp() {}

    static PostOp.Eltwise of(Activation activation) {
        return switch (activation) {
            case RELU -> new PostOp.Eltwise(dnnl_eltwise_relu(), 0, 0);
            case TANH -> new PostOp.Eltwise(dnnl_eltwise_tanh(), 0, 0);
            case SIGMOID -> new PostOp.Eltwise(dnnl_eltwise_logistic(), 0, 0);
            case GELU -> new PostOp.Eltwise(dnnl_eltwise_gelu_erf(), 0, 0);
            case ELU -> new PostOp.Eltwise(dnnl_eltwise_elu(), 1, 0);
            case EXP -> new PostOp.Eltwise(dnnl_eltwise_exp(), 0, 0);
            case LOG -> new PostOp.Eltwise(dnnl_eltwise_log(), 0, 0);
            case ABS -> new PostOp.Eltwise(dnnl_eltwise_abs(), 0, 0);
            case SQRT -> new PostOp.Eltwise(dnnl_eltwise_sqrt(), 0, 0);
            case SQUARE -> new PostOp.Eltwise(dnnl_eltwise_square(), 0, 0);
            case NEGATE -> new PostOp.Eltwise(dnnl_eltwise_linear(), -1, 0);
        };
    }
}
