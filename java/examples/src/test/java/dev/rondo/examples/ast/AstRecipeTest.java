package dev.rondo.examples.ast;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.examples.Corpus;
import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import dev.rondo.format.MalformedFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AstRecipeTest {
    @TempDir
    private Path folder;

    /// Bodies that say their method's name.
    private static Corpus corpus(int files) {
        return new Corpus(
                "made up",
                IntStream.range(0, files)
                        .mapToObj(i -> new Corpus.Text(
                                "C" + i + ".java",
                                ("class C" + i + " {"
                                                + "int add(int a, int b) { return a + b; }"
                                                + "int multiply(int a, int b) { return a * b; }"
                                                + "void print(int a) { System.out.println(a); }"
                                                + "int rare" + i + "() { return 1; } }")
                                        .getBytes(StandardCharsets.UTF_8)))
                        .toList());
    }

    @Test
    void learnsWhatBodiesSay() throws IOException {
        assumeTrue(NativeLibraries.load().hasKernels());
        AstRecipe.Settings settings = new AstRecipe.Settings(3, 30, 20, 8, 8, 8, 60, 3e-2);
        TrainingRun run = new TrainingRun(folder, null, 2, 42, Reporter.silent());
        List<AstRecipe.Result> results = new AstRecipe(corpus(30), corpus(3), settings).run(run);
        assertEquals(3, results.size());
        assertEquals(1, results.get(0).first(), "the tree's");
        assertEquals(1, results.get(1).first(), "the sequence's");
        assertEquals(1 / 3.0, results.get(2).first(), 1e-9);
        assertTrue(Files.readString(folder.resolve("accuracy.md")).contains("| the most frequent name | 0 | 33.3 %"));
    }

    @Test
    void refusesTooFewMethods() {
        TrainingRun run = new TrainingRun(folder, null, 1, 42, Reporter.silent());
        AstRecipe recipe = new AstRecipe(corpus(1), corpus(1), AstRecipe.Settings.DEFAULT);
        assertThrows(MalformedFileException.class, () -> recipe.run(run));
    }
}
