package dev.rondo.onnx.operator;

import dev.rondo.onnx.graph.Graph;
import dev.rondo.op.Concat;
import dev.rondo.op.Pointwise;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Graphs inside nodes: branches and loops, unrolled when they are recorded.
final class Control {
    private Control() {}

    static void register(Map<String, Operator> into) {
        into.put("If", new Operator(Set.of("then_branch", "else_branch"), true, Control::branch));
        into.put("Loop", new Operator(Set.of("body"), true, Control::loop));
        into.put(
                "Scan",
                new Operator(
                        Operators.names("body num_scan_inputs scan_input_axes scan_input_directions scan_output_axes"
                                + " scan_output_directions"),
                        true,
                        Control::scan));
    }

    /// One branch where the condition is known, else both, and for each output the elements of the one that holds.
    private static List<Value> branch(Call call) {
        Value condition = call.input(0);
        if (condition.known() != null) {
            return call.run(call.graph(isTrue(condition) ? "then_branch" : "else_branch"), List.of());
        }
        List<Value> then = call.run(call.graph("then_branch"), List.of());
        List<Value> otherwise = call.run(call.graph("else_branch"), List.of());
        return chosen(call, condition, then, otherwise);
    }

    /// For each pair of values the elements of the one that a condition, known to a run only, is for.
    private static List<Value> chosen(Call call, Value condition, List<Value> then, List<Value> otherwise) {
        Value truth = Shapes.reshaped(Elementwise.cast(call, condition, DataType.U8));
        List<Value> chosen = new ArrayList<>();
        for (int i = 0; i < Math.min(then.size(), otherwise.size()); i++) {
            Value a = then.get(i);
            Value b = otherwise.get(i);
            if (!a.shape().equals(b.shape()) || a.type() != b.type()) {
                throw new IllegalArgumentException(
                        "its condition is known to a run only, and leaves either " + a + " or " + b);
            }
            chosen.add(call.record(Pointwise.where(truth, a, b)));
        }
        return chosen;
    }

    private static boolean isTrue(Value condition) {
        if (condition.type() != DataType.U8 || condition.shape().elements() != 1) {
            throw new IllegalArgumentException("its condition is " + condition + " instead of a single truth");
        }
        return condition.known().data().get(ValueLayout.JAVA_BYTE, 0) != 0;
    }

    /// Where only a run will tell when the loop ends, it is unrolled to the most rounds that it may have, and those
    /// after its end change nothing.
    private static List<Value> loop(Call call) {
        long most = call.optional(0) == null ? Long.MAX_VALUE : call.knownLong(0, "number of rounds");
        Graph body = call.graph("body");
        Value goesOn = call.optional(1) == null ? truth(call) : call.input(1);
        List<Value> states = new ArrayList<>();
        for (int i = 2; i < call.inputCount(); i++) {
            states.add(call.input(i));
        }
        int carried = states.size();
        int scans = body.outputs().size() - 1 - carried;
        List<List<Value>> collected = new ArrayList<>();
        for (long round = 0; round < most && mayHold(goesOn); round++) {
            if (goesOn.known() == null && (most == Long.MAX_VALUE || scans > 0)) {
                throw new IllegalArgumentException(
                        "whether it goes on is known to a run only, which needs a largest number of rounds"
                                + " and no outputs of single rounds");
            }
            List<Value> given = new ArrayList<>();
            given.add(call.literal(Shape.of(), round));
            given.add(truth(call));
            given.addAll(states);
            List<Value> results = call.run(body, given);
            List<Value> next = results.subList(1, 1 + carried);
            boolean isKnown = goesOn.known() != null;
            states = new ArrayList<>(isKnown ? next : chosen(call, goesOn, next, states));
            goesOn = isKnown ? results.getFirst() : call.record(both(goesOn, results.getFirst()));
            collected.add(results.subList(1 + carried, results.size()));
        }
        List<Value> outputs = new ArrayList<>(states);
        if (collected.isEmpty() && scans > 0) {
            throw new IllegalArgumentException("it has no round that would tell the shapes of its outputs");
        }
        for (int i = 0; i < scans; i++) {
            int scan = i;
            outputs.add(stacked(
                    call, collected.stream().map(round -> round.get(scan)).toList(), 0));
        }
        return outputs;
    }

    private static boolean mayHold(Value condition) {
        return condition.known() == null || isTrue(condition);
    }

    private static Pointwise both(Value a, Value b) {
        return Pointwise.integers("and", Shapes.reshaped(a), Shapes.reshaped(b), (x, y) -> x & y);
    }

    private static Value truth(Call call) {
        Tensor truth = Tensor.allocate(Arena.ofAuto(), Shape.of(), DataType.U8);
        truth.data().set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
        return call.recorder().literal(truth);
    }

    private static Value stacked(Call call, List<Value> parts, int dimension) {
        List<Value> slices =
                parts.stream().map(part -> part.unsqueeze(dimension)).toList();
        return call.record(new Concat(slices, dimension));
    }

    private static List<Value> scan(Call call) {
        Graph body = call.graph("body");
        int scanned = Math.toIntExact(call.integer("num_scan_inputs", 0));
        int carried = call.inputCount() - scanned;
        if (scanned < 1 || carried < 0) {
            throw new IllegalArgumentException("it scans " + scanned + " of its " + call.inputCount() + " inputs");
        }
        int scans = body.outputs().size() - carried;
        long[] axes = orZeros(call.integers("scan_input_axes"), scanned);
        long[] backwards = orZeros(call.integers("scan_input_directions"), scanned);
        long[] outputAxes = orZeros(call.integers("scan_output_axes"), scans);
        long[] outputBackwards = orZeros(call.integers("scan_output_directions"), scans);
        List<Value> states = new ArrayList<>(call.inputs().subList(0, carried));
        List<Value> sequences = call.inputs().subList(carried, call.inputCount());
        int first = Shapes.dimensions(sequences.getFirst().shape(), axes[0])[0];
        long steps = sequences.getFirst().shape().size(first);
        List<List<Value>> collected = new ArrayList<>();
        for (long t = 0; t < steps; t++) {
            List<Value> given = new ArrayList<>(states);
            for (int i = 0; i < scanned; i++) {
                int axis = Shapes.dimensions(sequences.get(i).shape(), axes[i])[0];
                given.add(sequences.get(i).select(axis, backwards[i] != 0 ? steps - 1 - t : t));
            }
            List<Value> results = call.run(body, given);
            states = new ArrayList<>(results.subList(0, carried));
            collected.add(results.subList(carried, results.size()));
        }
        if (collected.isEmpty() && scans > 0) {
            throw new IllegalArgumentException("it has no step that would tell the shapes of its outputs");
        }
        List<Value> outputs = new ArrayList<>(states);
        for (int i = 0; i < scans; i++) {
            int scan = i;
            List<Value> parts = new ArrayList<>(
                    collected.stream().map(step -> step.get(scan)).toList());
            if (outputBackwards[i] != 0) {
                Collections.reverse(parts);
            }
            int rank = parts.getFirst().shape().rank() + 1;
            int axis = Math.toIntExact(outputAxes[i] < 0 ? outputAxes[i] + rank : outputAxes[i]);
            outputs.add(stacked(call, parts, axis));
        }
        return outputs;
    }

    private static long[] orZeros(long @Nullable [] given, int count) {
        if (given != null && given.length != count) {
            throw new IllegalArgumentException("its axes and directions " + Arrays.toString(given)
                    + " are not one for each of " + count + " sequences");
        }
        return given != null ? given : new long[count];
    }
}
