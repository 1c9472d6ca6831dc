package dev.rondo;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.nn.Dropout;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.Functional;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Lambda;
import dev.rondo.nn.LayerNorm;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.nn.Parameter;
import dev.rondo.nn.RNN;
import dev.rondo.nn.Recurrence;
import dev.rondo.program.Activation;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;

/// A layer that a `model.json` describes: its type and PyTorch's constructor arguments, made into a module.
///
/// @param type   PyTorch's class name
/// @param module the layer
record LayerDescription(String type, Module module) {
    /// How many layers a file may stack upon those it names, where one of two directions counts twice. Each takes
    /// memory before its weights are looked for, so a hostile number must not get that far.
    static final int MOST_STACKED = 100;

    /// @param mostStacked how many layers it may stack upon the first
    static LayerDescription of(JsonField layer, long mostStacked) {
        if (stacked(layer) > mostStacked) {
            throw layer.get("num_layers")
                    .malformed("makes more than " + MOST_STACKED + " layers, those of two directions counted twice");
        }
        JsonField type = layer.get("type");
        try {
            return new LayerDescription(type.asString(), module(type, layer));
        } catch (IllegalArgumentException e) {
            throw layer.malformed(e.getMessage());
        }
    }

    private static Module module(JsonField type, JsonField layer) {
        return switch (type.asString()) {
            case "Embedding" -> {
                requireDefault(layer, "max_norm", JsonField::isNull);
                yield new Embedding(size(layer, "num_embeddings"), size(layer, "embedding_dim"));
            }
            case "Linear" ->
                new Linear(size(layer, "in_features"), size(layer, "out_features"), flag(layer, "bias", true), null);
            case "LayerNorm" ->
                new LayerNorm(
                        normalizedSize(layer.get("normalized_shape")),
                        (float) layer.find("eps")
                                .map(JsonField::asDouble)
                                .orElse(1e-5)
                                .doubleValue(),
                        flag(layer, "elementwise_affine", true),
                        flag(layer, "bias", true));
            case "RNN" -> new RNN(recurrence(layer), nonlinearity(layer.find("nonlinearity")));
            case "LSTM" -> new LSTM(recurrence(layer));
            case "GRU" -> new GRU(recurrence(layer));
            case "RNNCell" -> new RNN(cell(layer), nonlinearity(layer.find("nonlinearity")));
            case "LSTMCell" -> new LSTM(cell(layer));
            case "GRUCell" -> new GRU(cell(layer));
            case "Dropout" ->
                new Dropout(layer.find("p").map(JsonField::asDouble).orElse(0.5));
            case "Flatten" -> flatten(layer);
            case "ReLU" -> new Lambda(Functional::relu);
            case "Tanh" -> new Lambda(Functional::tanh);
            case "Sigmoid" -> new Lambda(Functional::sigmoid);
            case "GELU" -> {
                requireDefault(layer, "approximate", field -> field.asString().equals("none"));
                yield new Lambda(x -> Functional.activation(x, Activation.GELU));
            }
            case "ELU" -> {
                requireDefault(layer, "alpha", field -> field.asDouble() == 1);
                yield new Lambda(x -> Functional.activation(x, Activation.ELU));
            }
            case "Softmax" -> {
                requireLastDimension(layer);
                yield new Lambda(Functional::softmax);
            }
            case "LogSoftmax" -> {
                requireLastDimension(layer);
                yield new Lambda(Functional::logSoftmax);
            }
            default ->
                throw type.malformed("is no layer that Rondo knows: Embedding, RNN, LSTM, GRU, RNNCell, LSTMCell,"
                        + " GRUCell, Linear, LayerNorm, Dropout, Flatten, ReLU, Tanh, Sigmoid, GELU, ELU, Softmax or"
                        + " LogSoftmax");
        };
    }

