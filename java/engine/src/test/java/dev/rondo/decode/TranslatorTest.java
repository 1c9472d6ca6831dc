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
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TranslatorTest {
    @TempDir
    private Path folder;

    /// What is read again translates as what was written, and damage is named.
    @ParameterizedTest
    @EnumSource(Decoder.Context.class)
    void isReadAsItWasWritten(Decoder.Context context) throws IOException {
        Translator.Settings settings = new Translator.Settings(
                context.ordinal() % 2 == 0 ? "LSTM" : "GRU", 5, 8, 2, context, Attention.Score.ADDITIVE, 0.1);
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
        assertDamage(file, json.replace("\"hidden\": 8", "\"hidden\": 9"), "model.safetensors");
        assertDamage(file, json.replace("\"hidden\": 8", "\"hidden\": -8"), "hidden -8");
        assertDamage(file, json.replace("\"additive\"", "\"adjective\""), "\"adjective\"");
        assertDamage(file, json.replace("\"seq2seq\"", "\"seq\""), "has no seq2seq");
    }

    private void assertDamage(Path file, String content, String named) throws IOException {
        Files.writeString(file, content);
        MalformedFileException e = assertThrows(MalformedFileException.class, () -> Translator.read(folder));
        assertTrue(e.getMessage().contains(named), e.getMessage());
    }
}
