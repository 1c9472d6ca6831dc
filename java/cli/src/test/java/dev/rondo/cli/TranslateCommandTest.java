package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// `rondo train dates`, `rondo train translate` and `rondo translate`.
class TranslateCommandTest {
    @TempDir
    private Path folder;

    @Test
    void trainsAndTranslates() {
        Path out = folder.resolve("dates");
        Object[] train = {
            "train",
            "dates",
            "--out",
            out,
            "--hidden",
            8,
            "--examples",
            100,
            "--steps",
            3,
            "--held-out",
            2,
            "--threads",
            1,
            "--scheduled-sampling",
            0.5
        };
        Invocation training = Invocation.of(train).succeeds();
        List<String> lines = training.out().lines().toList();
        assertTrue(lines.getLast().matches("held-out: exact match [0-9]+\\.[0-9]{2} %"), training.out());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("fr: exact match ")), training.out());

        Invocation translation =
                Invocation.of("translate", out, "mardi 3 mars 2026", "3 Mar 26").succeeds();
        assertEquals(2, translation.out().lines().count());
        Invocation best = Invocation.of("translate", out, "--beam", 4, "--best", 3, "3 Mar 26")
                .succeeds();
        assertEquals(3, best.out().lines().count());
        assertTrue(best.out().lines().allMatch(line -> line.matches("-[0-9]+\\.[0-9]{4}\t.*")), best.out());

        Invocation info = Invocation.of("info", out).succeeds();
        assertTrue(info.out().contains("decoder.output.weight"), info.out());
        assertTrue(info.out().lines().anyMatch(line -> line.matches("total +[0-9,]+ +.* MiB float32")), info.out());

        Invocation.of("translate", out, "--beam", 0, "x").isBadInput("--beam 0");
        Invocation.of("translate", out, "--best", 6, "x").isBadInput("--best 6");
        Invocation.of("translate", folder.resolve("nothing"), "x").isBadInput("nothing");
        train[train.length - 1] = 1.5;
        Invocation.of(train).isBadInput("--scheduled-sampling 1.5");
        train[7] = -1;
        Invocation.of(train).isBadInput("--examples -1");
    }

    @Test
    void attentionIsChosen() {
        Path out = folder.resolve("dates");
        List<Object> train = new ArrayList<>(List.of("train", "dates", "--out", out, "--hidden", 8, "--examples", 64));
        train.addAll(List.of("--steps", 2, "--held-out", 1, "--threads", 1, "--coverage", "--copy"));
        train.addAll(List.of("--feeding", "context", "--window", "predicted", "--reach", 3));
        Invocation.of(train.toArray()).succeeds();
        Invocation.of("translate", out, "3 Mar 26").succeeds();
        Invocation info = Invocation.of("info", out).succeeds();
        assertTrue(info.out().contains("additive, predicted window of 3, coverage, copies"), info.out());
        assertTrue(info.out().contains("decoder.pointer.gate.weight"), info.out());

        Path onnx = folder.resolve("onnx");
        Invocation.of("convert", out, onnx).succeeds();
        assertTrue(Files.isRegularFile(onnx.resolve("encoder.onnx")));
        assertTrue(Files.isRegularFile(onnx.resolve("decoder_step.onnx")));
        Invocation.of("convert", out, folder.resolve("one.onnx")).isBadInput("one.onnx", "give a folder");

        Invocation.of("train", "dates", "--heads", 3).isBadInput("--heads 3: must divide --hidden 128");
        Invocation.of("train", "dates", "--heads", 2).isBadInput("GENERAL attention has one head, not 2");
        Invocation.of("train", "dates", "--coverage", "--window", "monotonic")
                .isBadInput("coverage needs additive attention");
        Invocation.of("train", "dates", "--attention", "scaled", "--coverage")
                .isBadInput("coverage needs additive attention");
        Invocation.of("train", "dates", "--coverage-loss", -1).isBadInput("--coverage-loss -1");
        Invocation.of("train", "dates", "--reach", 0).isBadInput("reach 0");
        Invocation.of("train", "dates", "--attention", "dot")
                .isBadInput("--attention", "[general, additive, scaled] but was 'dot'");
        Invocation.of("train", "dates", "--feeding", "input_feeding").isBadInput("[none, input, context]");
        Invocation.of("train", "dates", "--window", "some").isBadInput("[all, predicted, monotonic]");
    }

    /// Words are offered as they are to be typed, and taken in any case.
    @Test
    void wordsAreOffered() {
        String help = Invocation.of("train", "dates", "--help").succeeds().out().replaceAll("\\s+", " ");
        assertTrue(help.contains("with the source: general, additive, scaled (default"), help);
        assertTrue(help.contains("reads of the attention: none, input, context; input is"), help);
        assertTrue(help.contains("source to look at: all, predicted, monotonic; around"), help);
        Path out = folder.resolve("out");
        Invocation.of(
                        "train",
                        "dates",
                        "--out",
                        out,
                        "--hidden",
                        8,
                        "--examples",
                        64,
                        "--steps",
                        1,
                        "--held-out",
                        1,
                        "--threads",
                        1,
                        "--feeding",
                        "Input",
                        "--attention",
                        "SCALED",
                        "--heads",
                        2)
                .succeeds();
        Invocation info = Invocation.of("info", out).succeeds();
        assertTrue(info.out().contains("input-feeding  scaled, 2 heads"), info.out());
    }

    @Test
    void parallelTextIsChecked() throws IOException {
        Path source = Files.writeString(folder.resolve("source"), "a b\n".repeat(90));
        Path target = Files.writeString(folder.resolve("target"), "b a\n".repeat(89));
        Path out = folder.resolve("out");
        Object[] train = {
            "train", "translate", "--source", source, "--target", target, "--out", out, "--hidden", 8, "--steps", 2
        };
        Invocation.of(train).isBadInput("target", "89 lines");
        Files.write(target, new byte[] {'b', (byte) 0xFF, 'a'});
        Invocation.of(train).isBadInput("target", "is not UTF-8");
        Files.writeString(target, "b ".repeat(101) + "\n" + "b a\n".repeat(88) + "\n");
        assertFalse(Files.exists(out));
        Invocation training = Invocation.of(train).succeeds();
        assertTrue(training.out().matches("held-out: BLEU [0-9.]+, chrF [0-9.]+\\R"), training.out());
        assertTrue(training.err().contains("73 lines (without 1 that have no translation)…"), training.err());
        assertTrue(training.err().contains("72 lines (without 1 that have more than 100 pieces)…"), training.err());
        train[5] = folder;
        Invocation.of(train).isBadInput(folder.toString(), "is not a regular file");
        train[5] = target;
        Files.delete(source);
        Invocation.of(train).isBadInput("source");
        assertFalse(Files.exists(folder.resolve("other")));
    }
}