    /// The layer's parameters by the names that PyTorch has for them. A cell's are those of a stack's layer 0.
    Map<String, Parameter> parameters() {
        if (!type.endsWith("Cell")) {
            return module.parameters();
        }
        Map<String, Parameter> parameters = new LinkedHashMap<>();
        module.parameters().forEach((key, parameter) -> parameters.put(key.replace("_l0", ""), parameter));
        return parameters;
    }

    /// A cell steps over the sequences that its input has.
    private static Recurrence cell(JsonField layer) {
        for (String argument : List.of("num_layers", "bidirectional", "proj_size")) {
            layer.find(argument).ifPresent(field -> {
                throw field.malformed("is no argument of a cell");
            });
        }
        return recurrence(layer);
    }

    private static Recurrence recurrence(JsonField layer) {
        Recurrence recurrence = Recurrence.of(size(layer, "input_size"), size(layer, "hidden_size"))
                .layers(layer.find("num_layers").map(JsonField::asInt).orElse(1))
                .projected(layer.find("proj_size").map(JsonField::asInt).orElse(0));
        if (flag(layer, "bidirectional", false)) {
            recurrence = recurrence.bidirectional();
        }
        if (flag(layer, "batch_first", false)) {
            recurrence = recurrence.batchFirst();
        }
        return flag(layer, "bias", true) ? recurrence : recurrence.withoutBias();
    }

    /// How many layers it stacks upon the first; one of two directions counts twice.
    static long stacked(JsonField layer) {
        long layers = layer.find("num_layers").map(JsonField::asInt).orElse(1);
        return (layers - 1) * (flag(layer, "bidirectional", false) ? 2 : 1);
    }

    private static RNN.Nonlinearity nonlinearity(Optional<JsonField> field) {
        if (field.isEmpty()) {
            return RNN.Nonlinearity.TANH;
        }
        return switch (field.get().asString()) {
            case "tanh" -> RNN.Nonlinearity.TANH;
            case "relu" -> RNN.Nonlinearity.RELU;
            default -> throw field.get().malformed("is neither tanh nor relu");
        };
    }

    /// Joins the dimensions from one on, which may be counted from the last.
    private static Module flatten(JsonField layer) {
        Optional<JsonField> field = layer.find("start_dim");
        int start = field.map(JsonField::asInt).orElse(1);
        requireDefault(layer, "end_dim", end -> end.asInt() == -1);
        return new Lambda(x -> {
            int rank = x.shape().rank();
            int first = start < 0 ? rank + start : start;
            if (first < 0 || first >= rank) {
                throw field.orElse(layer).malformed("is no dimension of an input of shape " + x.shape());
            }
            return Functional.flatten(x, first);
        });
    }

    private static int normalizedSize(JsonField field) {
        if (field.value() instanceof Json.ArrayValue) {
            if (field.elements().size() != 1) {
                throw field.malformed("has more than the last dimension, which is what Rondo normalises over");
            }
            return positive(field.elements().getFirst());
        }
        return positive(field);
    }

    private static void requireLastDimension(JsonField layer) {
        JsonField dimension = layer.get("dim");
        if (dimension.asInt() != -1) {
            throw dimension.malformed("is not -1, the last dimension, which is what Rondo sums over");
        }
    }

    /// Refuses arguments that would change the result and that Rondo does not know.
    private static void requireDefault(JsonField layer, String name, Predicate<JsonField> isDefault) {
        layer.find(name).filter(isDefault.negate()).ifPresent(field -> {
            throw field.malformed("has a value other than PyTorch's default, which is the only one Rondo knows");
        });
    }

    private static int size(JsonField layer, String name) {
        return positive(layer.get(name));
    }

    private static int positive(JsonField field) {
        int size = field.asInt();
        if (size < 1) {
            throw field.malformed("is not positive");
        }
        return size;
    }

    private static boolean flag(JsonField layer, String name, boolean otherwise) {
        return layer.find(name).map(JsonField::asBoolean).orElse(otherwise);
    }
}
