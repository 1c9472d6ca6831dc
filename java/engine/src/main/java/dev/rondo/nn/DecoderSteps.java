package dev.rondo.nn;

import dev.rondo.op.Loop;
import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/// What some steps of a decoder have come to.
///
/// @param context (T, N, M)
/// @param h       (T, N, H), of the top layer
/// @param readout (T, N, A)
/// @param weights (N, T, S), or (N', K, S) where rows share memories
/// @param state   after the last of them
record DecoderSteps(Value context, Value h, Value readout, Value weights, Decoder.State state) {
    /// Steps that have been recorded one after the other.
    static DecoderSteps joined(List<DecoderSteps> steps) {
        return new DecoderSteps(
                joined(steps, DecoderSteps::context, 0),
                joined(steps, DecoderSteps::h, 0),
                joined(steps, DecoderSteps::readout, 0),
                joined(steps, DecoderSteps::weights, 1),
                steps.getLast().state);
    }

    private static Value joined(List<DecoderSteps> steps, Function<DecoderSteps, Value> part, int dimension) {
        return Functional.concat(steps.stream().map(part).toList(), dimension);
    }

    /// Steps as one loop.
    ///
    /// @param x    (T, N, E)
    /// @param step what a step comes to, of its x (N, E) and the state before it
    static DecoderSteps loop(Value x, Decoder.State start, BiFunction<Value, Decoder.State, DecoderSteps> step) {
        Loop loop = x.recorder().record(new Loop(parts(start), List.of(x), given -> {
            DecoderSteps one = step.apply(given.getLast(), state(start, given));
            List<Value> results = new ArrayList<>(parts(one.state));
            results.addAll(List.of(
                    one.context.select(0, 0), one.h.select(0, 0), one.readout.select(0, 0), one.weights.select(1, 0)));
            return results;
        }));
        List<Value> kept =
                loop.outputs().subList(loop.stateCount(), loop.outputs().size());
        return new DecoderSteps(
                kept.get(0), kept.get(1), kept.get(2), kept.get(3).transpose(0, 1), state(start, loop.outputs()));
    }

    private static List<Value> parts(Decoder.State state) {
        return Stream.of(state.h(), state.c(), state.feed(), state.past())
                .filter(value -> value != null)
                .toList();
    }

    /// A state of the same parts as another one, which come first among these values.
    private static Decoder.State state(Decoder.State like, List<Value> values) {
        Iterator<Value> next = values.iterator();
        return new Decoder.State(
                next.next(),
                like.c() == null ? null : next.next(),
                like.feed() == null ? null : next.next(),
                like.past() == null ? null : next.next());
    }
}
