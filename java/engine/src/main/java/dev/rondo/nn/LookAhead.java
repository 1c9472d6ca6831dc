package dev.rondo.nn;

import dev.rondo.op.Recurrent;
import dev.rondo.program.Merge;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/// A layer in both directions whose way from right to left begins a limited number of steps ahead, so that streams need
/// not have ended.
///
/// The sequence is cut into chunks of C steps. From left to right the layer runs as ever. From right to left it starts
/// anew for every chunk, R steps behind the chunk's end (at the end of the sequence if that comes first), and what it
/// gives for these R steps is dropped:
///
/// ```
/// chunk k reads x[kC … (k+1)C + R)      y_t = merge(forward(x)_t, backward(chunk of t)_t)
/// ```
///
/// With C = 1 every step has a window of its own, of R steps ahead, at the cost of R + 1 steps from right to left for
/// each. R = 0 and C = 1 looks at nothing but the step itself; C + R ≥ T is the layer in both directions.
///
/// In a [dev.rondo.StreamingSession] the results are `latency()` frames late, R rounded up to a multiple of C, beside
/// the chunk itself that has to be complete; a step takes a multiple of C frames. What the stream gives is what the
/// whole sequence gives at once: to the last bit around an RNN, LSTM or GRU, for up to 32 streams.
///
/// - x: (T, N, I); output: (T, N, 2*H), or as the merge has it; sequences of equal lengths alone
/// - parameters: `forward.…` and `backward.…`, those of the layers
///
/// {@snippet :
/// Module layer = new LookAhead(new LSTM(40, 64), new LSTM(40, 64), 16, 8); // results are 8 to 24 frames late
/// }
///
/// Source: Chen and Huo 2016, IEEE/ACM TASLP 24(7), and Zhang et al. 2016, arXiv 1510.08983 (latency-controlled BLSTM).
public final class LookAhead extends Module {
    private final Module forward;
    private final Module backward;
    private final int chunk;
    private final int context;
    private final Merge merge;

    /// Outputs side by side.
    public LookAhead(Module forward, Module backward, int chunk, int context) {
        this(forward, backward, chunk, context, Merge.CONCAT);
    }

    /// @param forward  a layer from left to right, time first
    /// @param backward the same with weights of its own: it is given its chunks turned round
    /// @param chunk    C, at least 1
    /// @param context  R, at least 0
    /// @param merge    how the outputs of both are joined
    public LookAhead(Module forward, Module backward, int chunk, int context, Merge merge) {
        Sizes.requirePositive(chunk, "number of steps of a chunk");
        if (context < 0) {
            throw new IllegalArgumentException("a layer cannot look " + context + " steps ahead");
        }
        this.forward = register("forward", forward);
        this.backward = register("backward", backward);
        this.chunk = chunk;
        this.context = context;
        this.merge = merge;
    }

    @Override
    public Value forward(Value x) {
        int delay = Math.ceilDiv(context, chunk) * chunk;
        Frames.Ahead frames = Frames.withFuture(this, x, delay, chunk);
        long steps = frames.given();
        Value ltr = forward.forward(frames.all().slice(0, 0, steps));
        if (steps == 0) {
            return Bidirectional.merged(merge, ltr, ltr);
        }
        return Bidirectional.merged(merge, ltr, fromRight(frames.all(), steps));
    }

    /// The way from right to left for the first steps: all chunks are one batch, turned round. Outside of training it
    /// is cut into batches whose results do not depend on how many chunks there are: a stream gives the same bits.
    private Value fromRight(Value x, long steps) {
        Recorder recorder = x.recorder();
        long total = x.shape().size(0);
        long batch = x.shape().size(1);
        long count = Math.ceilDiv(steps, (long) chunk);
        long length = Math.min(chunk + context, total);
        Value turned = Functional.indexSelect(
                x,
                0,
                ids(
                        recorder,
                        LongStream.range(0, length * count)
                                .map(i -> Math.max(0, end(i % count, total) - 1 - i / count))));
        Value windows = turned.reshape(length, count * batch, x.shape().size(2));
        Value y = inBatches(recorder, windows, batch);
        Value byWindow = Functional.contiguous(y)
                .reshape(length * count, batch, y.shape().size(2));
        return Functional.indexSelect(
                byWindow,
                0,
                ids(
                        recorder,
                        LongStream.range(0, steps).map(t -> (end(t / chunk, total) - 1 - t) * count + t / chunk)));
    }

    private Value inBatches(Recorder recorder, Value windows, long batch) {
        long rows = windows.shape().size(1);
        if (rows <= Recurrent.LARGEST_INVARIANT_BATCH || recorder.hasVariables() || recorder.isWriting()) {
            return recorder.apart(() -> backward.forward(windows));
        }
        long most = Math.max(1, Recurrent.LARGEST_INVARIANT_BATCH / batch) * batch;
        List<Value> parts = new ArrayList<>();
        for (long from = 0; from < rows; from += most) {
            Value part = windows.slice(1, from, Math.min(from + most, rows));
            parts.add(recorder.apart(() -> backward.forward(part)));
        }
        return Functional.concat(parts, 1);
    }

    /// Where what a chunk reads ends.
    private long end(long index, long total) {
        return Math.min((index + 1) * chunk + context, total);
    }

    private static Value ids(Recorder recorder, LongStream ids) {
        long[] array = ids.toArray();
        return recorder.literal(Tensor.of(Shape.of(array.length), array));
    }
}
