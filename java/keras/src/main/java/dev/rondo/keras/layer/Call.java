package dev.rondo.keras.layer;

import dev.rondo.op.Pointwise;
import dev.rondo.program.Op;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A call of a layer in a graph that is being recorded.
///
/// @param recorder where operations are recorded
/// @param inputs   what the layer reads
/// @param states   initial states, or none
/// @param given    the mask that the call names, or null where it names none
/// @param numbers  arguments that are no tensors
public record Call(
        Recorder recorder,
        List<Flow> inputs,
        List<Flow> states,
        @Nullable Value given,
        List<Double> numbers) {
    public Call {
        inputs = List.copyOf(inputs);
        states = List.copyOf(states);
        numbers = List.copyOf(numbers);
    }

    /// A call with one input and nothing else.
    static Call of(Flow input) {
        return new Call(input.value().recorder(), List.of(input), List.of(), null, List.of());
    }

    /// The only input.
    Flow input() {
        if (inputs.size() != 1) {
            throw new IllegalArgumentException("it reads one input, not " + inputs.size());
        }
        return inputs.getFirst();
    }

    /// The only input as floats.
    Value x() {
        return floats(input().value());
    }

    /// The only input as floats, of so many dimensions.
    Value x(int rank) {
        Value x = x();
        if (x.shape().rank() != rank) {
            throw new IllegalArgumentException("its input has " + rank + " dimensions, not the shape " + x.shape());
        }
        return x;
    }

    /// The mask that the layer reads: the one that the call names, else its input's. A call with initial states has
    /// the former alone, as in Keras.
    @Nullable
    Value mask() {
        return given != null || !states.isEmpty() ? given : input().mask();
    }

    /// A value as floats.
    public static Value floats(Value value) {
        return value.type() == DataType.F32
                ? value
                : value.recorder().record(Pointwise.cast(value, DataType.F32)).output();
    }

    Value record(Op op) {
        return recorder.record(op).output();
    }
}
