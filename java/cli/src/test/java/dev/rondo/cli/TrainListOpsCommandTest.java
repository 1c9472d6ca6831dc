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
                invocation.out().matches("Tree-LSTM, trees given: accuracy [0-9.]+ %\nLSTM: accuracy [0-9.]+ %\n"),
                invocation.out());
        String report = Files.readString(out.resolve("accuracy.md"));
        assertTrue(report.contains("| Tree-LSTM, trees given |") && report.contains("| 2 |"), report);
        assertTrue(Files.readString(out.resolve("tree/tree-1.svg")).startsWith("<svg"));
        assertTrue(Files.size(out.resolve("sequence/curve.png")) > 1000);

        Path stopped = folder.resolve("stopped");
        train(stopped, "--steps", 4, "--minutes", 1e-4).succeeds();
        assertEquals(invocation.out(), train(stopped, "--steps", 4).succeeds().out());
        assertEquals(
                Files.readString(out.resolve("tree/tree-1.svg")), Files.readString(stopped.resolve("tree/tree-1.svg")));
    }

    @Test
    void refusesBadInput() {
        Path out = folder.resolve("out");
        Invocation.of("train", "listops", "--steps", 0, "--out", out).isBadInput("--steps 0");
        Invocation.of("train", "listops", "--depth", 0, "--out", out).isBadInput("--depth 0");
        Invocation.of("train", "listops", "--networks", "grass", "--out", out).isBadInput("grass");
        Invocation.of("train", "listops", "--expressions", 5, "--out", out).isBadInput("--expressions 5");
        assertFalse(Files.exists(out));
    }
}
