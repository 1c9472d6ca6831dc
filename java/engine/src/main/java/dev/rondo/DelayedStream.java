package dev.rondo;

import dev.rondo.program.MissingFramesException;
import dev.rondo.program.StreamPart;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The beginning and the end of streams of a model that looks ahead: the first frames wait until there are enough for
/// the first results, and the end gives those that are late.
///
/// Threads: one at a time, as its owner sees to.
final class DelayedStream implements AutoCloseable {
    private static final String TIME = "T";

    private final Model model;
    private final int threads;
    private final List<Shape> shapes;
    private final Session middle;
    private final Session beginning;
    private final long steps; // whose frames the beginning takes
    private final long frames; // of a step
    private final long latency;
    private long waiting; // steps whose frames wait in the beginning's inputs
    private boolean hasBegun;
    private boolean hasEnded;
    private @Nullable Session end; // the last one opened
    private @Nullable Session current; // whose results are there

    DelayedStream(Model model, int threads, Session middle, List<Shape> shapes) {
        this.model = model;
        this.threads = threads;
        this.middle = middle;
        this.shapes = shapes;
        this.frames = frames(model, shapes);
        long enough = 1;
        Session opened = null;
        while (opened == null) {
            try {
                opened = model.open(StreamPart.BEGINNING, threads, shapes(enough * frames));
            } catch (MissingFramesException e) {
                enough += Math.ceilDiv(e.missing(), frames);
            }
        }
        this.beginning = opened;
        this.steps = enough;
        this.latency = enough * frames - given();
    }

    private static long frames(Model model, List<Shape> shapes) {
        for (int i = 0; i < shapes.size(); i++) {
            int time = model.inputs().get(i).dimensions().indexOf(TIME);
            if (time >= 0 && shapes.get(i).size(time) > 0) {
                return shapes.get(i).size(time);
            }
        }
        throw new IllegalArgumentException("a model that looks ahead is streamed frames of some input whose dimension "
                + "of time is named T, and the inputs are " + model.inputs());
    }

    /// How many frames the beginning gives results for.
    private long given() {
        for (Map.Entry<String, Tensor> output : beginning.outputs().entrySet()) {
            Shape first = output.getValue().shape();
            Shape later = middle.output(output.getKey()).shape();
            for (int i = 0; i < first.rank(); i++) {
                if (first.size(i) != later.size(i)) {
                    return first.size(i);
                }
            }
        }
        return frames;
    }

    private Shape[] shapes(long time) {
        Shape[] changed = new Shape[shapes.size()];
        for (int i = 0; i < changed.length; i++) {
            int dimension = model.inputs().get(i).dimensions().indexOf(TIME);
            changed[i] = dimension < 0 ? shapes.get(i) : shapes.get(i).with(dimension, time);
        }
        return changed;
    }

    long latency() {
        return latency;
    }

    /// Whose results are there, or null for nobody's.
    @Nullable
    Session current() {
        return current;
    }

    /// Takes the frames in the middle's inputs.
    void step() {
        if (hasEnded) {
            throw new IllegalStateException("the stream has ended: reset the session before the next one");
        }
        if (hasBegun) {
            middle.replay();
            current = middle;
            return;
        }
        copyInputs(middle, 0, beginning, waiting * frames, frames);
        current = null;
        if (waiting + 1 == steps) {
            beginning.states().values().forEach(state -> state.data().fill((byte) 0));
            beginning.run();
            copyStates(beginning, middle);
            hasBegun = true;
            current = beginning;
        }
        waiting++;
    }

    /// Gives the results that are late.
    void finish() {
        if (hasEnded) {
            throw new IllegalStateException("the stream has ended already");
        }
        if (!hasBegun && waiting == 0) {
            current = null;
        } else {
            open(hasBegun ? StreamPart.END : null, hasBegun ? 0 : waiting * frames);
            if (hasBegun) {
                copyStates(middle, end);
            } else {
                copyInputs(beginning, 0, end, 0, waiting * frames);
            }
            end.run();
            current = end;
        }
        hasEnded = true;
    }

    private void open(@Nullable StreamPart part, long time) {
        if (end != null) {
            end.close();
        }
        end = model.open(part, threads, shapes(time));
    }

    void reset() {
        waiting = 0;
        hasBegun = false;
        hasEnded = false;
        current = null;
    }

    /// Goes on in the middle of a stream.
    void restored() {
        reset();
        hasBegun = true;
    }

    void requireBegun() {
        if (!hasBegun || hasEnded) {
            throw new IllegalStateException("a stream that looks ahead can be kept from its first results to its end");
        }
    }

    private static void copyStates(Session from, Session to) {
        Map<String, Tensor> target = to.states();
        from.states().forEach((name, state) -> target.get(name).data().copyFrom(state.data()));
    }

    /// Copies some frames of all inputs.
    private void copyInputs(Session from, long fromFrame, Session to, long toFrame, long count) {
        for (Input input : model.inputs()) {
            Tensor source = from.input(input.name());
            Tensor target = to.input(input.name());
            int time = input.dimensions().indexOf(TIME);
            if (time < 0) {
                target.data().copyFrom(source.data());
                continue;
            }
            long outer = 1;
            for (int i = 0; i < time; i++) {
                outer *= source.shape().size(i);
            }
            long sourceRow = source.data().byteSize() / outer;
            long targetRow = target.data().byteSize() / outer;
            long frame = sourceRow / source.shape().size(time);
            for (long i = 0; i < outer; i++) {
                MemorySegment.copy(
                        source.data(),
                        i * sourceRow + fromFrame * frame,
                        target.data(),
                        i * targetRow + toFrame * frame,
                        count * frame);
            }
        }
    }

    long byteSize() {
        return beginning.byteSize() + (end == null ? 0 : end.byteSize());
    }

    @Override
    public void close() {
        beginning.close();
        if (end != null) {
            end.close();
        }
    }
}
