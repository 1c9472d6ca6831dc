package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
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
    private @Nullable Value mean; // of the rows, kept for the way back
    private @Nullable Value variance;

    /// @param width  D
    /// @param weight (D), or null for ones
    /// @param bias   (D), or null for zeros
    public LayerNorm(Value x, long width, @Nullable Value weight, @Nullable Value bias, float eps) {
        super(Stream.of(x, weight, bias).filter(value -> value != null).toList());
        Shapes.requireFloat(x, "layer norm");
        if (x.shape().rank() == 0 || x.shape().size(-1) != width) {
            throw new IllegalArgumentException("layer norm over " + width
                    + " elements needs an input whose last dimension is that, not " + x.shape());
        }
        for (Value vector : inputs().subList(1, inputs().size())) {
            Shapes.requireWeight(vector, Shape.of(width), "layer norm", "weight and bias");
        }
        this.x = x;
        this.weight = weight;
        this.bias = bias;
        this.eps = eps;
        gives(x.recorder().allocate(x.shape(), DataType.F32));
    }

    /// (…, D)
    public Value x() {
        return x;
    }

    /// (D), or null for ones.
    public @Nullable Value weight() {
        return weight;
    }

    /// (D), or null for zeros.
    public @Nullable Value bias() {
        return bias;
    }

    /// What is added to the variance.
    public float eps() {
        return eps;
    }

    private MemoryDescriptor layout(Emitter emitter) {
        long width = x.shape().size(-1);
        return emitter.layout(x.shape().elements() / width, width);
    }

    private int flags() {
        return (weight == null ? dnnl_normalization_flags_none() : dnnl_use_scale())
                | (bias == null ? 0 : dnnl_use_shift());
    }

    private Primitive primitive(MemoryDescriptor layout, MemoryDescriptor statistics, int kind) {
        int flags = flags();
        return Primitive.create(
                "dnnl_layer_normalization_forward_primitive_desc_create",
                "layer norm " + x.shape(),
                null,
                (slot, engine, attr) -> dnnl_layer_normalization_forward_primitive_desc_create(
                        slot,
                        engine,
                        kind,
                        layout.address(),
                        layout.address(),
                        statistics.address(),
                        eps,
                        flags,
                        attr));
    }

    private void addParameters(Emitter emitter, List<Argument> sources) {
        MemoryDescriptor vector = emitter.layout(x.shape().size(-1));
        if (weight != null) {
            sources.add(Argument.of(DNNL_ARG_SCALE(), vector, weight));
        }
        if (bias != null) {
            sources.add(Argument.of(DNNL_ARG_SHIFT(), vector, bias));
        }
    }

    @Override
    public void forward(Emitter emitter) {
        if (x.shape().elements() == 0) {
            return;
        }
        MemoryDescriptor layout = layout(emitter);
        List<Argument> sources = new ArrayList<>();
        sources.add(Argument.of(DNNL_ARG_SRC(), layout, emitter.dense(x)));
        addParameters(emitter, sources);
        List<Argument> destinations = new ArrayList<>();
        destinations.add(Argument.of(DNNL_ARG_DST(), layout, output()));
        boolean training = x.recorder().hasVariables();
        MemoryDescriptor statistics = training ? statistics(emitter) : MemoryDescriptor.NONE;
        int kind = training ? dnnl_forward_training() : dnnl_forward_inference();
        Primitive primitive = emitter.keep(primitive(layout, statistics, kind));
        if (training) {
            Shape rows = Shape.of(x.shape().elements() / x.shape().size(-1));
            mean = emitter.temporary(rows);
            variance = emitter.temporary(rows);
            destinations.add(Argument.of(DNNL_ARG_MEAN(), statistics, mean));
            destinations.add(Argument.of(DNNL_ARG_VARIANCE(), statistics, variance));
        }
        emitter.primitive(primitive, sources, destinations);
    }

    private MemoryDescriptor statistics(Emitter emitter) {
        return emitter.layout(x.shape().elements() / x.shape().size(-1));
    }

    @Override
    public void backward(Gradients gradients) {
        Backward backward = x.recorder().record(new Backward(gradients.of(output())));
        gradients.add(x, backward.outputs().get(0));
        gradients.add(weight, backward.outputs().get(1));
        gradients.add(bias, backward.outputs().get(2));
    }

    /// The gradients of x, weight and bias.
    private final class Backward extends Op {
        private final Value dy;

        Backward(Value dy) {
            super(Stream.of(x, weight, bias, LayerNorm.this.output(), dy)
                    .filter(value -> value != null)
                    .toList());
            this.dy = dy;
            Shape vector = Shape.of(x.shape().size(-1));
            gives(
                    x.recorder().allocate(x.shape(), DataType.F32),
                    x.recorder().allocate(vector, DataType.F32),
                    x.recorder().allocate(vector, DataType.F32));
        }

        @Override
        public void forward(Emitter emitter) {
            if (x.shape().elements() == 0) {
                outputs().forEach(emitter::zero);
                return;
            }
            MemoryDescriptor layout = layout(emitter);
            MemoryDescriptor statistics = statistics(emitter);
            MemoryDescriptor vector = emitter.layout(x.shape().size(-1));
            Primitive hint = emitter.keep(primitive(layout, statistics, dnnl_forward_training()));
            int flags = flags();
            Primitive backward = emitter.keep(Primitive.create(
                    "dnnl_layer_normalization_backward_primitive_desc_create",
                    "gradient of " + hint,
                    null,
                    (slot, engine, attr) -> dnnl_layer_normalization_backward_primitive_desc_create(
                            slot,
                            engine,
                            dnnl_backward(),
                            layout.address(),
                            layout.address(),
                            layout.address(),
                            statistics.address(),
                            eps,
                            flags,
                            hint.descriptor(),
                            attr)));
            List<Argument> sources = new ArrayList<>();
            sources.add(Argument.of(DNNL_ARG_SRC(), layout, emitter.dense(x)));
            sources.add(Argument.of(DNNL_ARG_DIFF_DST(), layout, emitter.dense(dy)));
            sources.add(Argument.of(DNNL_ARG_MEAN(), statistics, mean));
            sources.add(Argument.of(DNNL_ARG_VARIANCE(), statistics, variance));
            addParameters(emitter, sources);
            List<Argument> destinations = new ArrayList<>();
            destinations.add(Argument.of(DNNL_ARG_DIFF_SRC(), layout, outputs().get(0)));
            if (weight != null) {
                destinations.add(
                        Argument.of(DNNL_ARG_DIFF_SCALE(), vector, outputs().get(1)));
            }
            if (bias != null) {
                destinations.add(
                        Argument.of(DNNL_ARG_DIFF_SHIFT(), vector, outputs().get(2)));
            }
            emitter.primitive(backward, sources, destinations);
        }
    }
}
