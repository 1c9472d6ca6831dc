package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.bindings.NativeLibraries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the README shows compiles and runs.
class ReadmeTest {
    @Test
    void theEmbeddingExampleRuns(@TempDir Path folder) throws Exception {
        String example = example("Recurrence.of(32, 96)");
        assertTrue(example.lines().count() <= 15, "the example is longer than 15 lines");
        String output = run(folder, example);
        assertTrue(output.startsWith("50 scores\nembedding 256x32, ids [1, 5]"), output);
    }

    @Test
    void theStreamingExampleRuns(@TempDir Path folder) throws Exception {
        assertEquals("[16, 1, 2] after 572 bytes of state\n", run(folder, example("restore(state)")));
    }

    @Test
    void theBatchingExampleRuns(@TempDir Path folder) throws Exception {
        assertEquals("1000 frames\n", run(folder, example("StreamBatcher")));
    }

    @Test
    void theExampleThatLooksAheadRuns(@TempDir Path folder) throws Exception {
        String output = run(folder, example("new LookAhead("));
        assertTrue(output.matches("(\\[4, 1, 2]\n){23}8 frames late\n"), output);
    }

    @Test
    void theDeepExampleRuns(@TempDir Path folder) throws Exception {
        assertEquals("107466 parameters\n", run(folder, example("new DeepTransition(")));
    }

    @Test
    void theTrainingExampleRuns(@TempDir Path folder) throws Exception {
        String output = run(folder, example("TrainingStep.of"));
        assertTrue(output.matches("(?s)[0-9.]+ before the first step, [0-9.]+ after it\\s*"), output);
    }

    @Test
    void theExampleWithTreesRuns(@TempDir Path folder) throws Exception {
        assumeTrue(NativeLibraries.load().hasKernels());
        String output = run(folder, example("TreeBatch"));
        assertTrue(output.matches("the first root is -?[0-9.E-]+\n"), output);
    }

    @Test
    void theTranslationExampleRuns(@TempDir Path folder) throws Exception {
        String output = run(folder, example("new Generator("));
        assertTrue(output.matches("(?s)(-[0-9.]+ for [0-9]+ ids\\s*){2}"), output);
    }

    /// The example in the README that has this word.
    private static String example(String word) throws IOException {
        return Stream.of(Files.readString(Path.of("../../README.md")).split("```java\n"))
                .map(text -> text.split("```")[0])
                .filter(text -> text.contains(word))
                .findFirst()
                .orElseThrow();
    }

    private static String run(Path folder, String example) throws IOException, InterruptedException {
        Path source = Files.writeString(folder.resolve("Example.java"), """
                import dev.rondo.*;
                import dev.rondo.decode.*;
                import dev.rondo.nn.*;
                import dev.rondo.nn.Module;
                import dev.rondo.program.Activation;
                import dev.rondo.program.Merge;
                import dev.rondo.tensor.*;
                import dev.rondo.train.*;
                import dev.rondo.tree.*;
                import java.time.Duration;
                import java.util.*;
                import java.util.concurrent.*;
                import java.util.concurrent.atomic.*;

                void main() throws Exception {
                %s
                }
                """.formatted(example));
        return ChildJvm.run(source.toString());
    }
}
