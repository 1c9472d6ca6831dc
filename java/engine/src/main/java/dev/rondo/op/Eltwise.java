package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Activation;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.util.List;
import java.util.Locale;

/// A function of each element: `y = activation(x)`, same shape.
public final class Eltwise extends Op {
    private final Value x;
    private final Activation activation;

    public Eltwise(Value x, Activation activation) {
        super(List.of(Shapes.requireFloat(x, activation.name())));
        this.x = x;
        this.activation = activation;
        gives(x.recorder().allocate(x.shape(), x.type()));
    }

    @Override
    public void backward(Gradients gradients) {
        gradients.add(
                x, x.recorder().record(new Derivative(gradients.of(output()))).output());
    }

    /// `dx = dy * activation'(x)`.
    private final class Derivative extends Op {
        private final Value dy;

        Derivative(Value dy) {
            super(List.of(x, dy));
            this.dy = dy;
            gives(x.recorder().allocate(x.shape(), x.type()));
        }

        @Override
        public void forward(Emitter emitter) {
            if (x.shape().elements() == 0) {
                return;
            }
            Value src = emitter.dense(x);
            Value diffDst = emitter.dense(dy);
            MemoryDescriptor layout = emitter.layout(src.shape().elements());
            Primitive.PostOp.Eltwise function = ActivationPostOp.of(activation);
            Primitive hint = emitter.keep(primitive(layout, dnnl_forward_training()));
            Primitive derivative = emitter.keep(Primitive.create(
                    "dnnl_eltwise_backward_primitive_desc_create",
                    "derivative of " + hint,
                    null,
                    (slot, engine, attr) -> dnnl_eltwise_backward_primitive_desc_create(
                            slot,
                            engine,
                            function.algorithm(),
                            layout.address(),
                            layout.address(),
                            layout.address(),
                            function.alpha(),
                            function.beta(),
                            hint.descriptor(),
                            attr)));
            emitter.primitive(
                    derivative,
                    List.of(
                            Argument.of(DNNL_ARG_SRC(), layout, src),
                            Argument.of(DNNL_ARG_DIFF_DST(), layout, diffDst)),
                    List.of(Argument.of(DNNL_ARG_DIFF_SRC(), layout, output())));
        }
    }

    private Primitive primitive(MemoryDescriptor layout, int kind) {
        Primitive.PostOp.Eltwise function = ActivationPostOp.of(activation);
        return Primitive.create(
                "dnnl_eltwise_forward_primitive_desc_create",
                activation.name().toLowerCase(Locale.ROOT) + " " + x.shape(),
                null,
                (slot, engine, attr) -> dnnl_eltwise_forward_primitive_desc_create(
                        slot,
                        engine,
                        kind,
                        function.algorithm(),
                        layout.address(),
                        layout.address(),
                        function.alpha(),
                        function.beta(),
                        attr));
    }

    @Override
    public void forward(Emitter emitter) {
        if (x.shape().elements() == 0) {
            return;
        }
        Value src = emitter.dense(x);
        MemoryDescriptor layout = emitter.layout(src.shape().elements());
        Primitive eltwise = emitter.keep(primitive(layout, dnnl_forward_inference()));
        emitter.primitive(
                eltwise,
                List.of(Argument.of(DNNL_ARG_SRC(), layout, src)),
                List.of(Argument.of(DNNL_ARG_DST(), layout, output())));
    }
}
