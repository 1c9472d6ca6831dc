package dev.rondo.keras.layer;

import dev.rondo.nn.Functional;
import dev.rondo.op.Pointwise;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/// Layers of several inputs.
final class Merging {
    private Merging() {}

    static void register(Map<String, Layers.Factory> into) {
        elementwise(into, "Add", Functional::add);
        elementwise(into, "Subtract", Functional::subtract);
        elementwise(into, "Multiply", Functional::multiply);
        elementwise(into, "Maximum", Functional::maximum);
        elementwise(into, "Minimum", Functional::minimum);
        into.put("Average", (_, _) -> call -> {
            Value sum = values(call).stream().reduce(Functional::add).orElseThrow();
            return List.of(new Flow(Functional.multiply(sum, 1.0 / call.inputs().size()), any(call)));
        });
        into.put("Concatenate", (config, _) -> {
            int axis = config.integer("axis", -1);
            return call -> {
                Value joined = Functional.concat(
                        call.inputs().stream()
                                .map(flow -> Call.floats(flow.value()))
                                .toList(),
                        axis);
                return List.of(new Flow(joined, concatenated(call, axis)));
            };
        });
    }

    private static void elementwise(Map<String, Layers.Factory> into, String name, BinaryOperator<Value> function) {
        into.put(
                name,
                (_, _) -> call ->
                        List.of(new Flow(values(call).stream().reduce(function).orElseThrow(), any(call))));
    }

    /// The inputs with as many dimensions: a vector of each sample goes with each step of sequences, as in Keras.
    private static List<Value> values(Call call) {
        if (call.inputs().isEmpty()) {
            throw new IllegalArgumentException("it has no inputs");
        }
        List<Value> values =
                call.inputs().stream().map(flow -> Call.floats(flow.value())).toList();
        int rank = values.stream().mapToInt(value -> value.shape().rank()).max().orElseThrow();
        List<Value> aligned = new ArrayList<>();
        for (Value value : values) {
            Value one = value;
            while (one.shape().rank() < rank) {
                one = one.unsqueeze(1);
            }
            aligned.add(one);
        }
        return aligned;
    }

    /// Steps count that do in any input, where all inputs have masks.
    private static @Nullable Value any(Call call) {
        boolean all = call.inputs().stream().allMatch(flow -> flow.mask() != null);
        return all
                ? call.inputs().stream()
                        .map(Flow::mask)
                        .reduce(Functional::maximum)
                        .orElseThrow()
                : null;
    }

    /// The masks side by side; inputs without one have ones. Where vectors are joined, a step counts that does in any.
    private static @Nullable Value concatenated(Call call, int axis) {
        if (call.inputs().stream().allMatch(flow -> flow.mask() == null)) {
            return null;
        }
        List<Value> masks = new ArrayList<>();
        for (Flow flow : call.inputs()) {
            masks.add(flow.mask() == null ? ones(flow.value()) : flow.mask());
        }
        int rank = call.inputs().getFirst().value().shape().rank();
        return (axis < 0 ? axis + rank : axis) == rank - 1
                ? masks.stream().reduce(Functional::maximum).orElseThrow()
                : Functional.concat(masks, axis < 0 ? axis + 1 : axis);
    }

    private static Value ones(Value value) {
        Shape shape = value.select(-1, 0).shape();
        Value one = value.recorder().constant(Tensor.of(Shape.of(), 1f));
        return value.recorder().record(Pointwise.expand(one, shape)).output();
    }
}
