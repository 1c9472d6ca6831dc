package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Activation;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.util.List;

/// The gradient of an activation's argument from its result: `dx = dy * activation'(x)`, for those whose derivative
/// follows from y.
public final class ActivationGradient extends Op {
    private final Activation activation;
    private final Value y;
    private final Value dy;

    private ActivationGradient(Activation activation, Value y, Value dy) {
        super(List.of(y, dy));
        this.activation = activation;
        this.y = y;
        this.dy = dy;
        gives(y.recorder().allocate(y.shape(), y.type()));
    }

    /// Whether the derivative of an activation follows from its result.
    public static boolean followsFromResult(Activation activation) {
        return activation == Activation.TANH || activation == Activation.RELU || activation == Activation.SIGMOID;
    }

    /// Records the gradient of the argument; y and dy are dense.
    static Value of(Activation activation, Value y, Value dy) {
        if (!followsFromResult(activation)) {
            throw new UnsupportedOperationException("a layer that is fused with " + activation + " has no gradient");
        }
        return y.recorder().record(new ActivationGradient(activation, y, dy)).output();
    }

    private int algorithm() {
        return switch (activation) {
            case TANH -> dnnl_eltwise_tanh_use_dst_for_bwd();
            case RELU -> dnnl_eltwise_relu_use_dst_for_bwd();
            default -> dnnl_eltwise_logistic_use_dst_for_bwd();
        };
    }

    @Override
    public void forward(Emitter emitter) {
        if (y.shape().elements() == 0) {
            return;
        }
        MemoryDescriptor layout = emitter.layout(y.shape().elements());
        Primitive hint = emitter.keep(Primitive.create(
                "dnnl_eltwise_forward_primitive_desc_create",
                activation + " " + y.shape(),
                null,
                (slot, engine, attr) -> dnnl_eltwise_forward_primitive_desc_create(
                        slot,
                        engine,
                        dnnl_forward_training(),
                        algorithm(),
                        layout.address(),
                        layout.address(),
                        0,
                        0,
                        attr)));
        Primitive derivative = emitter.keep(Primitive.create(
                "dnnl_eltwise_backward_primitive_desc_create",
                "derivative of " + hint,
                null,
                (slot, engine, attr) -> dnnl_eltwise_backward_primitive_desc_create(
                        slot,
                        engine,
                        algorithm(),
                        layout.address(),
                        layout.address(),
                        layout.address(),
                        0,
                        0,
                        hint.descriptor(),
                        attr)));
        emitter.primitive(
                derivative,
                List.of(Argument.of(DNNL_ARG_DST(), layout, y), Argument.of(DNNL_ARG_DIFF_DST(), layout, dy)),
                List.of(Argument.of(DNNL_ARG_DIFF_SRC(), layout, output())));
    }
}
