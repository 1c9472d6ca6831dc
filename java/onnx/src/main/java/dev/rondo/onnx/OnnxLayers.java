package dev.rondo.onnx;

import dev.rondo.Model;
import dev.rondo.ModelFile;
import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import dev.rondo.onnx.export.StateDict;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Models of layers in `.onnx` files: any program runs them, and Rondo finds its layers again, because their
/// description goes with the graph.
public final class OnnxLayers {
    private static final String DESCRIPTION = "rondo.model";
    private static final String NAMES = "rondo.tensors";

    private OnnxLayers() {}

    /// Writes a file's bytes to a stream, which stays open.
    ///
    /// @throws IOException              from the stream
    /// @throws IllegalArgumentException naming what ONNX has no operator for
    public static void write(ModelFile file, OutputStream out) throws IOException {
        List<Json> names = file.tensors().keySet().stream()
                .<Json>map(Json.StringValue::new)
                .toList();
        Map<String, String> metadata =
                Map.of(DESCRIPTION, file.description().value().compact(), NAMES, new Json.ArrayValue(names).compact());
        try (Model model = file.model()) {
            OnnxExport.write(model, file.name(), metadata, out);
        }
    }

    /// The layers of a file that [#write] wrote.
    ///
    /// @param origin name of the file, for messages
    /// @throws MalformedFileException if the graph has no such description, or weights that do not go with it
    public static ModelFile read(OnnxModel model, String origin) {
        String description = model.metadata().get(DESCRIPTION);
        String names = model.metadata().get(NAMES);
        if (description == null || names == null) {
            throw new MalformedFileException(
                    origin, "is a graph that Rondo did not write from layers, so that model.json cannot describe it");
        }
        List<JsonField> fields = JsonField.of(Json.parse(names.getBytes(StandardCharsets.UTF_8), origin), origin)
                .elements();
        List<Tensor> tensors = StateDict.of(model.graph());
        if (tensors.size() != fields.size()) {
            throw new MalformedFileException(
                    origin, "has " + tensors.size() + " weights in its layers, but says it has " + fields.size());
        }
        Map<String, Tensor> named = new LinkedHashMap<>();
        for (int i = 0; i < fields.size(); i++) {
            named.put(fields.get(i).asString(), tensors.get(i));
        }
        return ModelFile.of(description.getBytes(StandardCharsets.UTF_8), named, origin);
    }
}
