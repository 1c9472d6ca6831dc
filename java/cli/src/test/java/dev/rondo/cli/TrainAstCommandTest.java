package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.bindings.NativeLibraries;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainAstCommandTest {
    @TempDir
    private Path folder;

    private Invocation train(Path out, Object... more) throws IOException {
        List<Object> arguments = new ArrayList<>(List.of("train", "ast", "--text"));
        for (int i = 0; i < 40; i++) {
            arguments.add(Samples.text(folder.resolve("C" + i + ".java"), "class C" + i + """
                     {
                        int add(int a, int b) { return a + b; }
                        int multiply(int a, int b) { return a * b; }
                    }
                    """));
        }
        arguments.addAll(List.of("--out", out, "--names", 2, "--hidden", 8, "--threads", 2));
        arguments.addAll(Arrays.asList(more));
        return Invocation.of(arguments.toArray());
    }

    /// What it writes follows from the seed alone, however often it was interrupted.
    @Test
    void comparesNetworks() throws IOException {
        assumeTrue(NativeLibraries.load().hasKernels());
        Path out = folder.resolve("out");
        Invocation invocation = train(out, "--steps", 4).succeeds();
        assertTrue(invocation.err().contains("68 methods to learn from, 8 held out"), invocation.err());
        assertTrue(invocation.out().startsWith("Held out: 8 methods, "), invocation.out());
        for (String row : List.of("Tree-LSTM over the syntax tree", "LSTM over the same symbols")) {
            assertTrue(invocation.out().contains("| " + row + " | "), invocation.out());
        }
        assertTrue(invocation.out().endsWith("| the most frequent name | 0 | 50.0 % | 100.0 % |\n"), invocation.out());
        assertEquals(invocation.out(), Files.readString(out.resolve("accuracy.md")));
        assertTrue(Files.size(out.resolve("sequence/curve.png")) > 1000);

        Path stopped = folder.resolve("stopped");
        train(stopped, "--steps", 4, "--minutes", 1e-4).succeeds();
        assertEquals(invocation.out(), train(stopped, "--steps", 4).succeeds().out());
    }

    @Test
    void refusesBadInput() throws IOException {
        Path out = folder.resolve("out");
        train(out, "--steps", 0).isBadInput("--steps 0");
        Invocation.of("train", "ast", "--names", 1, "--out", out).isBadInput("--names 1");
        Path none = folder.resolve("None.java");
        Invocation.of("train", "ast", "--text", none, "--out", out).isBadInput("None.java: no such file");
        Invocation.of("train", "ast", "--text", Samples.text(none, "class None {}"), "--out", out)
                .isBadInput("too few methods");
        assertFalse(Files.exists(out.resolve("tree")));
    }
}
