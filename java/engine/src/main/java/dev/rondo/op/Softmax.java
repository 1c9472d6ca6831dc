package dev.rondo.op;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.TrainingKernels;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// `y = exp(x) / sum(exp(x))` over the last dimension, or its logarithm; computed from `x - max(x)`.
public final class Softmax extends Op {
    private final Value x;
    private final boolean logarithmic;

    public Softmax(Value x, boolean logarithmic) {
        super(List.of(Shapes.requireFloat(x, "softmax")));
        if (x.shape().rank() == 0) {
            throw new IllegalArgumentException("softmax needs a dimension to sum over, and a scalar has none");
        }
        this.x = x;
        this.logarithmic = logarithmic;
        gives(x.recorder().allocate(x.shape(), x.type()));
    }

    /// Whether it gives the logarithm.
    public boolean isLogarithmic() {
        return logarithmic;
    }

    @Override
    public void backward(Gradients gradients) {
        gradients.add(
                x, x.recorder().record(new Backward(gradients.of(output()))).output());
    }

    /// The gradient of x, from the result alone.
    private final class Backward extends Op {
        private final Value dy;

        Backward(Value dy) {
            super(List.of(Softmax.this.output(), dy));
            this.dy = dy;
            gives(x.recorder().allocate(x.shape(), x.type()));
        }

        @Override
        public void forward(Emitter emitter) {
            if (x.shape().elements() == 0) {
                return;
            }
            TrainingKernels kernels = TrainingKernels.available();
            Value y = Softmax.this.output();
            Value given = emitter.dense(dy);
            long width = x.shape().size(-1);
            long rows = x.shape().elements() / width;
            emitter.kernel(
                    "gradient of softmax " + x.shape(),
                    Kernels.available().toString(),
                    List.of(y, given),
                    List.of(output()),
                    memory -> {
                        MemorySegment dst = memory.segment(y);
                        MemorySegment diffDst = memory.segment(given);
                        MemorySegment diffSrc = memory.segment(output());
                        return () -> kernels.softmaxBackward(dst, diffDst, diffSrc, rows, width, logarithmic);
                    });
        }
    }

    @Override
    public void forward(Emitter emitter) {
        if (x.shape().elements() == 0) {
            return;
        }
        Kernels kernels = Kernels.available();
        Value src = emitter.dense(x);
        long width = x.shape().size(-1);
        long rows = x.shape().elements() / width;
        emitter.kernel(
                (logarithmic ? "log softmax " : "softmax ") + x.shape(),
                kernels.toString(),
                List.of(src),
                List.of(output()),
                memory -> {
                    MemorySegment source = memory.segment(src);
                    MemorySegment destination = memory.segment(output());
                    return () -> kernels.softmax(source, destination, rows, width, logarithmic);
                });
    }
}
