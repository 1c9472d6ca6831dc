package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the README shows compiles and runs.
class ReadmeTest {
    @Test
    void theEmbeddingExampleRuns(@TempDir Path folder) throws Exception {
        String example = example(1);
        assertTrue(example.lines().count() <= 15, "the example is longer than 15 lines");
        String output = run(folder, example);
        assertTrue(output.startsWith("50 scores\nembedding 256x32, ids [1, 5]"), output);
    }

    @Test
    void theStreamingExampleRuns(@TempDir Path folder) throws Exception {
        assertEquals("[16, 1, 2] after 572 bytes of state\n", run(folder, example(2)));
    }

    @Test
    void theBatchingExampleRuns(@TempDir Path folder) throws Exception {
        assertEquals("1000 frames\n", run(folder, example(3)));
    }

    @Test
    void theTrainingExampleRuns(@TempDir Path folder) throws Exception {
        String output = run(folder, example(4));
        assertTrue(output.matches("(?s)[0-9.]+ before the first step, [0-9.]+ after it\\s*"), output);
    }

    @Test
    void theTranslationExampleRuns(@TempDir Path folder) throws Exception {
        String output = run(folder, example(5));
        assertTrue(output.matches("(?s)(-[0-9.]+ for [0-9]+ ids\\s*){2}"), output);
    }

    private static String example(int number) throws IOException {
        return Files.readString(Path.of("../../README.md"))
                .split("```java\n")[number]
                .split("```")[0];
    }

    private static String run(Path folder, String example) throws IOException, InterruptedException {
        Path source = Files.writeString(folder.resolve("Example.java"), """
                import dev.rondo.*;
                import dev.rondo.decode.*;
                import dev.rondo.nn.*;
                import dev.rondo.nn.Module;
                import dev.rondo.tensor.*;
                import dev.rondo.train.*;
                import java.time.Duration;
                import java.util.concurrent.*;
                import java.util.concurrent.atomic.*;

                void main() throws Exception {
                %s
                }
                """.formatted(example));
        return ChildJvm.run(source.toString());
    }
}
