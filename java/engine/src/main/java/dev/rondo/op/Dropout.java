package dev.rondo.op;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.TrainingKernels;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Dropout in training: each run drops other elements, and its gradient drops the same.
///
/// Random numbers are counted, not drawn: run k of a replay uses those from k times the operation's size on, and each
/// use of a seed in a program has a sequence of its own. So the seed, the number of the use and the number of the run
/// ([ReplayMemory#run()]) say what is dropped.
public final class Dropout extends Op {
    private final Value x;
    private final float p;
    private final long seed;
    private final long repeats;

    /// @param p       probability with which an element is dropped
    /// @param repeats how many equal parts of x, along its first dimensions, are dropped alike
    public Dropout(Value x, double p, long seed, long repeats) {
        super(List.of(Shapes.requireFloat(x, "dropout")));
        this.x = x;
        this.p = (float) p;
        this.seed = x.recorder().seed(seed);
        this.repeats = repeats;
        gives(x.recorder().allocate(x.shape(), x.type()));
    }

    @Override
    public void forward(Emitter emitter) {
        emit(emitter, "dropout", emitter.dense(x), output());
    }

    @Override
    public void backward(Gradients gradients) {
        gradients.add(
                x, x.recorder().record(new Backward(gradients.of(output()))).output());
    }

    private final class Backward extends Op {
        private final Value dy;

        Backward(Value dy) {
            super(List.of(dy));
            this.dy = dy;
            gives(x.recorder().allocate(x.shape(), x.type()));
        }

        @Override
        public void forward(Emitter emitter) {
            emit(emitter, "gradient of dropout", emitter.dense(dy), output());
        }
    }

    private void emit(Emitter emitter, String problem, Value from, Value to) {
        long count = x.shape().elements() / Math.max(1, repeats);
        if (count == 0) {
            return;
        }
        TrainingKernels kernels = TrainingKernels.available();
        emitter.kernel(
                problem + " " + x.shape(), Kernels.available().toString(), List.of(from), List.of(to), memory -> {
                    MemorySegment src = memory.segment(from);
                    MemorySegment dst = memory.segment(to);
                    return () -> kernels.dropout(src, dst, repeats, count, p, seed, memory.run() * count);
                });
    }
}
