package dev.rondo.cli;

import dev.rondo.Model;
import dev.rondo.ModelFile;
import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.keras.KerasModel;
import dev.rondo.nn.Module;
import dev.rondo.onnx.OnnxModel;
import dev.rondo.tensor.DataType;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Collectors;

/// A model that has been read from a file, and what there is to say of it.
sealed interface ReadModel {
    /// Its name.
    String name();

    /// The model to run.
    Model model();

    /// The dimensions of an output where the file tells them, such as `[N, T, 10]`.
    Optional<String> dimensions(String output);

    /// What it is made of, with numbers of parameters.
    Columns parts();

    static String mebibytes(long bytes) {
        return String.format(Locale.ROOT, "%,.2f MiB", bytes / (double) (1 << 20));
    }

    private static Columns total(Columns parts, long parameters) {
        return parts.row("total", "", count(parameters), mebibytes(parameters * DataType.F32.byteSize()) + " float32");
    }

    private static String count(long number) {
        return String.format(Locale.ROOT, "%,d", number);
    }

    /// Layers that a `model.json` describes.
    record Layers(ModelFile file) implements ReadModel {
        @Override
        public String name() {
            return file.name();
        }

        @Override
        public Model model() {
            return file.model();
        }

        @Override
        public Optional<String> dimensions(String output) {
            JsonField described = file.description().get("output");
            return output.equals(described.get("name").asString())
                    ? described.find("shape").map(Layers::dimensions)
                    : Optional.empty();
        }

        private static String dimensions(JsonField shape) {
            return shape.elements().stream()
                    .map(size -> text(size.value()))
                    .collect(Collectors.joining(", ", "[", "]"));
        }

        @Override
        public Columns parts() {
            Columns layers = new Columns().row("layer", "type", "parameters", "arguments");
            long total = 0;
            for (JsonField description : file.description().get("layers").elements()) {
                String name = description.get("name").asString();
                Module module = file.layers().get(name);
                total += module.parameterCount();
                layers.row(
                        name,
                        description.get("type").asString(),
                        count(module.parameterCount()),
                        arguments(description));
            }
            return ReadModel.total(layers, total);
        }

        private static String arguments(JsonField layer) {
            return layer.members().entrySet().stream()
                    .filter(member ->
                            !member.getKey().equals("name") && !member.getKey().equals("type"))
                    .map(member ->
                            member.getKey() + "=" + text(member.getValue().value()))
                    .collect(Collectors.joining(" "));
        }

        private static String text(Json value) {
            return value instanceof Json.StringValue(String string) ? string : value.compact();
        }
    }

    /// A graph of ONNX's operators.
    record Graph(OnnxModel file) implements ReadModel {
        @Override
        public String name() {
            String versions = file.opsets().entrySet().stream()
                    .map(set -> (set.getKey().isEmpty() ? "opset" : set.getKey()) + " " + set.getValue())
                    .collect(Collectors.joining(", "));
            String by = file.producer().isEmpty() ? "" : ", written by " + file.producer();
            return file.name() + " (ONNX " + versions + by + ")";
        }

        @Override
        public Model model() {
            return file.model();
        }

        @Override
        public Optional<String> dimensions(String output) {
            return Optional.empty();
        }

        @Override
        public Columns parts() {
            Columns operators = new Columns().row("operator", "nodes", "parameters");
            file.operators().forEach((operator, nodes) -> operators.row(operator, nodes));
            return ReadModel.total(operators, file.parameterCount());
        }
    }

    /// Layers of Keras.
    record Keras(KerasModel file) implements ReadModel {
        @Override
        public String name() {
            return file.name() + " (Keras " + file.version() + ")";
        }

        @Override
        public Model model() {
            return file.model();
        }

        @Override
        public Optional<String> dimensions(String output) {
            return Optional.empty();
        }

        @Override
        public Columns parts() {
            Columns layers = new Columns().row("layer", "class", "parameters");
            file.layers().forEach((layer, type) -> layers.row(layer, type));
            return ReadModel.total(layers, file.parameterCount());
        }
    }
}
