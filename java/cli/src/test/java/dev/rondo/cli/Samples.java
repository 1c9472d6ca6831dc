package dev.rondo.cli;

import dev.rondo.format.Npy;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// Files for tests.
final class Samples {
    private Samples() {}

    /// A resource's bytes.
    static byte[] bytes(String resource) {
        try (InputStream in = Samples.class.getResourceAsStream(resource)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// A copy of a resource in a folder.
    static Path file(Path folder, String resource) throws IOException {
        String name = resource.substring(resource.lastIndexOf('/') + 1);
        return Files.write(folder.resolve(name), bytes(resource));
    }

    /// The shipped model's weights in a folder, with its description beside them.
    static Path model(Path folder) throws IOException {
        file(folder, "java-highlighter/model.json");
        return file(folder, "java-highlighter/model.safetensors");
    }

    /// An array in a file.
    static Path npy(Path file, Tensor tensor) throws IOException {
        Npy.write(file, tensor);
        return file;
    }

    /// A text file.
    static Path text(Path file, String text) throws IOException {
        return Files.writeString(file, text);
    }
}
