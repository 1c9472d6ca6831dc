package dev.rondo.examples.translation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.rondo.decode.Search;
import dev.rondo.decode.Translator;
import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import dev.rondo.nn.Attention;
import dev.rondo.nn.Decoder;
import dev.rondo.text.Characters;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TranslationTrainingTest {
    private static final List<Sentence> SENTENCES = List.of(
            new Sentence("abc", "cba"), new Sentence("ba", "ab"), new Sentence("cab", "bac"), new Sentence("b", "b"));

    @TempDir
    private Path folder;

    /// The coverage loss changes nothing before the last quarter of the steps.
    @Test
    void coverageLossEntersLate() throws IOException {
        assertEquals(weights(3, 1), weights(3, 0));
        assertNotEquals(weights(4, 1), weights(4, 0));
    }

    /// What training comes to.
    private List<String> weights(int steps, double coverageLoss) throws IOException {
        Characters characters = Characters.learn(List.of("abc"));
        Translator.Attending attending =
                new Translator.Attending(Attention.Score.ADDITIVE, 1, Translator.Window.ALL, 1, true, false);
        Translator translator = Translator.untrained(
                new Translator.Settings("GRU", 3, 5, 1, Decoder.Context.ATTENTION, attending, 0),
                characters,
                characters);
        translator.network().initialize(8);
        Path into = folder.resolve(steps + " steps, " + coverageLoss);
        TrainingRun run = new TrainingRun(into, null, 1, 8, Reporter.silent());
        TranslationTraining.Pace pace = new TranslationTraining.Pace(SENTENCES.size(), steps, 1e-2, 0, 0, coverageLoss);
        Search search = Search.greedy().maxLength(4);
        try (TranslationTraining training = new TranslationTraining(run, translator, pace, search, SENTENCES)) {
            training.learn(SENTENCES, (_, _) -> Map.of("nothing", 0.0));
        }
        return translator.network().parameters().values().stream()
                .map(parameter -> Arrays.toString(parameter.tensor().toFloatArray()))
                .toList();
    }
}
