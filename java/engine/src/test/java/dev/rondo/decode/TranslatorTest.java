package dev.rondo.decode;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.MalformedFileException;
import dev.rondo.nn.Attention;
import dev.rondo.nn.Decoder;
import dev.rondo.text.Bytes;
import dev.rondo.text.Characters;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class TranslatorTest {
    @TempDir
    private Path folder;

    /// What is read again translates as what was written, and damage is named.
    static List<Arguments> kinds() {
        Translator.Window all = Translator.Window.ALL;
        Translator.Window predicted = Translator.Window.PREDICTED;
        Translator.Window monotonic = Translator.Window.MONOTONIC;
        Attention.Score additive = Attention.Score.ADDITIVE;
        List<Arguments> kinds = new ArrayList<>();
        for (Decoder.Context context : Decoder.Context.values()) {
            kinds.add(Arguments.of(context, Translator.Attending.of(additive)));
            if (context.attends()) {
                kinds.add(Arguments.of(context, new Translator.Attending(additive, 1, all, 10, true, true)));
                kinds.add(Arguments.of(context, new Translator.Attending(additive, 1, predicted, 2, true, false)));
                kinds.add(Arguments.of(context, new Translator.Attending(additive, 1, monotonic, 3, false, true)));
                kinds.add(Arguments.of(
                        context, new Translator.Attending(Attention.Score.SCALED, 2, predicted, 2, false, true)));
            }
        }
        return kinds;
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void isReadAsItWasWritten(Decoder.Context context, Translator.Attending attending) throws IOException {
        Translator.Settings settings =
                new Translator.Settings(context.ordinal() % 2 == 0 ? "LSTM" : "GRU", 5, 8, 2, context, attending, 0.1);
        Translator written = Translator.untrained(settings, new Bytes(), Characters.learn(List.of("abcdefgh")));
        written.network().initialize(3);
        written.write(folder, "test");
        Translator read = Translator.read(folder);
        assertEquals(settings, read.settings());
        List<String> texts = List.of("one", "", "twenty-three");
        Search search = Search.beam(3).minLength(4).maxLength(9);
        try (Generator one = written.generator(1);
                Generator other = read.generator(1)) {
            List<String> expected = written.translate(one, texts, search);
            assertEquals("", expected.get(1));
            assertTrue(expected.get(2).length() >= 4);
            assertEquals(expected, read.translate(other, texts, search));
        }
        Path file = folder.resolve("model.json");
        String json = Files.readString(file);
        assertDamage(file, json.replace("\"hidden\": 8", "\"hidden\": 10"), "model.safetensors");
        assertDamage(file, json.replace("\"hidden\": 8", "\"hidden\": -8"), "hidden -8");
        String score = attending.score().name().toLowerCase(Locale.ROOT);
        assertDamage(file, json.replace("\"" + score + "\"", "\"adjective\""), "\"adjective\"");
        assertDamage(file, json.replace("\"reach\": ", "\"reach\": -"), "reach -");
        assertDamage(file, json.replace("\"seq2seq\"", "\"seq\""), "has no seq2seq");
    }

    /// Folders that were written before there was more than a score.
    @Test
    void olderFoldersAreRead() throws IOException {
        Translator.Attending general = Translator.Attending.of(Attention.Score.GENERAL);
        Translator.Settings settings = new Translator.Settings("GRU", 5, 8, 1, Decoder.Context.ATTENTION, general, 0);
        Translator.untrained(settings, new Bytes(), new Bytes()).write(folder, "test");
        Path file = folder.resolve("model.json");
        String json = Files.readString(file);
        String older = json.replaceAll(" *\"(heads|window|reach|coverage|copy)\": .*\\R", "");
        assertTrue(older.length() < json.length() - 50);
        Files.writeString(file, older);
        assertEquals(settings, Translator.read(folder).settings());
    }

    /// Each head has a part of the states; what is copied has the same token on both sides.
    @Test
    void attentionIsOfAllKinds() {
        Translator.Attending scaled =
                new Translator.Attending(Attention.Score.SCALED, 2, Translator.Window.PREDICTED, 2, false, true);
        Translator.Settings settings = new Translator.Settings("LSTM", 5, 8, 1, Decoder.Context.ATTENTION, scaled, 0);
        Translator translator =
                Translator.untrained(settings, Characters.learn(List.of("xyabc")), Characters.learn(List.of("cabd")));
        translator.network().initialize(4);
        translator
                .network()
                .parameters()
                .get("decoder.pointer.gate.bias")
                .tensor()
                .copyFrom(new float[] {-30});
        try (Generator generator = translator.generator(1)) {
            Search search = Search.greedy().minLength(3).maxLength(6);
            for (String written : translator.translate(generator, List.of("cxyc", "b"), search)) {
                assertTrue(written.matches("c+|b+"), written); // all else has no chance
            }
        }
        assertThrows(IllegalArgumentException.class, () -> settings(5, scaled));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Translator.Attending(Attention.Score.GENERAL, 1, Translator.Window.ALL, 1, true, false));
        assertThrows(
                IllegalArgumentException.class,
                () -> new Translator.Settings("GRU", 5, 8, 1, Decoder.Context.EVERY_STEP, scaled, 0));
    }

    private static Translator.Settings settings(int hidden, Translator.Attending attending) {
        return new Translator.Settings("GRU", 5, hidden, 1, Decoder.Context.ATTENTION, attending, 0);
    }

    private void assertDamage(Path file, String content, String named) throws IOException {
        Files.writeString(file, content);
        MalformedFileException e = assertThrows(MalformedFileException.class, () -> Translator.read(folder));
        assertTrue(e.getMessage().contains(named), e.getMessage());
    }
}
