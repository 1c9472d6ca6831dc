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

class TrainListOpsCommandTest {
    @TempDir
    Path folder;

    private static Invocation train(Path out, Object... more) {
        List<Object> arguments = new ArrayList<>(List.of("train", "listops", "--out", out, "--expressions", 200));
        arguments.addAll(List.of("--held-out", 40, "--depth", 2, "--hidden", 8, "--threads", 2));
        arguments.addAll(Arrays.asList(more));
        return Invocation.of(arguments.toArray());
    }

    /// What it writes follows from the seed alone, however often it was interrupted.
    @Test
    void comparesNetworks() throws IOException {
        assumeTrue(NativeLibraries.load().hasKernels());
        Path out = folder.resolve("out");
        Invocation invocation = train(out, "--steps", 4).succeeds();
        assertTrue(
                invocation.out().startsWith("| right | Tree-LSTM, trees given | LSTM |\n|---|--:|--:|\n| held out | "),
                invocation.out());
        for (String row : List.of("held out, depth 2", "held out, outermost [SM ]", "depth 3 to 4", "learned from")) {
            assertTrue(invocation.out().contains("| " + row + " | "), invocation.out());
        }
        assertEquals(invocation.out(), Files.readString(out.resolve("accuracy.md")));
        assertTrue(invocation.err().contains("all lists within them"), invocation.err());
        assertTrue(Files.readString(out.resolve("tree/tree-1.svg")).startsWith("<svg"));
        assertTrue(Files.size(out.resolve("sequence/curve.png")) > 1000);

        Path stopped = folder.resolve("stopped");
        train(stopped, "--steps", 4, "--minutes", 1e-4).succeeds();
        assertEquals(invocation.out(), train(stopped, "--steps", 4).succeeds().out());
        assertEquals(
                Files.readString(out.resolve("tree/tree-1.svg")), Files.readString(stopped.resolve("tree/tree-1.svg")));
    }

    /// With the labels of the roots alone.
    @Test
    void learnsFromRoots() throws IOException {
        assumeTrue(NativeLibraries.load().hasKernels());
        Path out = folder.resolve("roots");
        train(out, "--steps", 2, "--networks", "tree", "--labels", "root").succeeds();
        assertTrue(Files.readString(out.resolve("tree/tree-1.svg")).contains("·"));
        Invocation other = train(out, "--steps", 2, "--networks", "tree");
        assertEquals(2, other.exitCode());
        assertTrue(other.err().contains("labels root, not every-node"), other.err());
    }

    /// Networks that find trees are compared with trees that nobody has to find.
    @Test
    void findsTrees() throws IOException {
        assumeTrue(NativeLibraries.load().hasKernels());
        Path out = folder.resolve("found");
        Invocation invocation = train(out, "--steps", 2, "--networks", "latent,spinn", "--length", 12)
                .succeeds();
        List<String> titles = List.of(
                "Gumbel Tree-LSTM, trees found",
                "SPINN, trees given in training alone",
                "merging from the left",
                "merging from the right",
                "balanced",
                "merging at random");
        String table = invocation.out().substring(invocation.out().indexOf("| trees | nodes found (F1) |"));
        assertEquals(titles.size() + 2, table.lines().count(), table);
        for (String title : titles) {
            assertTrue(table.matches("(?s).*\\| " + title + " \\| [0-9.]+ % \\|.*"), table);
        }
        assertEquals(invocation.out(), Files.readString(out.resolve("accuracy.md")));
        for (String network : List.of("latent", "spinn")) {
            String tree = Files.readString(out.resolve(network).resolve("tree-2.svg"));
            assertTrue(tree.contains(">[M") || tree.contains(">[S"), tree);
            assertTrue(tree.contains("✓") || tree.contains("·"), tree);
        }
    }

    @Test
    void refusesBadInput() {
        Path out = folder.resolve("out");
        Invocation.of("train", "listops", "--steps", 0, "--out", out).isBadInput("--steps 0");
        Invocation.of("train", "listops", "--depth", 0, "--out", out).isBadInput("--depth 0");
        Invocation.of("train", "listops", "--length", 3, "--out", out).isBadInput("--length 3");
        Invocation.of("train", "listops", "--labels", "leaves", "--out", out).isBadInput("[root, every-node]");
        Invocation.of("train", "listops", "--networks", "grass", "--out", out).isBadInput("grass");
        Invocation.of("train", "listops", "--expressions", 5, "--out", out).isBadInput("--expressions 5");
        assertFalse(Files.exists(out));
    }
}
