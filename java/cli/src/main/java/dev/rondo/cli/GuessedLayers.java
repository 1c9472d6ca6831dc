package dev.rondo.cli;

import dev.rondo.format.Json;
import dev.rondo.format.MalformedFileException;
import dev.rondo.format.Safetensors;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The chain of layers that weights belong to, as names and shapes in a PyTorch state dict tell it: types by the names
/// of tensors, an LSTM, a GRU or an RNN by the number of its gates, the order by what goes into each layer and comes
/// out.
///
/// What weights do not tell is assumed: no functions between layers, and what the options say.
final class GuessedLayers {
    /// A layer.
    ///
    /// @param in        width of its input, or -1 for ids
    /// @param out       width of its output
    /// @param arguments PyTorch's
    private record Layer(String name, String type, long in, long out, Map<String, Json> arguments) {
        boolean isRecurrent() {
            return type.contains("RNN") || type.contains("LSTM") || type.contains("GRU");
        }

        @Override
        public String toString() {
            return type + " " + MalformedFileException.quote(name);
        }
    }

    private static final int MOST_ATTEMPTS = 100_000;

    private final String file;
    private final boolean batchFirst;
    private final String nonlinearity;
    private final Map<String, Map<String, Shape>> groups = new LinkedHashMap<>(); // by layer
    private final List<List<Layer>> chains = new ArrayList<>();
    private int attempts;

    private GuessedLayers(String file, boolean batchFirst, String nonlinearity) {
        this.file = file;
        this.batchFirst = batchFirst;
        this.nonlinearity = nonlinearity;
    }

    /// A description, and what it assumes.
    ///
    /// @param json        a `model.json`
    /// @param tensors     the weights, by names of which each has a layer's before it
    /// @param assumptions in one line
    record Guess(Json.ObjectValue json, Map<String, Tensor> tensors, String assumptions) {}

