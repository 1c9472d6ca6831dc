package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.function.IntSupplier;

/// The largest element, or the mean, of each window over the spatial dimensions.
///
/// x (N, C, L…), y (N, C, M…), for one, two or three spatial dimensions.
public final class Pool extends Op {
    /// What becomes of a window.
    public enum Function {
        /// The largest element; padding does not count.
        MAXIMUM(() -> dnnl_pooling_max()),
        /// The mean over the whole window, padding being zeros.
        MEAN_WITH_PADDING(() -> dnnl_pooling_avg_include_padding()),
        /// The mean over the window's elements, padding left out.
        MEAN(() -> dnnl_pooling_avg_exclude_padding());

        private final IntSupplier algorithm;

        Function(IntSupplier algorithm) {
            this.algorithm = algorithm;
        }
    }

    private final Value x;
    private final Function function;
    private final Window window;

    public Pool(Function function, Value x, Window window) {
        super(List.of(Shapes.requireFloat(x, "pooling")));
        this.x = x;
        this.function = function;
        this.window = window;
        Shape shape = window.over(x.shape(), x.shape().size(1));
        for (int i = 0; i < window.kernel().length; i++) {
            if (window.before()[i] >= window.kernel()[i] * window.dilation()[i]) {
                throw new IllegalArgumentException("a pooling's padding is smaller than its window");
            }
        }
        gives(x.recorder().allocate(shape, DataType.F32));
    }

    @Override
    public void forward(Emitter emitter) {
        if (output().shape().elements() == 0) {
            return;
        }
        Value source = emitter.dense(x);
        MemoryDescriptor src = emitter.layout(source);
        MemoryDescriptor dst = emitter.layout(output());
        try (Arena arena = Arena.ofConfined()) {
            Window.Arguments w = window.arguments(arena);
            Primitive pooling = emitter.keep(Primitive.create(
                    "dnnl_pooling_forward_primitive_desc_create",
                    "pooling " + function + " " + x.shape() + " to " + output().shape(),
                    null,
                    (slot, engine, attr) -> dnnl_pooling_forward_primitive_desc_create(
                            slot,
                            engine,
                            dnnl_forward_inference(),
                            function.algorithm.getAsInt(),
                            src.address(),
                            dst.address(),
                            w.strides(),
                            w.kernel(),
                            w.dilation(),
                            w.before(),
                            w.after(),
                            attr)));
            emitter.primitive(
                    pooling,
                    List.of(Argument.of(DNNL_ARG_SRC(), src, source)),
                    List.of(Argument.of(DNNL_ARG_DST(), dst, output())));
        }
    }
}
