package dev.rondo.keras.graph;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import java.util.ArrayList;
import java.util.List;

/// A tensor of a graph: what a call of a layer gives.
///
/// @param layer  the layer's name
/// @param call   which of its calls
/// @param output which of the call's outputs
record Reference(String layer, int call, int output) {
    private static final int HISTORY = 3;

    /// An array such as `["lstm", 0, 1]`.
    static Reference of(JsonField field) {
        List<JsonField> parts = field.elements();
        if (parts.size() != HISTORY) {
            throw field.malformed("should be a layer's name and two numbers");
        }
        return new Reference(
                parts.get(0).asString(), parts.get(1).asInt(), parts.get(2).asInt());
    }

    /// The tensors of a model's inputs or outputs: one, or a list or an object of them.
    static List<Reference> all(JsonField field) {
        List<Reference> all = new ArrayList<>();
        collect(field, all);
        return all;
    }

    private static void collect(JsonField field, List<Reference> into) {
        if (field.value() instanceof Json.ObjectValue) {
            field.members().values().forEach(member -> collect(member, into));
        } else if (!field.elements().isEmpty() && field.elements().getFirst().value() instanceof Json.StringValue) {
            into.add(of(field));
        } else {
            field.elements().forEach(element -> collect(element, into));
        }
    }
}