    /// What the weights are of.
    ///
    /// @param file         its name, for messages
    /// @param batchFirst   whether recurrent layers take samples before steps
    /// @param nonlinearity an RNN's: `tanh` or `relu`
    /// @throws InputException if they are of no chain of layers, or of more than one
    static Guess of(Safetensors weights, String file, boolean batchFirst, String nonlinearity) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        weights.tensors().forEach((name, tensor) -> tensors.put(name.contains(".") ? name : "layer." + name, tensor));
        GuessedLayers guessed = new GuessedLayers(file, batchFirst, nonlinearity);
        tensors.forEach((name, tensor) -> {
            int dot = name.lastIndexOf('.');
            guessed.groups
                    .computeIfAbsent(name.substring(0, dot), _ -> new LinkedHashMap<>())
                    .put(name.substring(dot + 1), tensor.shape());
        });
        List<Layer> chain = guessed.chain();
        return new Guess(guessed.json(chain), tensors, guessed.assumptions(chain));
    }

    private InputException refused(String why) {
        return new InputException(
                file + ": has no model.json beside it, and " + why + "; describe the layers in a model.json");
    }

    private List<Layer> chain() {
        if (groups.isEmpty()) {
            throw refused("has no weights to guess one from");
        }
        List<List<Layer>> readings = new ArrayList<>();
        groups.forEach((name, shapes) -> readings.add(readings(name, shapes)));
        search(new ArrayList<>(), readings);
        if (chains.isEmpty()) {
            throw refused("there is no order in which each layer takes what the one before it gives: "
                    + readings.stream()
                            .map(one -> one.getFirst() + " from "
                                    + width(one.getFirst().in()) + " to "
                                    + one.getFirst().out())
                            .collect(Collectors.joining(", ")));
        }
        if (chains.size() == 1) {
            return chains.getFirst();
        }
        // PyTorch's own writer sorts names, so that only another order tells something.
        List<String> written = List.copyOf(groups.keySet());
        boolean isSorted = written.equals(written.stream().sorted().toList());
        List<List<Layer>> asWritten = chains.stream()
                .filter(chain -> !isSorted && names(chain).equals(written))
                .toList();
        if (asWritten.size() != 1) {
            throw refused("its layers may be " + text(chains.get(0)) + ", but also " + text(chains.get(1)));
        }
        return asWritten.getFirst();
    }

    private static List<String> names(List<Layer> chain) {
        return chain.stream().map(Layer::name).toList();
    }

    private static String text(List<Layer> chain) {
        return chain.stream().map(Layer::toString).collect(Collectors.joining(" → "));
    }

    private static String width(long in) {
        return in < 0 ? "ids" : Long.toString(in);
    }

    /// Finds the chains of all layers: more than two, as the file's order may tell which of them it is.
    private void search(List<Layer> begun, List<List<Layer>> left) {
        if (left.isEmpty()) {
            chains.add(List.copyOf(begun));
            return;
        }
        for (List<Layer> readings : left) {
            if (hasEarlier(readings.getFirst().name(), left)) {
                continue;
            }
            List<List<Layer>> others = new ArrayList<>(left);
            others.remove(readings);
            for (Layer layer : readings) {
                boolean fits = begun.isEmpty() || begun.getLast().out() == layer.in();
                if (fits && chains.size() < 100 && ++attempts < MOST_ATTEMPTS) {
                    begun.add(layer);
                    search(begun, others);
                    begun.removeLast();
                }
            }
        }
    }

    /// Whether the name of another layer differs in a smaller number alone, such as 0 before 1, or fc1 before fc2.
    private static boolean hasEarlier(String name, List<List<Layer>> left) {
        return left.stream().map(readings -> readings.getFirst().name()).anyMatch(other -> {
            boolean isAlike = !other.equals(name) && stem(other).equals(stem(name));
            return isAlike && number(other).compareTo(number(name)) < 0;
        });
    }

    private static String stem(String name) {
        return name.replaceFirst("[0-9]+(?=[^0-9]*$)", "#");
    }

    private static String number(String name) {
        String digits = name.replaceFirst("^.*?([0-9]*)[^0-9]*$", "$1").replaceFirst("^0+", "");
        return String.format("%5d", digits.length()) + digits; // shorter ones are smaller
    }

    /// What the tensors of a layer may be of; more than one where a weight without a bias may look up or multiply.
    private List<Layer> readings(String name, Map<String, Shape> shapes) {
        if (shapes.containsKey("weight_hh_l0")) {
            return List.of(stack(name, shapes));
        }
        if (shapes.containsKey("weight_hh")) {
            return List.of(cell(name, shapes));
        }
        Shape weight = shapes.get("weight");
        boolean hasBias = shapes.containsKey("bias");
        if (weight == null || shapes.size() > (hasBias ? 2 : 1) || weight.rank() < 1 || weight.rank() > 2) {
            String key = shapes.keySet().stream()
                    .filter(one -> !one.equals("weight") && !one.equals("bias"))
                    .findFirst()
                    .orElse("weight");
            throw refused("tensor " + MalformedFileException.quote(name + "." + key) + " of shape " + shapes.get(key)
                    + " is of no layer that its names and shapes tell");
        }
        if (weight.rank() == 1) {
            Map<String, Json> arguments = new LinkedHashMap<>();
            arguments.put("normalized_shape", integer(weight.size(0)));
            arguments.put("bias", new Json.BooleanValue(hasBias));
            return List.of(new Layer(name, "LayerNorm", weight.size(0), weight.size(0), arguments));
        }
        Layer lookup = new Layer(name, "Embedding", -1, weight.size(1), new LinkedHashMap<>());
        lookup.arguments().put("num_embeddings", integer(weight.size(0)));
        lookup.arguments().put("embedding_dim", integer(weight.size(1)));
        Layer product = new Layer(name, "Linear", weight.size(1), weight.size(0), new LinkedHashMap<>());
        product.arguments().put("in_features", integer(weight.size(1)));
        product.arguments().put("out_features", integer(weight.size(0)));
        product.arguments().put("bias", new Json.BooleanValue(hasBias));
        if (hasBias) {
            return List.of(product);
        }
        return name.toLowerCase(Locale.ROOT).contains("emb") ? List.of(lookup) : List.of(product, lookup);
    }

    private Layer stack(String name, Map<String, Shape> shapes) {
        Shape projection = shapes.get("weight_hr_l0");
        Shape input = matrix(name, "weight_ih_l0", shapes.get("weight_ih_l0"));
        Shape state = matrix(name, "weight_hh_l0", shapes.get("weight_hh_l0"));
        long hidden = projection == null
                ? state.size(1)
                : matrix(name, "weight_hr_l0", projection).size(1);
        String type = type(name, "weight_hh_l0", state, hidden);
        int layers = 1;
        while (shapes.containsKey("weight_hh_l" + layers)) {
            layers++;
        }
        boolean bidirectional = shapes.containsKey("weight_hh_l0_reverse");
        Map<String, Json> arguments = sizes(input, hidden, shapes.containsKey("bias_ih_l0"), type);
        arguments.put("num_layers", integer(layers));
        arguments.put("bidirectional", new Json.BooleanValue(bidirectional));
        arguments.put("batch_first", new Json.BooleanValue(batchFirst));
        if (projection != null) {
            arguments.put("proj_size", integer(projection.size(0)));
        }
        return new Layer(name, type, input.size(1), state.size(1) * (bidirectional ? 2 : 1), arguments);
    }

    private Layer cell(String name, Map<String, Shape> shapes) {
        Shape input = matrix(name, "weight_ih", shapes.get("weight_ih"));
        Shape state = matrix(name, "weight_hh", shapes.get("weight_hh"));
        String type = type(name, "weight_hh", state, state.size(1));
        Map<String, Json> arguments = sizes(input, state.size(1), shapes.containsKey("bias_ih"), type);
        return new Layer(name, type + "Cell", input.size(1), state.size(1), arguments);
    }

    private Map<String, Json> sizes(Shape input, long hidden, boolean bias, String type) {
        Map<String, Json> arguments = new LinkedHashMap<>();
        arguments.put("input_size", integer(input.size(1)));
        arguments.put("hidden_size", integer(hidden));
        arguments.put("bias", new Json.BooleanValue(bias));
        if (type.equals("RNN")) {
            arguments.put("nonlinearity", new Json.StringValue(nonlinearity));
        }
        return arguments;
    }

    private Shape matrix(String name, String key, @Nullable Shape shape) {
        if (shape == null || shape.rank() != 2) {
            throw refused("tensor " + MalformedFileException.quote(name + "." + key)
                    + (shape == null ? " is missing" : " has the shape " + shape + " instead of two dimensions"));
        }
        return shape;
    }

    private String type(String name, String key, Shape state, long hidden) {
        long gates = hidden == 0 || state.size(0) % hidden != 0 ? 0 : state.size(0) / hidden;
        return switch ((int) gates) {
            case 1 -> "RNN";
            case 3 -> "GRU";
            case 4 -> "LSTM";
            default ->
                throw refused("tensor " + MalformedFileException.quote(name + "." + key) + " of shape " + state
                        + " has neither 1, 3 nor 4 gates of " + hidden);
        };
    }

    private Json.ObjectValue json(List<Layer> chain) {
        Layer first = chain.getFirst();
        boolean hasSteps = first.in() < 0 || chain.stream().anyMatch(Layer::isRecurrent);
        List<Json> sizes = new ArrayList<>();
        for (String size : hasSteps ? batchFirst ? List.of("N", "T") : List.of("T", "N") : List.of("N")) {
            sizes.add(new Json.StringValue(size));
        }
        Map<String, Json> json = new LinkedHashMap<>();
        json.put("name", new Json.StringValue("model"));
        json.put("weights", new Json.StringValue("model.safetensors"));
        json.put(
                "input",
                first.in() < 0
                        ? value("ids", "int64", sizes)
                        : value("x", "float32", with(sizes, integer(first.in()))));
        json.put(
                "output",
                value("output", "float32", with(sizes, integer(chain.getLast().out()))));
        json.put(
                "layers",
                new Json.ArrayValue(chain.stream().map(GuessedLayers::json).toList()));
        return new Json.ObjectValue(json);
    }

    private static Json json(Layer layer) {
        Map<String, Json> fields = new LinkedHashMap<>();
        fields.put("name", new Json.StringValue(layer.name()));
        fields.put("type", new Json.StringValue(layer.type()));
        fields.putAll(layer.arguments());
        return new Json.ObjectValue(fields);
    }

    private static List<Json> with(List<Json> sizes, Json last) {
        List<Json> all = new ArrayList<>(sizes);
        all.add(last);
        return all;
    }

    private static Json value(String name, String type, List<Json> sizes) {
        Map<String, Json> fields = new LinkedHashMap<>();
        fields.put("name", new Json.StringValue(name));
        fields.put("dtype", new Json.StringValue(type));
        fields.put("shape", new Json.ArrayValue(sizes));
        return new Json.ObjectValue(fields);
    }

    private static Json integer(long value) {
        return new Json.IntegerValue(value);
    }

    private String assumptions(List<Layer> chain) {
        List<String> assumed = new ArrayList<>();
        if (chain.size() > 1) {
            assumed.add("nothing between layers");
        }
        if (chain.stream().anyMatch(Layer::isRecurrent)) {
            assumed.add(batchFirst ? "samples before steps" : "steps before samples (else --batch-first)");
        }
        if (chain.stream().anyMatch(layer -> layer.type().startsWith("RNN"))) {
            assumed.add(nonlinearity.equals("tanh") ? "tanh (else --nonlinearity relu)" : nonlinearity);
        }
        return "read as " + text(chain)
                + (assumed.isEmpty() ? "" : "; assumed, as weights do not tell: " + String.join(", ", assumed));
    }
}
