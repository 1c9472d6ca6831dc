package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// `y = activation(x Wᵀ + b)` over the last dimension.
///
/// x (…, In), W (Out, In), b (Out), y (…, Out). Source: PyTorch's `nn.Linear`.
public final class Linear extends Op {
    private final Value x;
    private final Value weight;
    private final @Nullable Value bias;
    private final @Nullable Activation activation;

    public Linear(Value x, Value weight, @Nullable Value bias, @Nullable Activation activation) {
        super(Stream.of(x, weight, bias).filter(value -> value != null).toList());
        Shapes.requireFloat(x, "linear");
        if (x.shape().rank() == 0 || x.shape().size(-1) != weight.shape().size(1)) {
            throw new IllegalArgumentException(
                    "linear with weight of shape " + weight.shape() + " needs an input whose last dimension is "
                            + weight.shape().size(1) + ", not " + x.shape());
        }
        this.x = x;
        this.weight = weight;
        this.bias = bias;
        this.activation = activation;
        gives(x.recorder().allocate(x.shape().with(-1, weight.shape().size(0)), DataType.F32));
    }

    @Override
    public void forward(Emitter emitter) {
        Tensor constant = weight.constant();
        long in = weight.shape().size(1);
        long out = weight.shape().size(0);
        emit(
                emitter,
                emitter.dense(x),
                output(),
                new Weights("linear", List.of(constant), in, out, () -> constant),
                bias == null ? null : Argument.of(DNNL_ARG_BIAS(), emitter.layout(1, out), bias),
                activation);
    }

    /// A weight matrix as emitting needs it.
    ///
    /// @param role    name under which it is packed
    /// @param sources what it is made of
    /// @param plain   gives it as (Out, In), dense
    record Weights(String role, List<Tensor> sources, long in, long out, Supplier<Tensor> plain) {
        PackedWeights.Packed pack(Emitter emitter, MemoryDescriptor wanted) {
            return emitter.weights().pack(role, sources, wanted, () -> {
                Tensor tensor = plain.get();
                return new PackedWeights.Plain(
                        MemoryDescriptor.strided(new long[] {in, out}, new long[] {1, in}), tensor.data());
            });
        }
    }

    /// Emits the product for dense values; `y` holds as many rows of `out` elements as `x` holds rows of `in`.
    static void emit(
            Emitter emitter,
            Value x,
            Value y,
            Weights weights,
            @Nullable Argument bias,
            @Nullable Activation activation) {
        Shape shape = y.shape();
        if (shape.elements() == 0) {
            return;
        }
        long rows = shape.elements() / weights.out();
        MemoryDescriptor src = emitter.layout(rows, weights.in());
        MemoryDescriptor dst = emitter.layout(rows, weights.out());
        MemoryDescriptor biasLayout = bias == null ? MemoryDescriptor.NONE : bias.layout();
        String problem = "matmul " + rows + "x" + weights.in() + ":" + weights.in() + "x" + weights.out()
                + (bias == null ? "" : " + bias") + (activation == null ? "" : ", " + activation);
        Primitive matmul;
        try (MemoryDescriptor any = MemoryDescriptor.any(weights.in(), weights.out())) {
            matmul = emitter.keep(Primitive.create(
                    "dnnl_matmul_primitive_desc_create",
                    problem,
                    activation == null ? null : activation.postOp(),
                    (slot, engine, attr) -> dnnl_matmul_primitive_desc_create(
                            slot, engine, src.address(), any.address(), biasLayout.address(), dst.address(), attr)));
        }
        List<Argument> sources = new ArrayList<>();
        sources.add(Argument.of(DNNL_ARG_SRC(), src, x));
        sources.add(Argument.of(
                DNNL_ARG_WEIGHTS(), weights.pack(emitter, emitter.keep(matmul.layout(DNNL_ARG_WEIGHTS())))));
        if (bias != null) {
            sources.add(bias);
        }
        emitter.primitive(matmul, sources, List.of(Argument.of(DNNL_ARG_DST(), dst, y)));
    }
}
