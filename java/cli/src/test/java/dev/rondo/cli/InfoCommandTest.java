package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InfoCommandTest {
    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void files() throws IOException {
        model = Samples.model(folder);
    }

    @Test
    void showsLayersMemoryAndImplementations() {
        String text = Invocation.of("info", model).succeeds().out();

        assertTrue(text.contains("input   ids     I64  [N, T]"), text);
        assertTrue(text.contains("output  logits  F32  [N, T, 10]"), text);
        assertTrue(text.contains("332,682"), text);
        assertTrue(text.contains("1.27 MiB"), text);
        assertTrue(text.contains("ids [1, 100]"), text);
        assertTrue(text.contains("lstm_f32_fwd_inf_l2r:l1t100mb1_slc32_sic96_dhc96"), text);
        List<String> instructions =
                text.lines().filter(line -> line.startsWith("  ")).toList();
        assertEquals(6, instructions.size(), text);
        for (String instruction : instructions) {
            assertTrue(instruction.matches("  .* {2,}(Rondo kernel|oneDNN|Java).*"), instruction);
        }
    }

    @Test
    void takesShapesAndThreads() {
        String text = Invocation.of("info", model, "--shape", "ids=3,7", "--threads", 2)
                .succeeds()
                .out();

        assertTrue(text.contains("ids [3, 7] and 2 threads"), text);
        assertTrue(text.contains("t7mb3"), text);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"ids", "ids=", "ids=1", "ids=1,x", "ids=-1,2", "tokens=1,2", "ids=1,999999999999999999", "=1,2"})
    void refusesShapesThatDoNotFit(String shape) {
        Invocation.of("info", model, "--shape", shape).isBadInput(shape.contains("ids") ? "ids" : "--shape " + shape);
    }

    @Test
    void namesTheShapesThatCannotBeComputed() {
        Invocation.of("info", model, "--shape", "ids=1,2000000000").isBadInput("error: --shape ids=1,2000000000: ");
        Invocation.of("info", model, "--shape", "ids=2000000000,1").isBadInput("error: --shape ids=2000000000,1: ");
        Invocation.of("info", model, "--shape", "ids=1,3000000000").isBadInput("error: --shape ids=1,3000000000: ");
    }

    @Test
    void namesTheModelWhoseOwnShapeCannotBe() throws IOException {
        describe("\"N\",\\s*\"T\"", "9000000000000000000, 9000000000000000000");
        Invocation.of("info", model).isBadInput(model + ": input ids: ", "too many elements");
        describe("9000000000000000000, 9000000000000000000", "1, 2000000000");
        Invocation.of("info", model).isBadInput(model + " with ids [1, 2000000000]: ");
    }

    @Test
    void namesTheDescriptionInAFolder() throws IOException {
        describe("\"model.safetensors\"", "\"a\\\\u0000b\"");
        Invocation.of("info", folder).isBadInput(folder.resolve("model.json") + ": ");
        Path other = Files.move(folder.resolve("model.json"), folder.resolve("other.json"));
        Invocation.of("info", other).isBadInput(other + ": ");
    }

    @Test
    void escapesControlCharactersInNames() throws IOException {
        describe("\"java-highlighter\"", "\"java\\\\n\\\\u001b[31m\\\\u202ehighlighter\"");
        describe("\"logits\"", "\"log\\\\u001bits\"");
        describe("\"ids\"", "\"i\\\\u009bds\"");

        String text = Invocation.of("info", model).succeeds().out();

        assertTrue(text.startsWith("java\\u000a\\u001b[31m\\u202ehighlighter\n"), text);
        assertTrue(text.contains("log\\u001bits  "), text);
        assertTrue(text.contains("with i\\u009bds [1, 100]"), text);
        assertTrue(text.codePoints().noneMatch(c -> c != '\n' && Character.isISOControl(c)), text);
    }

    private void describe(String from, String to) throws IOException {
        Path json = folder.resolve("model.json");
        Samples.text(json, Files.readString(json).replaceFirst(from, to));
    }

    @Test
    void refusesWhatIsNoModel() {
        Invocation.of("info", folder.resolve("none")).isBadInput("none: no such file");
        Invocation.of("info").isBadInput("MODEL");
    }
}
