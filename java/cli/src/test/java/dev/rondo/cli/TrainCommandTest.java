package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `rondo train` and `rondo generate`.
class TrainCommandTest {
    @TempDir
    private Path folder;

    private Path text;
    private Path out;

    @BeforeEach
    void files() throws IOException {
        text = Samples.text(folder.resolve("text"), "All work and no play makes a dull text.\n".repeat(100));
        out = folder.resolve("out");
    }

    /// Trains a tiny model.
    ///
    /// @param others options that are not as usual, each with its value
    private Invocation train(Object... others) {
        Map<Object, Object> options = new LinkedHashMap<>();
        options.putAll(Map.of("--text", text, "--out", out, "--hidden", 16, "--width", 4, "--rows", 2000));
        options.putAll(Map.of("--orders", 2, "--streams", 4, "--window", 8, "--steps", 40, "--learning-rate", 0.03));
        options.put("--threads", 1);
        for (int i = 0; i < others.length; i += 2) {
            options.put(others[i], others[i + 1]);
        }
        List<Object> words = new ArrayList<>(List.of("train", "language-model"));
        options.forEach((name, value) -> words.addAll(List.of(name, value)));
        return Invocation.of(words.toArray());
    }

    @Test
    void trainsAndGenerates() throws IOException {
        Invocation training = train().succeeds();

        List<String> lines = training.out().lines().toList();
        assertTrue(lines.getLast().matches("held-out: [0-9]\\.[0-9]{3} bits per byte"), training.out());
        assertEquals(4, lines.size(), training.out());
        assertTrue(training.err().contains("step 40 of 40: bits per byte "), training.err());
        for (String file : List.of("curve.png", "sample.txt", "model.json", "model.safetensors")) {
            assertTrue(Files.size(out.resolve(file)) > 0, file);
        }
        Invocation.of("info", out).succeeds();

        Invocation text = Invocation.of("generate", out, "--prompt", "All wörk", "--length", 50)
                .succeeds();
        assertTrue(text.out().startsWith("All wörk"), text.out());
        assertEquals("All wörk".getBytes(StandardCharsets.UTF_8).length + 51, text.outBytes().length);
        Invocation again = Invocation.of("generate", out, "--prompt", "All wörk", "--length", 50);
        assertArrayEquals(text.outBytes(), again.outBytes());
        Invocation other = Invocation.of("generate", out, "--prompt", "All wörk", "--length", 50, "--seed", 1);
        assertFalse(Arrays.equals(text.outBytes(), other.outBytes()));

        train("--hidden", 17).isBadInput("settings.json", "hidden 16, not 17");
    }

    @Test
    void namesWhatIsWrong() throws IOException {
        train("--steps", 0).isBadInput("--steps 0");
        train("--learning-rate", "-1").isBadInput("--learning-rate -1");
        train("--rows", 200).isBadInput("--rows 200");
        train("--streams", 3000).isBadInput("text", "streams");
        train("--threads", 0).isBadInput("--threads 0");
        train("--minutes", 0).isBadInput("--minutes 0");
        Files.writeString(text, "");
        train().isBadInput(text.toString(), "0 bytes");
        Files.delete(text);
        train().isBadInput(text.toString(), "no such file");
        assertFalse(Files.exists(out));

        Invocation.of("generate", out).isBadInput(out.toString());
        Path highlighter = Samples.model(folder);
        Invocation.of("generate", highlighter).isBadInput("is no language model");
        Invocation.of("generate", out, "--temperature", "-0.5").isBadInput("--temperature -0.5");
        Invocation.of("generate", out, "--temperature", "NaN").isBadInput("--temperature NaN");
        Invocation.of("generate", out, "--length", -1).isBadInput("--length -1");
        Invocation.of("train", "nothing").isBadInput("nothing");
    }
}
