package dev.rondo.op;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.TrainingKernels;
import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.util.List;

/// `min(max(x, -bound), bound)`. Source: PyTorch's `clip_grad_value_`.
public final class Clamp extends Op {
    private final Value x;
    private final float bound;

    public Clamp(Value x, double bound) {
        super(List.of(Shapes.requireFloat(x, "clamp")));
        this.x = x;
        this.bound = (float) bound;
        gives(x.recorder().allocate(x.shape(), x.type()));
    }

    @Override
    public void forward(Emitter emitter) {
        emitter.copy(x, output());
        TrainingKernels kernels = TrainingKernels.available();
        long count = x.shape().elements();
        emitter.kernel(
                "clamp " + x.shape(), Kernels.available().toString(), List.of(output()), List.of(output()), memory -> {
                    var y = memory.segment(output());
                    return () -> kernels.clamp(y, count, bound);
                });
    }
}
