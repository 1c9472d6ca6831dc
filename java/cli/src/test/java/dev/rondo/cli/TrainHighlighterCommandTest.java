package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.ModelFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainHighlighterCommandTest {
    private static final int STEPS = 3;

    @TempDir
    private Path folder;

    private final List<Path> sources = new ArrayList<>();

    @BeforeEach
    void sources() throws IOException {
        for (int i = 0; i < 4; i++) {
            int file = i;
            String lines = IntStream.range(0, 10 + i)
                    .mapToObj(line -> "  static String f" + line + "(int x) { return \"" + file + "\" + x; } // same\n")
                    .reduce("", String::concat);
            Path path = folder.resolve("Source" + i + ".java");
            sources.add(Samples.text(path, "/** Made up. */\nclass Source" + i + " {\n" + lines + "}\n"));
        }
    }

    private Invocation train(Path out, Object... more) {
        List<Object> arguments = new ArrayList<>(List.of("train", "highlighter", "--text"));
        arguments.addAll(sources);
        arguments.addAll(List.of("--out", out, "--steps", STEPS, "--threads", 2));
        arguments.addAll(Arrays.asList(more));
        return Invocation.of(arguments.toArray());
    }

    private static byte[] weights(Path out) throws IOException {
        return Files.readAllBytes(out.resolve("model.safetensors"));
    }

    @Test
    void writesAModelThatTheSeedSays() throws IOException {
        Path out = folder.resolve("out");
        Invocation invocation = train(out).succeeds();

        assertTrue(invocation.out().matches("held-out: accuracy [0-9]+\\.[0-9][0-9] %\n"), invocation.out());
        assertTrue(invocation.err().contains("step 3 of 3"), invocation.err());
        assertTrue(Files.readString(out.resolve("accuracy.md")).contains("| keyword |"));
        assertTrue(Files.size(out.resolve("curve.png")) > 1000);
        ModelFile.read(out);
        assertArrayEquals(
                Samples.bytes("java-highlighter/model.json"),
                Files.readAllBytes(out.resolve("model.json")),
                "rondo demo could use it");

        Path stopped = folder.resolve("stopped");
        train(stopped, "--minutes", 1e-4).succeeds();
        assertFalse(Arrays.equals(weights(out), weights(stopped)));
        train(stopped).succeeds();
        assertArrayEquals(weights(out), weights(stopped));
    }

    @Test
    void refusesBadInput() throws IOException {
        Path out = folder.resolve("out");
        Invocation.of("train", "highlighter", "--threads", 0, "--out", out).isBadInput("--threads 0");
        Invocation.of("train", "highlighter", "--steps", 0, "--out", out).isBadInput("--steps 0");
        Invocation.of("train", "highlighter", "--text", folder.resolve("No.java"), "--out", out)
                .isBadInput("No.java: no such file");
        Invocation.of("train", "highlighter", "--text", sources.getFirst(), "--out", out)
                .isBadInput("Source0.java", "too little");
        assertFalse(Files.exists(out));
        train(sources.getFirst()).isBadInput("Source0.java");
    }
}
