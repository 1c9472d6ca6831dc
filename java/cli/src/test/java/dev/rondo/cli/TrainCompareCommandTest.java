package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCompareCommandTest {
    @TempDir
    private Path folder;

    private Invocation train(Path out, Object... more) throws IOException {
        List<Object> arguments = new ArrayList<>(List.of("train", "compare", "--text"));
        for (int i = 0; i < 4; i++) {
            String lines = IntStream.range(0, 10 + i)
                    .mapToObj(line -> "  static int f" + line + "(int x) { return x; } // same\n")
                    .reduce("", String::concat);
            arguments.add(
                    Samples.text(folder.resolve("Source" + i + ".java"), "class Source" + i + " {\n" + lines + "}\n"));
        }
        arguments.addAll(List.of("--out", out, "--steps", 1, "--threads", 2));
        arguments.addAll(List.of(more));
        return Invocation.of(arguments.toArray());
    }

    @Test
    void comparesAndGoesOnWhereItWas() throws IOException {
        Path out = folder.resolve("out");
        Invocation first = train(out).succeeds();
        assertEquals(15, first.out().lines().count(), first.out());
        assertTrue(first.out().contains("| LSTM, both directions | all | "), first.out());
        assertTrue(Files.size(out.resolve("comparison.png")) > 1000);
        byte[] result = Files.readAllBytes(out.resolve("rnn/result.json"));
        assertEquals(first.out(), train(out).succeeds().out());
        assertArrayEquals(result, Files.readAllBytes(out.resolve("rnn/result.json")));
        train(out, "--seed", 7).isBadInput("seed");
    }

    @Test
    void refusesBadInput() {
        Path out = folder.resolve("none");
        Invocation.of("train", "compare", "--steps", 0, "--out", out).isBadInput("--steps 0");
        Invocation.of("train", "compare", "--text", folder.resolve("No.java"), "--out", out)
                .isBadInput("No.java: no such file");
        assertFalse(Files.exists(out));
    }
}
