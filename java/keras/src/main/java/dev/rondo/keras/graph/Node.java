package dev.rondo.keras.graph;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import dev.rondo.keras.file.LayerConfig;
import dev.rondo.keras.layer.Layer;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A call of a layer in a graph.
///
/// @param config  the layer, as the file describes it
/// @param layer   the layer
/// @param number  which of the layer's calls it is
/// @param inputs  what it reads
/// @param states  initial states, or none
/// @param mask    the mask that it names, or null
/// @param numbers arguments that are no tensors
record Node(
        LayerConfig config,
        Layer layer,
        int number,
        List<Reference> inputs,
        List<Reference> states,
        @Nullable Reference mask,
        List<Double> numbers) {

    /// Everything that has to be there before the call.
    List<Reference> reads() {
        return Stream.of(inputs.stream(), states.stream(), Stream.ofNullable(mask))
                .flatMap(all -> all)
                .toList();
    }

    /// A call as the file describes it.
    static Node of(LayerConfig config, Layer layer, int number, JsonField call) {
        List<Reference> inputs = new ArrayList<>();
        List<Reference> states = new ArrayList<>();
        List<Double> numbers = new ArrayList<>();
        Reference mask = null;
        List<JsonField> arguments = call.get("args").elements();
        for (int i = 0; i < arguments.size(); i++) {
            boolean isInput = i == 0 || config.isFunction();
            if (i > 1) {
                throw config.malformed("is called with more arguments than Rondo knows");
            }
            collect(arguments.get(i), isInput ? inputs : states, numbers);
        }
        for (var argument : call.get("kwargs").members().entrySet()) {
            JsonField value = argument.getValue();
            boolean isOff = value.isNull() || value.value().equals(new Json.BooleanValue(false));
            switch (argument.getKey()) {
                case "initial_state" -> collect(value, states, numbers);
                case "mask" -> mask = isReference(value) ? reference(value) : null;
                case "training" -> {
                    if (!isOff) {
                        throw config.malformed("is called as in training");
                    }
                }
                default -> {
                    if (!isOff) {
                        throw config.malformed("is called with "
                                + MalformedFileException.quote(argument.getKey())
                                + ", which Rondo does not know");
                    }
                }
            }
        }
        if (!states.isEmpty() && !layer.takesStates() || !numbers.isEmpty() && !config.isFunction()) {
            throw config.malformed("is called with more arguments than Rondo knows");
        }
        return new Node(config, layer, number, inputs, states, mask, numbers);
    }

    private static boolean isReference(JsonField field) {
        return field.value() instanceof Json.ObjectValue
                && field.get("class_name").asString().equals("__keras_tensor__");
    }

    private static Reference reference(JsonField field) {
        return Reference.of(field.get("config").get("keras_history"));
    }

    private static void collect(JsonField argument, List<Reference> tensors, List<Double> numbers) {
        if (argument.isNull()) {
            return;
        }
        if (isReference(argument)) {
            tensors.add(reference(argument));
        } else if (argument.value() instanceof Json.NumberValue) {
            numbers.add(argument.asDouble());
        } else {
            argument.elements().forEach(element -> collect(element, tensors, numbers));
        }
    }
}
