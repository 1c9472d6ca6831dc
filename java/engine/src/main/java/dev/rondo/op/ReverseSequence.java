package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Sequences turned round within their own lengths: `y[t, n] = x[length_n - 1 - t, n]`, and x behind them.
///
/// x, y (T, N, …), lengths (N), I64 from 0 to T. Source: ONNX's `ReverseSequence`.
public final class ReverseSequence extends Op {
    private final Value x;
    private final Value lengths;

    public ReverseSequence(Value x, Value lengths) {
        super(List.of(Copy.dense(x), lengths));
        this.x = inputs().getFirst();
        this.lengths = Lengths.require(lengths, x.shape(), "reversing");
        gives(x.recorder().allocate(x.shape(), x.type()));
    }

    @Override
    public void backward(Gradients gradients) {
        gradients.add(
                x,
                x.recorder()
                        .record(new ReverseSequence(gradients.of(output()), lengths))
                        .output());
    }

    @Override
    public void forward(Emitter emitter) {
        if (x.shape().elements() == 0) {
            return;
        }
        long steps = x.shape().size(0);
        long batch = x.shape().size(1);
        long rowBytes = x.shape().elements() / (steps * batch) * x.type().byteSize();
        emitter.kernel("reverse sequences " + x, "Java", inputs(), List.of(output()), memory -> {
            MemorySegment src = memory.segment(x);
            MemorySegment counts = memory.segment(lengths);
            MemorySegment dst = memory.segment(output());
            return () -> {
                Lengths.check(counts, batch, steps);
                for (long n = 0; n < batch; n++) {
                    long length = counts.getAtIndex(ValueLayout.JAVA_LONG, n);
                    for (long t = 0; t < steps; t++) {
                        long from = t < length ? length - 1 - t : t;
                        MemorySegment.copy(
                                src, (from * batch + n) * rowBytes, dst, (t * batch + n) * rowBytes, rowBytes);
                    }
                }
            };
        });
    }
}
