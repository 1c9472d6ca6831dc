package dev.rondo.fuzz;

import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// The files that fuzzing begins with: good ones, and what it has found.
final class Seeds {
    private Seeds() {}

    /// The folder of a target's files. Targets that read the same format share one.
    static Path folder(Target target) {
        String name = target == Target.ONNX_GRAPH ? "onnx" : target.name().toLowerCase(Locale.ROOT);
        try {
            return Path.of(Seeds.class.getResource(name).toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    static List<Path> of(Target target) throws IOException {
        try (Stream<Path> files = Files.list(folder(target))) {
            return files.sorted().toList();
        }
    }
}
