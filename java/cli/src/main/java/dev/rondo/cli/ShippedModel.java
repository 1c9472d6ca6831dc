package dev.rondo.cli;

import dev.rondo.ModelFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/// The model that comes with the command: it tells for each byte of Java source what kind of token it belongs
/// to. Bytes (N, T) give scores (N, T, 10), one for each [TokenClass].
final class ShippedModel {
    private static final String FOLDER = "java-highlighter";

    private ShippedModel() {}

    /// The model.
    static ModelFile read() {
        byte[] weights = resource("model.safetensors");
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(weights.length, Long.BYTES);
            segment.copyFrom(MemorySegment.ofArray(weights));
            return ModelFile.parse(segment, resource("model.json"), FOLDER);
        }
    }

    /// A source file to show it with.
    static byte[] sample() {
        return resource("Sample.java");
    }

    /// The sample's classes, byte for byte, as PyTorch computes them.
    static byte[] sampleClasses() {
        String digits = new String(resource("Sample.classes"), StandardCharsets.US_ASCII).replaceAll("\\s", "");
        byte[] classes = new byte[digits.length()];
        for (int i = 0; i < classes.length; i++) {
            classes[i] = (byte) (digits.charAt(i) - '0');
        }
        return classes;
    }

    private static byte[] resource(String name) {
        try (InputStream in = ShippedModel.class.getResourceAsStream(FOLDER + "/" + name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
