package dev.rondo.cli;

import dev.rondo.Model;
import dev.rondo.ModelFile;
import dev.rondo.decode.Translator;
import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.Safetensors;
import dev.rondo.keras.KerasModel;
import dev.rondo.onnx.OnnxExport;
import dev.rondo.onnx.OnnxLayers;
import dev.rondo.onnx.Seq2SeqExport;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "convert",
        description = "Writes a model in another format.",
        footer = {
            "",
            "OUT is an .onnx file, a .safetensors file that gets a model.json beside it, or a folder for both.",
            "From ONNX it goes back where Rondo wrote the file: other graphs have no layers to describe.",
            "Where a .safetensors file has no model.json, layers are guessed from the names and shapes of a PyTorch state"
                    + " dict.",
            "A .keras file becomes an .onnx file; a translator a folder of encoder.onnx and decoder_step.onnx.",
            "",
            "Examples:",
            "  rondo convert tagger/ tagger.onnx",
            "  rondo convert tagger.onnx tagger/",
            "  rondo convert state_dict.safetensors tagger/ --batch-first",
            "  rondo convert tagger.keras tagger.onnx",
            "  rondo convert dates/ dates-onnx/"
        })
final class ConvertCommand implements Callable<Integer> {
    @ParentCommand
    private Main main;

    @Mixin
    private ModelArgument model;

    @Parameters(index = "1", paramLabel = "OUT", description = "An .onnx or .safetensors file, or a folder.")
    private Path target;

    @Option(names = "--batch-first", description = "Guessed layers take samples before steps.")
    private boolean batchFirst;

    @Option(
            names = "--nonlinearity",
            paramLabel = "tanh|relu",
            description = "What guessed RNNs have (default: tanh).",
            defaultValue = "tanh")
    private String nonlinearity;

    @Override
    public Integer call() throws IOException {
        if (!nonlinearity.equals("tanh") && !nonlinearity.equals("relu")) {
            throw new InputException("--nonlinearity is tanh or relu, not " + nonlinearity);
        }
        if (Translator.isAt(model.file())) {
            write(Translator.read(model.file()));
        } else if (model.lacksDescription()) {
            write(guessed());
        } else {
            switch (model.read()) {
                case ReadModel.Layers(ModelFile layers) -> write(layers);
                case ReadModel.Graph graph ->
                    write(OnnxLayers.read(graph.file(), model.file().toString()));
                case ReadModel.Keras(KerasModel keras) -> write(keras);
            }
        }
        main.terminal().notice("Wrote %s", target);
        return 0;
    }

    private boolean isGraph() {
        return target.toString().endsWith(".onnx");
    }

    private void write(Translator translator) throws IOException {
        if (isGraph() || target.toString().endsWith(".safetensors") || Files.isRegularFile(target)) {
            throw new InputException(target + ": encoder and decoder are two files; give a folder for them");
        }
        main.terminal().loadLibraries();
        Seq2SeqExport.write(translator.network(), target);
    }

    private void write(KerasModel keras) throws IOException {
        if (!isGraph()) {
            throw new InputException(
                    target + ": a model of Keras is written as ONNX only; give a name that ends in .onnx");
        }
        try (OutputFiles files = new OutputFiles();
                Model network = keras.model()) {
            files.createFolders(target.toAbsolutePath().getParent());
            writeGraph(out -> OnnxExport.write(network, keras.name(), Map.of(), out), files.create(target));
            files.commit();
        }
    }

    private void write(ModelFile file) throws IOException {
        try (OutputFiles files = new OutputFiles()) {
            if (isGraph()) {
                files.createFolders(target.toAbsolutePath().getParent());
                writeGraph(out -> OnnxLayers.write(file, out), files.create(target));
            } else if (target.toString().endsWith(".safetensors")) {
                files.createFolders(target.toAbsolutePath().getParent());
                writeLayers(file, target.resolveSibling("model.json"), target, files);
            } else {
                if (Files.exists(target) && !Files.isDirectory(target)) {
                    throw new InputException(
                            target + ": is a file; give a folder, or a name that ends in .onnx or" + " .safetensors");
                }
                files.createFolders(target);
                writeLayers(file, target.resolve("model.json"), target.resolve("model.safetensors"), files);
            }
            files.commit();
        }
    }

    private ModelFile guessed() throws IOException {
        String name = model.file().toString();
        try (Arena arena = Arena.ofShared()) {
            GuessedLayers.Guess guess =
                    GuessedLayers.of(Safetensors.read(model.file(), arena), name, batchFirst, nonlinearity);
            main.terminal().message("%s: %s", name, guess.assumptions());
            byte[] json = guess.json().compact().getBytes(StandardCharsets.UTF_8);
            return ModelFile.of(json, guess.tensors(), name);
        }
    }

    /// Writes a graph to a stream.
    @FunctionalInterface
    private interface Export {
        void to(OutputStream out) throws IOException;
    }

    private void writeGraph(Export export, OutputStream out) throws IOException {
        main.terminal().loadLibraries();
        try {
            export.to(out);
        } catch (IllegalArgumentException e) {
            throw new InputException(model.file() + ": cannot be written as ONNX: " + e.getMessage(), e);
        }
    }

    private static void writeLayers(ModelFile file, Path json, Path weights, OutputFiles files) throws IOException {
        Map<String, Json> fields = new LinkedHashMap<>();
        for (Map.Entry<String, JsonField> field : file.description().members().entrySet()) {
            fields.put(field.getKey(), field.getValue().value());
        }
        fields.put("weights", new Json.StringValue(weights.getFileName().toString()));
        Safetensors.write(files.create(weights), file.tensors(), Map.of());
        files.create(json).write((new Json.ObjectValue(fields).pretty() + "\n").getBytes(StandardCharsets.UTF_8));
    }
}
