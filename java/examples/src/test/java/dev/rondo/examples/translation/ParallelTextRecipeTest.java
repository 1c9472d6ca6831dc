package dev.rondo.examples.translation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.decode.Translator;
import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import dev.rondo.format.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ParallelTextRecipeTest {
    private static final List<String> FROM = List.of("eins", "zwei", "drei", "vier", "haus", "hund");
    private static final List<String> TO = List.of("one", "two", "three", "four", "house", "dog");

    @TempDir
    private Path folder;

    /// A language whose words only have to be exchanged is learned.
    @Test
    void learnsToExchangeWords() throws IOException {
        Random random = new Random(4);
        List<String> sources = new ArrayList<>();
        List<String> targets = new ArrayList<>();
        for (int i = 0; i < 600; i++) {
            List<Integer> words = new ArrayList<>(List.of(0, 1, 2, 3, 4, 5));
            Collections.shuffle(words, random);
            List<Integer> chosen = words.subList(0, 4);
            sources.add(String.join(" ", chosen.stream().map(FROM::get).toList()));
            targets.add(String.join(" ", chosen.stream().map(TO::get).toList()));
        }
        Path source = Files.write(folder.resolve("source"), sources);
        Path target = Files.write(folder.resolve("target"), targets);
        TrainingRun run = new TrainingRun(folder.resolve("out"), null, 1, 5, Reporter.silent());
        ParallelTextRecipe.Settings settings =
                new ParallelTextRecipe.Settings(32, 16, 40, 250, 2e-2, 0, 0, Looking.DEFAULT);
        ParallelTextRecipe.Result result =
                ParallelTextRecipe.of(run, settings, source, target).run();
        assertTrue(result.bleu() > 80, result.toString());
        assertTrue(result.chrF() > 80, result.toString());
        assertEquals("LSTM", Translator.read(folder.resolve("out")).settings().cell());

        Files.write(target, targets.subList(0, 500));
        MalformedFileException e =
                assertThrows(MalformedFileException.class, () -> ParallelTextRecipe.of(run, settings, source, target));
        assertTrue(e.getMessage().contains("500 lines"), e.getMessage());
    }
}
