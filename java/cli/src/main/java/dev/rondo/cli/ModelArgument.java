package dev.rondo.cli;

import dev.rondo.ModelFile;
import dev.rondo.format.MalformedFileException;
import dev.rondo.keras.KerasModel;
import dev.rondo.onnx.OnnxModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// A model that the command line names.
final class ModelArgument {
    @Parameters(
            index = "0",
            paramLabel = "MODEL",
            description =
                    "An .onnx or .keras file; or a .safetensors file with a model.json beside it, that model.json, or their"
                            + " folder.")
    private Path file;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "The model's description, where it is not model.json beside the weights.")
    private @Nullable Path config;

    Path file() {
        return file;
    }

    /// Whether weights are all there is.
    boolean lacksDescription() {
        return config == null
                && file.toString().endsWith(".safetensors")
                && Files.isRegularFile(file)
                && !Files.exists(file.resolveSibling("model.json"));
    }

    ReadModel read() throws IOException {
        return read(file, config);
    }

    static ReadModel read(Path file, @Nullable Path config) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        if (!isReadable(file)) {
            throw new InputException(file + ": is not in a format that Rondo reads; give an .onnx or .keras file,"
                    + " or a .safetensors file with a model.json beside it, that model.json, or their folder");
        }
        boolean isFolder = Files.isDirectory(file);
        boolean isWeights = !isFolder && file.toString().endsWith(".safetensors");
        if (config != null && !isWeights) {
            throw new InputException("--config goes with a .safetensors file, not with " + file);
        }
        if (!isFolder && file.toString().endsWith(".onnx")) {
            return new ReadModel.Graph(OnnxModel.read(file));
        }
        if (!isFolder && file.toString().endsWith(".keras")) {
            return new ReadModel.Keras(KerasModel.read(file));
        }
        return new ReadModel.Layers(layers(file, config, isFolder, isWeights));
    }

    private static ModelFile layers(Path file, @Nullable Path config, boolean isFolder, boolean isWeights)
            throws IOException {
        Path description;
        if (config != null) {
            description = config;
        } else if (isWeights) {
            description = file.resolveSibling("model.json");
        } else {
            description = isFolder ? file.resolve("model.json") : file;
        }
        if (isWeights && !Files.exists(description)) {
            throw new InputException(description + ": no such file; --config names the description of " + file
                    + " if it is elsewhere, and `rondo convert` guesses one of PyTorch's layers");
        }
        try {
            return config == null ? ModelFile.read(file) : ModelFile.read(file, config);
        } catch (OutOfMemoryError e) {
            throw new InputException(file + ": describes more layers than fit into memory", e);
        } catch (IllegalArgumentException e) {
            throw new MalformedFileException(description.toString(), e.getMessage(), e);
        }
    }

    private static boolean isReadable(Path file) {
        String name = file.toString();
        return Files.isDirectory(file)
                || name.endsWith(".onnx")
                || name.endsWith(".keras")
                || name.endsWith(".safetensors")
                || name.endsWith(".json");
    }
}
