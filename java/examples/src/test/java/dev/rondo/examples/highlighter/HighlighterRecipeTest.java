package dev.rondo.examples.highlighter;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.examples.Corpus;
import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HighlighterRecipeTest {
    @TempDir
    private Path folder;

    private static List<String> names(Corpus corpus) {
        return corpus.texts().stream().map(Corpus.Text::name).toList();
    }

    @Test
    void theSnippetOfTheTagger() {
        byte[] classes = Tagger.classes("int x;".getBytes(StandardCharsets.UTF_8));
        assertArrayEquals(new byte[] {4, 4, 4, 0, 8, 9}, classes);
    }

    @Test
    void theSnippet() throws IOException {
        TrainingRun run = new TrainingRun(folder.resolve("highlighter"), null, 1, 42, Reporter.silent());
        double accuracy = HighlighterRecipe.of(Sources.corpus(1, 2, 3, 4), 2).run(run);
        assertTrue(accuracy >= 0 && accuracy <= 1, "accuracy " + accuracy);
        assertTrue(Files.exists(folder.resolve("highlighter/accuracy.md")));
    }

    @Test
    void heldOutFilesAreNotLearnedFrom() throws IOException {
        HighlighterRecipe recipe = HighlighterRecipe.ofJava(1);

        assertFalse(names(recipe.known()).isEmpty());
        assertFalse(names(recipe.heldOut()).isEmpty());
        for (String name : names(recipe.known())) {
            assertFalse(name.matches("java.base/java/util/concurrent/.*|java.net.http/.*"), name);
        }
    }

    @Test
    void oneFileInTenIsHeldOut() {
        int[] numbers = new int[25];
        HighlighterRecipe recipe = HighlighterRecipe.of(Sources.corpus(numbers), 1);

        assertEquals(23, recipe.known().texts().size());
        assertEquals(2, recipe.heldOut().texts().size());
    }

    @Test
    void refusesTooLittle() {
        assertThrows(IllegalArgumentException.class, () -> HighlighterRecipe.of(Sources.corpus(1, 2), 1));
        assertThrows(IllegalArgumentException.class, () -> HighlighterRecipe.of(Sources.corpus(1, 2, 3), 0));
        List<Corpus.Text> small = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            small.add(new Corpus.Text(i + ".java", new byte[100]));
        }
        Corpus corpus = new Corpus("small files", small);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> HighlighterRecipe.of(corpus, 1))
                .getMessage()
                .contains("small files"));
    }
}
