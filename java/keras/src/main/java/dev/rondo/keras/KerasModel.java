package dev.rondo.keras;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import dev.rondo.keras.file.Archive;
import dev.rondo.keras.file.LayerConfig;
import dev.rondo.keras.graph.Network;
import dev.rondo.keras.layer.Call;
import dev.rondo.keras.layer.Flow;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// A model as Keras 3 saves it: a `.keras` file of a `Sequential` or functional model.
///
/// {@snippet :
/// try (Model model = KerasModel.read(Path.of("tagger.keras")).model();
///         Session session = model.session(Shape.of(1, 100))) {
///     session.input("ids").copyFrom(ids);
///     session.run();
///     float[] scores = session.output("dense").toFloatArray();
/// }
/// }
///
/// Inputs have the names of Keras's input layers, and outputs those of the layers that give them, or those of the
/// dictionary that the model was made with; a layer that gives several has them numbered (`lstm`, `lstm_1`). Layers do
/// what they do in inference. Masks pass from layer to layer as they do in Keras: recurrent layers skip the steps that
/// do not count.
///
/// Stateful layers carry their states from step to step of a streaming session ([Model#stream]); all other layers, and
/// all layers in a session, begin each run with zeros.
///
/// Source: Keras 3, `keras.saving` and `keras.layers`.
public final class KerasModel {
    private static final String SAMPLES = "N";
    private static final String STEPS = "T";

    private final Network network;
    private final String name;
    private final String version;
    private final long parameters;
    private final List<Input> inputs = new ArrayList<>();

    private KerasModel(LayerConfig config, Archive archive) {
        this.network = Network.of(config, archive.weights().model());
        archive.weights().requireAllTaken();
        this.name = config.name();
        this.version = archive.version();
        this.parameters = archive.weights().count();
        long open = network.inputs().stream()
                .filter(input ->
                        dimensions(input).size() > 1 && dimensions(input).get(1).isNull())
                .count();
        network.inputs().forEach(input -> inputs.add(input(input, open > 1)));
    }

    /// Reads a file.
    ///
    /// @throws IOException            if it cannot be read
    /// @throws MalformedFileException if its content is at fault, or has a layer that Rondo does not know
    public static KerasModel read(Path file) throws IOException {
        Archive archive = Archive.read(file);
        return new KerasModel(new LayerConfig(archive.config(), file.toString()), archive);
    }

    private static List<JsonField> dimensions(LayerConfig input) {
        return input.find("batch_shape")
                .or(() -> input.find("batch_input_shape"))
                .orElseThrow(() -> input.malformed("does not say what shape it has"))
                .elements();
    }

    private static Input input(LayerConfig config, boolean hasOthers) {
        if (config.flag("sparse", false) || config.flag("ragged", false)) {
            throw config.malformed("takes no plain tensors");
        }
        String symbol = config.name().replaceAll("[^A-Za-z_0-9]", "_");
        List<String> dimensions = new ArrayList<>();
        for (JsonField size : dimensions(config)) {
            int i = dimensions.size();
            String own = i == 0 ? SAMPLES : i > 1 ? "D" + i + "_" + symbol : hasOthers ? STEPS + "_" + symbol : STEPS;
            dimensions.add(size.isNull() ? own : Long.toString(size(config, size.asLong())));
        }
        return new Input(config.name(), type(config), dimensions);
    }

    private static long size(LayerConfig config, long size) {
        if (size < 0) {
            throw config.malformed("has a size of " + size);
        }
        return size;
    }

    private static DataType type(LayerConfig config) {
        String type = config.text("dtype", "float32");
        return switch (type) {
            case "float16", "bfloat16", "float32", "float64" -> DataType.F32;
            case "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32" -> DataType.I64;
            case "bool" -> DataType.U8;
            default ->
                throw config.malformed("is of type " + MalformedFileException.quote(type) + ", which Rondo has not");
        };
    }

    /// A model of the network.
    public Model model() {
        return Model.of(inputs, this::record);
    }

    private Map<String, Value> record(Map<String, Value> values) {
        List<Flow> given =
                inputs.stream().map(input -> Flow.of(values.get(input.name()))).toList();
        List<Flow> outputs =
                network.record(new Call(given.getFirst().value().recorder(), given, List.of(), null, List.of()));
        Map<String, Value> results = new LinkedHashMap<>();
        for (int i = 0; i < outputs.size(); i++) {
            results.put(network.outputs().get(i), outputs.get(i).value());
        }
        return results;
    }

    /// The inputs.
    public List<Input> inputs() {
        return List.copyOf(inputs);
    }

    /// Names of the outputs.
    public List<String> outputs() {
        return network.outputs();
    }

    /// The model's name.
    public String name() {
        return name;
    }

    /// The version of Keras that has written the file, such as `3.15.1`.
    public String version() {
        return version;
    }

    /// The classes of the layers by their names, in the file's order.
    public Map<String, String> layers() {
        Map<String, String> layers = new LinkedHashMap<>();
        network.layers().forEach(layer -> layers.put(layer.name(), layer.className()));
        return layers;
    }

    /// Number of elements in the file's weights.
    public long parameterCount() {
        return parameters;
    }
}
