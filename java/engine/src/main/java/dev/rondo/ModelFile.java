package dev.rondo;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import dev.rondo.format.Safetensors;
import dev.rondo.nn.Module;
import dev.rondo.nn.RNNBase;
import dev.rondo.nn.Sequential;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A model as files hold it: a `model.json` that names layers in PyTorch's words, and their weights in safetensors.
///
/// | field | meaning |
/// |---|---|
/// | `name`, `weights` | the model's name; the weights' file, beside this one |
/// | `input` | `name`, `dtype` (`float32` or `int64`), `shape` (numbers or symbols such as `"T"`) |
/// | `output` | the same; it is what the last layer gives |
/// | `outputs` | optional, more results by name: `{"hn": "lstm.hn", "cn": "lstm.cn"}` |
/// | `layers` | in order; each with `name` (the prefix of its tensors), `type` and PyTorch's constructor arguments |
///
/// `RNNCell`, `LSTMCell` and `GRUCell` step over the sequences that they are given, T before N unless `batch_first`.
///
/// Other fields are kept: [#description()] has them.
public final class ModelFile {
    private final String name;
    private final Input input;
    private final Input output;
    private final Map<String, String> outputs;
    private final Map<String, LayerDescription> layers;
    private final Sequential network;
    private final JsonField description;

    private ModelFile(JsonField description) {
        this.description = description;
        this.name = description.get("name").asString();
        this.input = input(description.get("input"));
        this.output = input(description.get("output"));
        this.layers = layers(description.get("layers"));
        this.network = new Sequential(layers());
        this.outputs = new LinkedHashMap<>();
        description
                .find("outputs")
                .ifPresent(more -> more.members().forEach((key, source) -> outputs.put(key, state(key, source))));
    }

