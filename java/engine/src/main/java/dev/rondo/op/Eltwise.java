package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.util.List;

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
    public void forward(Emitter emitter) {
        if (x.shape().elements() == 0) {
            return;
        }
        Value src = emitter.dense(x);
        MemoryDescriptor layout = emitter.layout(src.shape().elements());
        Primitive.PostOp function = activation.postOp();
        Primitive eltwise = emitter.keep(Primitive.create(
                "dnnl_eltwise_forward_primitive_desc_create",
                activation.name().toLowerCase(java.util.Locale.ROOT) + " " + x.shape(),
                null,
                (slot, engine, attr) -> dnnl_eltwise_forward_primitive_desc_create(
                        slot,
                        engine,
                        dnnl_forward_inference(),
                        function.algorithm(),
                        layout.address(),
                        layout.address(),
                        function.alpha(),
                        function.beta(),
                        attr)));
        emitter.primitive(
                eltwise,
                List.of(Argument.of(DNNL_ARG_SRC(), layout, src)),
                List.of(Argument.of(DNNL_ARG_DST(), layout, output())));
    }
}
