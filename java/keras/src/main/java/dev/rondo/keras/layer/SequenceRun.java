package dev.rondo.keras.layer;

import dev.rondo.nn.Functional;
import dev.rondo.op.Copy;
import dev.rondo.op.GatherSlices;
import dev.rondo.op.GeneralRecurrent;
import dev.rondo.op.MaskedSteps;
import dev.rondo.op.Recurrent;
import dev.rondo.op.RecurrentInputs;
import dev.rondo.op.Zeros;
import dev.rondo.program.Direction;
import dev.rondo.program.Merge;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One recurrent layer, or two that read the same sequences, over sequences of which some steps may not count: states
/// stay as they are there.
///
/// @param output (N, T, H…) in the order of time, or (N, H…) after the last step: the layers' outputs side by side
/// @param states the layers' states (N, H) after their last steps, one layer's after the other's
record SequenceRun(Value output, List<Value> states) {
    /// One layer over the steps that count.
    ///
    /// @param before its states (N, H) before the first step, or null for zeros
    /// @param output (N, T, H)
    /// @param after  its states (N, H) after the last step
    private record Pass(RecurrentLayer layer, @Nullable List<Value> before, Value output, List<Value> after) {}

    /// Passes, and their outputs side by side.
    private record Passes(List<Pass> each, Value output) {}

    static SequenceRun record(List<RecurrentLayer> layers, Call call) {
        Value x = Call.floats(call.inputs().getFirst().value());
        if (x.shape().rank() != 3 || x.shape().size(1) == 0) {
            throw new IllegalArgumentException(
                    "its input is of shape (N, T, I) with at least one step, not " + x.shape());
        }
        List<@Nullable List<Value>> before = states(layers, call, x.shape().size(0));
        Value mask = mask(call, x);
        SequenceRun run = mask == null
                ? unmasked(layers, x, before)
                : masked(layers, x, before, call.recorder().record(new MaskedSteps(mask)));
        carry(layers, call, before, run.states());
        return run;
    }

    private static @Nullable Value mask(Call call, Value x) {
        Value mask = call.mask();
        if (mask != null
                && !mask.shape().equals(Shape.of(x.shape().size(0), x.shape().size(1)))) {
            throw new IllegalArgumentException(
                    "its mask is of shape (N, T), not " + mask.shape() + ", for an input of shape " + x.shape());
        }
        return mask;
    }

    /// The states before the first step: those that the call gives, those that are carried, or null.
    private static List<@Nullable List<Value>> states(List<RecurrentLayer> layers, Call call, long samples) {
        int count = layers.stream().mapToInt(RecurrentLayer::stateCount).sum();
        if (!call.states().isEmpty() && call.states().size() != count) {
            throw new IllegalArgumentException(
                    "it has " + count + " states, but is given " + call.states().size());
        }
        List<@Nullable List<Value>> all = new ArrayList<>();
        int next = 0;
        for (RecurrentLayer layer : layers) {
            List<Value> own = new ArrayList<>();
            for (int i = 0; i < layer.stateCount(); i++) {
                if (!call.states().isEmpty()) {
                    own.add(required(call.states().get(next++).value(), Shape.of(samples, layer.units())));
                } else if (isCarried(layer, call)) {
                    String name = layer.name() + (i == 0 ? ".h" : ".c");
                    own.add(call.recorder().state(name, Shape.of(samples, layer.units())));
                }
            }
            all.add(own.isEmpty() ? null : own);
        }
        return all;
    }

    private static Value required(Value state, Shape shape) {
        if (!state.shape().equals(shape) || state.type() != DataType.F32) {
            throw new IllegalArgumentException("its initial state is " + state + " where F32 " + shape + " is needed");
        }
        return state;
    }

    private static boolean isCarried(RecurrentLayer layer, Call call) {
        return layer.stateful()
                && call.recorder().isStreaming()
                && call.states().isEmpty();
    }

    private static void carry(
            List<RecurrentLayer> layers, Call call, List<@Nullable List<Value>> before, List<Value> after) {
        int next = 0;
        for (int k = 0; k < layers.size(); k++) {
            for (int i = 0; i < layers.get(k).stateCount(); i++, next++) {
                if (isCarried(layers.get(k), call)) {
                    Value whole = call.record(new Copy(after.get(next)));
                    call.recorder().carry(before.get(k).get(i), whole);
                }
            }
        }
    }

    private static SequenceRun unmasked(List<RecurrentLayer> layers, Value x, List<@Nullable List<Value>> before) {
        Passes passes = passes(layers, x, null, before);
        List<Value> states =
                passes.each().stream().flatMap(pass -> pass.after().stream()).toList();
        Value output = layers.getFirst().returnSequences()
                ? passes.output()
                : Functional.concat(
                        passes.each().stream()
                                .map(pass -> pass.after().getFirst())
                                .toList(),
                        1);
        return new SequenceRun(output, states);
    }

