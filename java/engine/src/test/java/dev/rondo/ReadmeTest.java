package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the README shows compiles and runs.
class ReadmeTest {
    @Test
    void theEmbeddingExampleRuns(@TempDir Path folder) throws Exception {
        String readme = Files.readString(Path.of("../../README.md"));
        String example = readme.split("```java\n")[1].split("```")[0];
        assertTrue(example.lines().count() <= 15, "the example is longer than 15 lines");
        Path source = Files.writeString(folder.resolve("Example.java"), """
                import dev.rondo.*;
                import dev.rondo.nn.*;
                import dev.rondo.nn.Module;
                import dev.rondo.tensor.*;

                void main() {
                %s
                }
                """.formatted(example));
        String classPath = Stream.of("java.class.path", "jdk.module.path")
                .map(property -> System.getProperty(property, ""))
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        classPath,
                        source.toString())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), output);
        assertTrue(output.startsWith("50 scores\nembedding 256x32, ids [1, 5]"), output);
    }
}
