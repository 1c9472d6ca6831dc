package dev.rondo.examples;

import dev.rondo.format.Json;
import dev.rondo.format.Safetensors;
import dev.rondo.nn.Module;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// Where a recipe leaves what it has trained: `model.json` and `model.safetensors`, as [dev.rondo.ModelFile] reads
/// them.
public final class ModelFolder {
    private static final String WEIGHTS = "model.safetensors";

    private ModelFolder() {}

    /// Writes a model.
    ///
    /// @param description the fields of `model.json` but `weights`, which is added
    /// @param network     whose parameters begin with the layers' names
    /// @throws IOException if a file cannot be written; each appears as a whole or not at all
    public static void write(Path folder, Json.ObjectValue description, Module network) throws IOException {
        Map<String, Tensor> weights = new LinkedHashMap<>();
        network.parameters().forEach((name, parameter) -> weights.put(name, parameter.tensor()));
        Safetensors.write(folder.resolve(WEIGHTS), weights, Map.of());
        Map<String, Json> fields = new LinkedHashMap<>(description.members());
        fields.put("weights", new Json.StringValue(WEIGHTS));
        TrainingRun.write(folder.resolve("model.json"), new Json.ObjectValue(fields));
    }
}