    /// Reads a model: `.safetensors` with a `model.json` beside it, that `model.json`, or their folder.
    ///
    /// @throws IOException            if a file cannot be read
    /// @throws MalformedFileException if a file's content is at fault
    public static ModelFile read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            return read(null, file.resolve("model.json"));
        }
        return file.toString().endsWith(".safetensors")
                ? read(file, file.resolveSibling("model.json"))
                : read(null, file);
    }

    /// Reads a model.
    ///
    /// @param weights the weights, or null for the file that the description names
    /// @param json    the description
    /// @throws IOException            if a file cannot be read
    /// @throws MalformedFileException if a file's content is at fault
    public static ModelFile read(@Nullable Path weights, Path json) throws IOException {
        ModelFile model = new ModelFile(JsonField.read(json));
        Path file = weights != null ? weights : model.weightsBeside(json);
        try (Arena arena = Arena.ofShared()) {
            model.load(Safetensors.read(file, arena).tensors(), file.toString());
        }
        return model;
    }

    /// A model whose files are in memory.
    ///
    /// @param weights the safetensors file
    /// @param json    the description
    /// @param origin  where they come from, for messages
    /// @throws MalformedFileException if the content is at fault
    public static ModelFile parse(MemorySegment weights, byte[] json, String origin) {
        return of(
                json, Safetensors.parse(weights, origin + "/model.safetensors").tensors(), origin);
    }

    /// A model whose description and weights are in memory.
    ///
    /// @param json    the description
    /// @param tensors the weights by name; they are copied
    /// @param origin  where they come from, for messages
    /// @throws MalformedFileException if the content is at fault
    public static ModelFile of(byte[] json, Map<String, Tensor> tensors, String origin) {
        ModelFile model = new ModelFile(JsonField.of(Json.parse(json, origin + "/model.json"), origin + "/model.json"));
        model.load(tensors, origin);
        return model;
    }

    /// The weights by name, in the layers' order: what a state dict of PyTorch has.
    public Map<String, Tensor> tensors() {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        layers.forEach((prefix, layer) ->
                layer.parameters().forEach((key, parameter) -> tensors.put(prefix + "." + key, parameter.tensor())));
        return tensors;
    }

    private Path weightsBeside(Path json) {
        JsonField field = description.get("weights");
        Path relative = Path.of(field.asString());
        if (relative.isAbsolute() || relative.normalize().startsWith("..")) {
            throw field.malformed("points outside the model's folder");
        }
        return json.resolveSibling(relative);
    }

    private static Input input(JsonField field) {
        JsonField type = field.get("dtype");
        DataType dataType = switch (type.asString()) {
            case "float32" -> DataType.F32;
            case "int64" -> DataType.I64;
            default -> throw type.malformed("is neither float32 nor int64");
        };
        List<String> dimensions = new ArrayList<>();
        for (JsonField dimension : field.get("shape").elements()) {
            dimensions.add(dimension(dimension));
        }
        return new Input(field.get("name").asString(), dataType, dimensions);
    }

    private static String dimension(JsonField field) {
        if (field.value() instanceof Json.StringValue symbol) {
            if (!symbol.value().matches("[A-Za-z_][A-Za-z0-9_]*")) {
                throw field.malformed("is neither a size nor a symbol such as T");
            }
            return symbol.value();
        }
        long size = field.asLong();
        if (size < 0) {
            throw field.malformed("is a negative size");
        }
        return Long.toString(size);
    }

    private static Map<String, LayerDescription> layers(JsonField field) {
        Map<String, LayerDescription> layers = new LinkedHashMap<>();
        long left = LayerDescription.MOST_STACKED;
        for (JsonField layer : field.elements()) {
            JsonField name = layer.get("name");
            LayerDescription described = LayerDescription.of(layer, left);
            left -= LayerDescription.stacked(layer);
            if (layers.putIfAbsent(name.asString(), described) != null) {
                throw name.malformed("is the name of two layers");
            }
        }
        if (layers.isEmpty()) {
            throw field.malformed("has no layers");
        }
        return layers;
    }

    private String state(String key, JsonField source) {
        String[] parts = source.asString().split("\\.(?=[^.]*$)");
        LayerDescription layer = layers.get(parts[0]);
        String outputName = output.name();
        boolean known = parts.length == 2
                && layer != null
                && layer.module() instanceof RNNBase
                && (parts[1].equals("hn")
                        || parts[1].equals("cn") && layer.type().equals("LSTM"));
        if (!known || key.equals(outputName)) {
            throw source.malformed(
                    key.equals(outputName)
                            ? "has the name of the model's output"
                            : "is no recurrent layer's name with .hn or, for an LSTM, .cn");
        }
        return source.asString();
    }

    private void load(Map<String, Tensor> tensors, String origin) {
        Map<String, Tensor> left = new LinkedHashMap<>(tensors);
        layers.forEach((prefix, layer) -> layer.parameters().forEach((key, parameter) -> {
            String tensorName = prefix + "." + key;
            Tensor tensor = left.remove(tensorName);
            if (tensor == null) {
                throw new MalformedFileException(
                        origin,
                        "has no tensor " + MalformedFileException.quote(tensorName) + " of shape " + parameter.shape()
                                + ", which layer " + MalformedFileException.quote(prefix) + " needs");
            }
            try {
                parameter.load(tensor);
            } catch (IllegalArgumentException e) {
                throw new MalformedFileException(
                        origin, "tensor " + MalformedFileException.quote(tensorName) + " " + e.getMessage(), e);
            }
        }));
        if (!left.isEmpty()) {
            throw new MalformedFileException(
                    origin,
                    "tensor "
                            + MalformedFileException.quote(
                                    left.keySet().iterator().next()) + " belongs to no layer of the model");
        }
    }

    /// Checks what the last layer gives against what the description says.
    private void requireOutput(Value x, Value value) {
        Map<String, Long> symbols = new LinkedHashMap<>();
        input.bind(x.shape(), symbols);
        try {
            output.bind(value.shape(), symbols);
        } catch (IllegalArgumentException e) {
            throw description
                    .get("output")
                    .get("shape")
                    .malformed("is not what the last layer gives: " + value.shape() + " for input " + x.shape());
        }
        if (output.type() != value.type()) {
            throw description.get("output").get("dtype").malformed("is not what the last layer gives: " + value.type());
        }
    }

    /// The model's name.
    public String name() {
        return name;
    }

    /// The whole description, fields that this class does not know included.
    public JsonField description() {
        return description;
    }

    /// The layers by name, in order.
    public Map<String, Module> layers() {
        Map<String, Module> modules = new LinkedHashMap<>();
        layers.forEach((layerName, layer) -> modules.put(layerName, layer.module()));
        return modules;
    }

    /// The layers in a chain, from the input to the output.
    public Sequential network() {
        return network;
    }

    /// A model of these layers.
    public Model model() {
        return Model.of(List.of(input), values -> record(values.get(input.name())));
    }

    private Map<String, Value> record(Value x) {
        Map<String, Value> states = new LinkedHashMap<>();
        Value value = x;
        for (var entry : layers.entrySet()) {
            switch (entry.getValue().module()) {
                case RNNBase recurrent -> {
                    RNNBase.Output output = recurrent.forwardWithStates(value);
                    states.put(entry.getKey() + ".hn", output.hN());
                    states.put(entry.getKey() + ".cn", output.cN());
                    value = output.output();
                }
                case Module module -> value = module.forward(value);
            }
        }
        Map<String, Value> results = new LinkedHashMap<>();
        requireOutput(x, value);
        results.put(output.name(), value);
        outputs.forEach((key, source) -> results.put(key, states.get(source)));
        return results;
    }
}
