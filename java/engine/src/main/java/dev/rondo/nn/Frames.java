package dev.rondo.nn;

import dev.rondo.op.Concat;
import dev.rondo.op.Copy;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// What layers keep of a stream from run to run, and what they do about the ends of sequences.
final class Frames {
    private Frames() {}

    /// Records a scan over states, which go on from run to run where the recorder is streaming.
    ///
    /// @param x    (T, N, …)
    /// @param scan from the state before the first step (N, width), or null for zeros, to those after each step
    static Value carried(Module layer, String name, Value x, int width, Function<@Nullable Value, Value> scan) {
        Recorder recorder = x.recorder();
        if (!recorder.isStreaming()) {
            return scan.apply(null);
        }
        Value before =
                recorder.state(layer.path() + "." + name, Shape.of(x.shape().size(1), width));
        Value states = scan.apply(before);
        long steps = x.shape().size(0);
        recorder.carry(before, copy(steps == 0 ? before : states.select(0, steps - 1)));
        return states;
    }

    /// The frames with so many before them: zeros, or in a stream those of the run before.
    ///
    /// @param x (T, N, I)
    /// @return (count + T, N, I)
    static Value withPast(Module layer, Value x, int count) {
        if (count == 0) {
            return x;
        }
        Recorder recorder = x.recorder();
        if (!recorder.isStreaming()) {
            return join(zeros(x, count), x);
        }
        Value before = state(layer, x, count);
        Value all = join(frames(before, x, count), x);
        long steps = x.shape().size(0);
        recorder.carry(before, flat(all.slice(0, steps, steps + count)));
        return all;
    }

    /// Frames of which the last ones are only looked at.
    ///
    /// @param all   (given + ahead, N, I)
    /// @param given how many frames the layer gives results for: the first
    record Ahead(Value all, long given) {}

    /// The frames that a layer which looks ahead can give results for now, and those it looks at: all of a sequence.
    /// In a stream the last ones have to wait for the next run; its end gives results for all.
    ///
    /// @param x     (T, N, I)
    /// @param delay by how many frames results are late
    /// @param chunk what the number of results in a run is a multiple of
    static Ahead withFuture(Module layer, Value x, int delay, int chunk) {
        Recorder recorder = x.recorder();
        long steps = x.shape().size(0);
        if (recorder.lengths() != null) {
            throw new IllegalArgumentException(
                    "layer " + layer.path() + " looks ahead, and takes no sequences of unequal lengths");
        }
        if (!recorder.isStreaming()) {
            return new Ahead(x, steps);
        }
        if (steps % chunk != 0) {
            throw new IllegalArgumentException("layer " + layer.path() + " gives results for " + chunk
                    + " frames at a time: stream a multiple of it, not " + steps + " frames a step");
        }
        if (delay == 0) {
            return new Ahead(x, steps);
        }
        recorder.looksAhead();
        return switch (recorder.part()) {
            case BEGINNING -> {
                recorder.needFrames(delay + chunk - steps);
                Value before = state(layer, x, delay); // nobody reads it
                recorder.carry(before, flat(x.slice(0, steps - delay, steps)));
                yield new Ahead(x, steps - delay);
            }
            case MIDDLE -> {
                Value before = state(layer, x, delay);
                Value all = join(frames(before, x, delay), x);
                recorder.carry(before, flat(all.slice(0, steps, steps + delay)));
                yield new Ahead(all, steps);
            }
            case END -> {
                Value before = state(layer, x, delay);
                recorder.carry(before, copy(before)); // the stream is over
                yield new Ahead(join(frames(before, x, delay), x), steps + delay);
            }
        };
    }

    private static Value state(Module layer, Value x, int count) {
        long width = count * x.shape().size(2);
        return x.recorder().state(layer.path() + ".frames", Shape.of(x.shape().size(1), width));
    }

    /// (N, count*I) as (count, N, I)
    private static Value frames(Value state, Value x, int count) {
        return state.reshape(x.shape().size(1), count, x.shape().size(2)).transpose(0, 1);
    }

    /// (count, N, I) as (N, count*I), in memory of its own
    private static Value flat(Value frames) {
        Value byStream = copy(frames.transpose(0, 1));
        return byStream.reshape(
                byStream.shape().size(0),
                byStream.shape().size(1) * byStream.shape().size(2));
    }

    private static Value copy(Value x) {
        return x.recorder().record(new Copy(x)).output();
    }

    private static Value join(Value a, Value b) {
        return a.recorder().record(new Concat(List.of(a, b), 0)).output();
    }

    /// So many frames of zeros as wide as those of x.
    static Value zeros(Value x, long count) {
        return x.recorder().literal(Tensor.allocate(Arena.ofAuto(), x.shape().with(0, count), DataType.F32));
    }

    /// The output with zeros behind the ends of sequences.
    static Value masked(Value y) {
        Value lengths = y.recorder().lengths();
        return lengths == null
                ? y
                : Functional.multiply(
                        y, Functional.sequenceMask(lengths, y.shape().with(2, 1)));
    }
}