    private static SequenceRun masked(
            List<RecurrentLayer> layers, Value x, List<@Nullable List<Value>> before, MaskedSteps steps) {
        Recorder recorder = x.recorder();
        Value counted = recorder.record(new GatherSlices(x, steps.order(), 1)).output();
        Passes passes = passes(layers, counted, steps.lengths(), before);
        List<Value> states = new ArrayList<>();
        List<Value> last = new ArrayList<>();
        for (Pass pass : passes.each()) {
            RecurrentLayer layer = pass.layer();
            List<Value> first = pass.before() == null ? zeros(layer, x) : pass.before();
            Value nearest = layer.goBackwards() ? steps.backward() : steps.forward();
            last.add(picked(null, pass.output(), end(layer, layer.zeroOutput() ? steps.own() : nearest))
                    .select(1, 0));
            states.add(
                    picked(first.getFirst(), pass.output(), end(layer, nearest)).select(1, 0));
            if (layer.cell().hasCellState()) {
                Value cN = pass.after().getLast().unsqueeze(1);
                states.add(picked(first.getLast(), cN, steps.some()).select(1, 0));
            }
        }
        RecurrentLayer layer = layers.getFirst();
        if (!layer.returnSequences()) {
            return new SequenceRun(Functional.concat(last, 1), states);
        }
        Value nearest = layer.goBackwards() ? steps.backward() : steps.forward();
        return new SequenceRun(picked(null, passes.output(), layer.zeroOutput() ? steps.own() : nearest), states);
    }

    private static List<Value> zeros(RecurrentLayer layer, Value x) {
        Value zeros = x.recorder()
                .record(new Zeros(x.recorder(), Shape.of(x.shape().size(0), layer.units())))
                .output();
        return List.of(zeros, zeros);
    }

    /// The step of (N, T, 1) that a layer reads last.
    private static Value end(RecurrentLayer layer, Value steps) {
        long t = layer.goBackwards() ? 0 : steps.shape().size(1) - 1;
        return steps.slice(1, t, t + 1);
    }

    /// Steps by their numbers from 1, where 0 is what there was before them.
    ///
    /// @param before (N, H), or null for zeros
    /// @param steps  (N, T, H)
    /// @param ids    (N, K, 1)
    private static Value picked(@Nullable Value before, Value steps, Value ids) {
        Recorder recorder = steps.recorder();
        Value first = before != null
                ? before.unsqueeze(1)
                : recorder.record(new Zeros(recorder, steps.shape().with(1, 1))).output();
        return recorder.record(new GatherSlices(Functional.concat(List.of(first, steps), 1), ids, 1))
                .output();
    }

    private static Passes passes(
            List<RecurrentLayer> layers, Value x, @Nullable Value lengths, List<@Nullable List<Value>> before) {
        if (layers.size() == 1 || layers.getFirst().goesWith(layers.getLast())) {
            return together(layers, x, lengths, before);
        }
        List<Pass> each = new ArrayList<>();
        List<Value> outputs = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            Passes one = together(layers.subList(i, i + 1), x, lengths, before.subList(i, i + 1));
            each.addAll(one.each());
            outputs.add(one.output());
        }
        return new Passes(each, Functional.concat(outputs, 2));
    }

    /// Layers alike in one operation.
    private static Passes together(
            List<RecurrentLayer> layers, Value x, @Nullable Value lengths, List<@Nullable List<Value>> before) {
        RecurrentLayer first = layers.getFirst();
        Recorder recorder = x.recorder();
        List<Direction> directions =
                layers.stream().map(RecurrentLayer::direction).toList();
        List<Recurrent.Weights> weights =
                layers.stream().map(layer -> layer.weights(recorder)).toList();
        Value h0 = stacked(layers, x, before, 0);
        Value c0 = first.cell().hasCellState() ? stacked(layers, x, before, 1) : null;
        List<Value> outputs = first.isOrdinary()
                ? recorder.record(new Recurrent(
                                first.cell(),
                                directions,
                                Merge.CONCAT,
                                true,
                                new RecurrentInputs(x, h0, c0, lengths),
                                weights))
                        .outputs()
                : recorder.record(new GeneralRecurrent(
                                first.cell(),
                                new GeneralRecurrent.Cells(
                                        layers.stream()
                                                .map(RecurrentLayer::functions)
                                                .toList(),
                                        Float.POSITIVE_INFINITY,
                                        false),
                                directions,
                                x.transpose(0, 1),
                                h0,
                                c0,
                                lengths,
                                weights))
                        .outputs();
        Value output =
                first.isOrdinary() ? outputs.getFirst() : outputs.getFirst().transpose(0, 1);
        List<Pass> each = new ArrayList<>();
        for (int d = 0; d < layers.size(); d++) {
            int direction = d;
            List<Value> after = outputs.subList(1, outputs.size()).stream()
                    .map(state -> state.select(0, direction))
                    .toList();
            long width = first.units();
            each.add(new Pass(layers.get(d), before.get(d), output.slice(2, d * width, (d + 1) * width), after));
        }
        return new Passes(each, output);
    }

    /// One of the states before the first step, of all layers (D, N, H), or null where all are zeros.
    private static @Nullable Value stacked(
            List<RecurrentLayer> layers, Value x, List<@Nullable List<Value>> before, int state) {
        if (before.stream().allMatch(own -> own == null)) {
            return null;
        }
        List<Value> all = new ArrayList<>();
        for (int d = 0; d < layers.size(); d++) {
            List<Value> own = before.get(d) == null ? zeros(layers.get(d), x) : before.get(d);
            all.add(own.get(state).unsqueeze(0));
        }
        return Functional.concat(all, 0);
    }
}
