package dev.rondo.keras;

import dev.rondo.format.Safetensors;
import dev.rondo.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/// Files that Keras has saved: `generate.py` in the resources made them.
final class Saved {
    static final String CONFIG = "config.json";
    static final String WEIGHTS = "model.weights.h5";

    private Saved() {}

    static Path file(String name) {
        try {
            return Path.of(Saved.class.getResource("saved/" + name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Inputs and outputs of a model by their names.
    static Map<String, Tensor> tensors(String name) throws IOException {
        return new LinkedHashMap<>(
                Safetensors.read(file(name + ".safetensors"), Arena.ofAuto()).tensors());
    }

    /// The members of a model's archive.
    static Map<String, byte[]> members(String name) throws IOException {
        Map<String, byte[]> members = new LinkedHashMap<>();
        try (InputStream in = Files.newInputStream(file(name + ".keras"));
                ZipInputStream zip = new ZipInputStream(in)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                members.put(entry.getName(), zip.readAllBytes());
            }
        }
        return members;
    }

    /// An archive of these members.
    static byte[] archive(Map<String, byte[]> members) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setLevel(Deflater.BEST_SPEED);
            for (var member : members.entrySet()) {
                zip.putNextEntry(new ZipEntry(member.getKey()));
                zip.write(member.getValue());
            }
        }
        return bytes.toByteArray();
    }

    /// A model whose configuration is another text.
    static byte[] withConfig(String name, UnaryOperator<String> change) throws IOException {
        Map<String, byte[]> members = members(name);
        String before = new String(members.get(CONFIG), StandardCharsets.UTF_8);
        String after = change.apply(before);
        if (after.equals(before)) {
            throw new IllegalArgumentException("nothing has changed in " + name);
        }
        members.put(CONFIG, after.getBytes(StandardCharsets.UTF_8));
        return archive(members);
    }
}
