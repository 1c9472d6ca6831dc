package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// `y = (x - mean) / sqrt(variance + eps) * weight + bias` over the last dimension, with the biased variance.
///
/// x, y (…, D), weight (D), bias (D). Source: Ba, Kiros and Hinton 2016 (arXiv 1607.06450), PyTorch's `nn.LayerNorm`.
public final class LayerNorm extends Op {
    private final Value x;
    private final @Nullable Value weight;
    private final @Nullable Value bias;
    private final float eps;

    public LayerNorm(Value x, @Nullable Value weight, @Nullable Value bias, float eps) {
        super(Stream.of(x, weight, bias).filter(value -> value != null).toList());
        Shapes.requireFloat(x, "layer norm");
        if (weight != null
                && (x.shape().rank() == 0
                        || x.shape().size(-1) != weight.shape().size(0))) {
            throw new IllegalArgumentException(
                    "layer norm over " + weight.shape().size(0)
                            + " elements needs an input whose last dimension is that, not " + x.shape());
        }
        this.x = x;
        this.weight = weight;
        this.bias = bias;
        this.eps = eps;
        gives(x.recorder().allocate(x.shape(), DataType.F32));
    }

    @Override
    public void forward(Emitter emitter) {
        if (x.shape().elements() == 0) {
            return;
        }
        Value src = emitter.dense(x);
        long width = x.shape().size(-1);
        MemoryDescriptor layout = emitter.layout(x.shape().elements() / width, width);
        MemoryDescriptor vector = emitter.layout(width);
        int flags = (weight == null ? dnnl_normalization_flags_none() : dnnl_use_scale())
                | (bias == null ? 0 : dnnl_use_shift());
        Primitive primitive = emitter.keep(Primitive.create(
                "dnnl_layer_normalization_forward_primitive_desc_create",
                "layer norm " + x.shape(),
                null,
                (slot, engine, attr) -> dnnl_layer_normalization_forward_primitive_desc_create(
                        slot,
                        engine,
                        dnnl_forward_inference(),
                        layout.address(),
                        layout.address(),
                        MemoryDescriptor.NONE.address(),
                        eps,
                        flags,
                        attr)));
        List<Argument> sources = new ArrayList<>();
        sources.add(Argument.of(DNNL_ARG_SRC(), layout, src));
        if (weight != null) {
            sources.add(Argument.of(DNNL_ARG_SCALE(), vector, weight));
        }
        if (bias != null) {
            sources.add(Argument.of(DNNL_ARG_SHIFT(), vector, bias));
        }
        emitter.primitive(primitive, sources, List.of(Argument.of(DNNL_ARG_DST(), layout, output())));
    }
}
