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
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A convolution over one, two or three spatial dimensions, in the sense of neural networks (a cross-correlation).
///
/// x (N, C, L…), weight (O, C/groups, K…), bias (O), y (N, O, M…). Source: PyTorch's `nn.Conv1d` and `nn.Conv2d`.
public final class Convolution extends Op {
    private final Value x;
    private final Value weight;
    private final @Nullable Value bias;
    private final Window window;
    private final long groups;

    /// @param window its kernel has the weight's sizes
    public Convolution(Value x, Value weight, @Nullable Value bias, Window window, long groups) {
        super(Stream.of(x, weight, bias).filter(value -> value != null).toList());
        Shapes.requireFloat(x, "convolution");
        long[] sizes = Shapes.requireFloat(weight, "convolution").shape().sizes();
        boolean fits = sizes.length == window.kernel().length + 2
                && x.shape().rank() == sizes.length
                && groups > 0
                && sizes[0] % groups == 0
                && sizes[1] * groups == x.shape().size(1)
                && Arrays.equals(LongStream.of(sizes).skip(2).toArray(), window.kernel());
        if (!fits) {
            throw new IllegalArgumentException("convolution in " + groups + " groups cannot take an input of shape "
                    + x.shape() + " and a weight of shape " + weight.shape());
        }
        if (bias != null) {
            Shapes.requireWeight(bias, Shape.of(sizes[0]), "convolution", "a bias");
        }
        this.x = x;
        this.weight = weight;
        this.bias = bias;
        this.window = window;
        this.groups = groups;
        gives(x.recorder().allocate(window.over(x.shape(), sizes[0]), DataType.F32));
    }

    @Override
    public void forward(Emitter emitter) {
        if (output().shape().elements() == 0) {
            return;
        }
        if (weight.shape().elements() == 0) {
            throw new IllegalArgumentException("convolution needs weights, not " + weight.shape());
        }
        MemoryDescriptor biasLayout = bias == null ? MemoryDescriptor.NONE : emitter.layout(bias);
        Primitive convolution = create(emitter, biasLayout);
        MemoryDescriptor src = emitter.keep(convolution.layout(DNNL_ARG_SRC()));
        MemoryDescriptor dst = emitter.keep(convolution.layout(DNNL_ARG_DST()));
        Value source = reordered(emitter, emitter.dense(x), src);
        Value result = emitter.layout(output()).sameAs(dst) ? output() : emitter.workspace(dst.byteSize());
        List<Argument> sources = new ArrayList<>();
        sources.add(Argument.of(DNNL_ARG_SRC(), src, source));
        sources.add(weights(emitter, emitter.keep(convolution.layout(DNNL_ARG_WEIGHTS()))));
        if (bias != null) {
            sources.add(Argument.of(DNNL_ARG_BIAS(), biasLayout, bias));
        }
        emitter.primitive(convolution, sources, List.of(Argument.of(DNNL_ARG_DST(), dst, result)));
        if (result != output()) {
            reorder(emitter, result, dst, output(), emitter.layout(output()));
        }
    }

    private Primitive create(Emitter emitter, MemoryDescriptor biasLayout) {
        try (Arena arena = Arena.ofConfined();
                MemoryDescriptor src = MemoryDescriptor.any(x.shape().sizes());
                MemoryDescriptor weights = MemoryDescriptor.any(grouped());
                MemoryDescriptor dst = MemoryDescriptor.any(output().shape().sizes())) {
            Window.Arguments w = window.arguments(arena);
            return emitter.keep(Primitive.create(
                    "dnnl_convolution_forward_primitive_desc_create",
                    "convolution " + x.shape() + " by " + weight.shape() + " to " + output().shape(),
                    null,
                    (slot, engine, attr) -> dnnl_convolution_forward_primitive_desc_create(
                            slot,
                            engine,
                            dnnl_forward_inference(),
                            dnnl_convolution_direct(),
                            src.address(),
                            weights.address(),
                            biasLayout.address(),
                            dst.address(),
                            w.strides(),
                            w.dilation(),
                            w.before(),
                            w.after(),
                            attr)));
        }
    }

    /// The weight's sizes, with the groups in front where there are several.
    private long[] grouped() {
        long[] sizes = weight.shape().sizes();
        if (groups == 1) {
            return sizes;
        }
        return LongStream.concat(
                        LongStream.of(groups, sizes[0] / groups),
                        LongStream.of(sizes).skip(1))
                .toArray();
    }

    private Argument weights(Emitter emitter, MemoryDescriptor wanted) {
        Tensor constant = weight.constant();
        if (constant != null) {
            return Argument.of(
                    DNNL_ARG_WEIGHTS(),
                    emitter.weights()
                            .pack(
                                    "convolution in " + groups + " groups",
                                    List.of(constant),
                                    wanted,
                                    () -> new PackedWeights.Plain(MemoryDescriptor.dense(grouped()), constant.data())));
        }
        Value plain = emitter.dense(weight);
        MemoryDescriptor layout = emitter.layout(grouped());
        if (layout.sameAs(wanted)) {
            return Argument.of(DNNL_ARG_WEIGHTS(), wanted, plain);
        }
        Value packed = emitter.workspace(wanted.byteSize());
        reorder(emitter, plain, layout, packed, wanted);
        return Argument.of(DNNL_ARG_WEIGHTS(), wanted, packed);
    }

    private static Value reordered(Emitter emitter, Value value, MemoryDescriptor wanted) {
        MemoryDescriptor layout = emitter.layout(value);
        if (layout.sameAs(wanted)) {
            return value;
        }
        Value copy = emitter.workspace(wanted.byteSize());
        reorder(emitter, value, layout, copy, wanted);
        return copy;
    }

    private static void reorder(
            Emitter emitter, Value from, MemoryDescriptor fromLayout, Value to, MemoryDescriptor toLayout) {
        Primitive reorder = emitter.keep(Primitive.reorder(fromLayout, toLayout, "reorder of a convolution"));
        emitter.primitive(
                reorder,
                List.of(Argument.of(DNNL_ARG_FROM(), fromLayout, from)),
                List.of(Argument.of(DNNL_ARG_TO(), toLayout, to)));
    }
}
