package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every way to get `run` wrong ends in one line that says what is wrong, and writes nothing.
class RunErrorsTest {
    @TempDir
    private Path folder;

    private Path model;
    private Path ids;
    private Path out;

    @BeforeEach
    void files() throws IOException {
        model = Samples.model(folder);
        ids = Samples.file(folder, "ids.npy");
        out = folder.resolve("out");
    }

    @AfterEach
    void nothingIsWritten() {
        assertFalse(Files.isDirectory(out));
    }

    private Invocation run(Object... more) {
        Object[] arguments = {"run", model, "-o", out};
        Object[] all = Arrays.copyOf(arguments, arguments.length + more.length);
        System.arraycopy(more, 0, all, arguments.length, more.length);
        return Invocation.of(all);
    }

    private void runWithDescription(String from, String to, String... culprits) throws IOException {
        Path json = folder.resolve("model.json");
        String description = Files.readString(json);
        Samples.text(json, description.replaceFirst(from, to));
        run("-i", ids).isBadInput(culprits);
    }

    private void runWithIds(Tensor tensor, String... culprits) throws IOException {
        Path file = Samples.npy(folder.resolve("bad.npy"), tensor);
        run("-i", "ids=" + file).isBadInput(culprits);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-3", "257", "many", "99999999999"})
    void numbersOfThreads(String threads) {
        run("-i", ids, "--threads", threads).isBadInput("--threads", threads);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bf16", "int8", "double"})
    void precisions(String precision) {
        run("-i", ids, "--precision", precision).isBadInput("--precision " + precision, "f32");
    }

    @Test
    void missingFiles() throws IOException {
        Invocation.of("run", folder.resolve("no.safetensors"), "-i", ids, "-o", out)
                .isBadInput("no.safetensors: no such file");
        run("-i", "ids=" + folder.resolve("no.npy")).isBadInput("no.npy: no such file");
        run("-i", ids, "--config", folder.resolve("no.json")).isBadInput("no.json: no such file");
        Files.delete(folder.resolve("model.json"));
        run("-i", ids).isBadInput("model.json: no such file", "--config");
    }

    @Test
    void filesOfOtherKinds() throws IOException {
        Path onnx = Samples.text(folder.resolve("model.onnx"), "x");
        Invocation.of("run", onnx, "-i", ids, "-o", out).isBadInput("model.onnx", "no sound ONNX file");
        Path other = Samples.text(folder.resolve("model.pt"), "x");
        Invocation.of("run", other, "-i", ids, "-o", out).isBadInput("model.pt", ".safetensors");
        Invocation.of("run", folder.resolve("model.json"), "-i", ids, "-o", out, "--config", "x")
                .isBadInput("--config");
        run("-i", "ids=" + folder).isBadInput(folder.toString(), "directory");
        run("-i", "ids=" + model).isBadInput("model.safetensors", ".npy");
    }

    @Test
    void inputNames() {
        run().isBadInput("-i");
        run("-i", "tokens=" + ids).isBadInput("-i tokens=", "only ids");
        run("-i", "ids=" + ids, "-i", ids).isBadInput("-i " + ids, "ids is given twice");
    }

    @Test
    void usage() {
        Invocation.of("run", model, "-i", ids).isBadInput("-o");
        Invocation.of("run").isBadInput("MODEL");
        run("-i", ids, "--nonsense").isBadInput("--nonsense");
        run("-i").isBadInput("-i");
        run("-i", ids, "two\nlines").isBadInput("two lines");
    }

    @Test
    void arraysThatDoNotFit() throws IOException {
        runWithIds(Tensor.of(Shape.of(5), new long[5]), "-i ids=", "bad.npy", "[5]", "[N, T]");
        runWithIds(Tensor.of(Shape.of(1, 2, 3), new long[6]), "-i ids=", "bad.npy", "[1, 2, 3]");
        runWithIds(Tensor.of(Shape.of(1, 2), new float[2]), "-i ids=", "bad.npy", "F32", "I64");
        runWithIds(Tensor.allocate(Arena.ofAuto(), Shape.of(1, 2), DataType.F64), "-i ids=", "bad.npy", "F64");
        runWithIds(Tensor.allocate(Arena.ofAuto(), Shape.of(1, 2), DataType.U8), "-i ids=", "bad.npy", "U8");
    }

    @ParameterizedTest
    @ValueSource(longs = {256, -1, Long.MAX_VALUE, Long.MIN_VALUE})
    void idsOutOfRange(long id) throws IOException {
        runWithIds(Tensor.of(Shape.of(1, 3), 1, id, 2), "-i ids=", "bad.npy", Long.toString(id));
    }

    @Test
    void arraysThatAreCut() throws IOException {
        byte[] bytes = Files.readAllBytes(ids);
        for (int length : new int[] {0, 5, 11, 60, 200, bytes.length - 1}) {
            Path cut = Files.write(folder.resolve("cut.npy"), Arrays.copyOf(bytes, length));
            run("-i", cut).isBadInput("cut.npy");
        }
    }

    @Test
    void weightsThatAreCut() throws IOException {
        byte[] bytes = Files.readAllBytes(model);
        for (int length : new int[] {0, 7, 8, 100, 5000, bytes.length - 1}) {
            Files.write(model, Arrays.copyOf(bytes, length));
            run("-i", ids).isBadInput("model.safetensors");
        }
    }

    @Test
    void weightsThatDisagreeWithTheLayers() throws IOException {
        byte[] bytes = Files.readAllBytes(model);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        Files.write(model, text.replaceFirst("linear\\.bias", "linear.bios").getBytes(StandardCharsets.ISO_8859_1));
        run("-i", ids).isBadInput("model.safetensors", "linear.bias");
        Files.write(model, bytes);
        runWithDescription("\"hidden_size\": 96", "\"hidden_size\": 95", "model.safetensors", "lstm.weight_ih_l0");
    }

    @Test
    void layersThatDisagreeWithTheInput() throws IOException {
        Path json = folder.resolve("model.json");
        Samples.text(json, Files.readString(json).replace("int64", "float32"));
        Path x = Samples.npy(folder.resolve("x.npy"), Tensor.of(Shape.of(1, 2), new float[2]));

        run("-i", x).isBadInput("model.safetensors", "ids [1, 2]", "embedding");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "\"name\": \"lstm\"      | \"name\": 3           | layers[1].name",
                "\"type\": \"LSTM\"      | \"type\": \"Fancy\"   | layers[1].type",
                "\"num_layers\": 2       | \"num_layers\": 0     | layers[1]",
                "\"num_layers\": 2       | \"num_layers\": 3     | lstm.weight_ih_l2",
                "\"hidden_size\": 96     | \"hidden_size\": -1   | hidden_size",
                "\"int64\"               | \"int8\"              | input.dtype",
                "\"name\": \"logits\"    | \"nome\": \"logits\"  | output.name",
                "\"name\": \"logits\"    | \"name\": \"../evil\" | ../evil",
                "\"name\": \"logits\"    | \"name\": \"a/b\"     | a/b",
                "\"name\": \"logits\"    | \"name\": \"\"        | output",
                "\"batch_first\": true   | \"batch_first\": 1    | batch_first",
                "\"layers\"              | \"layers              | model.json",
            })
    void descriptions(String from, String to, String culprit) throws IOException {
        runWithDescription(from, to, culprit);
        assertFalse(Files.exists(folder.resolve("evil.npy")));
    }

    @Test
    void foldersThatCannotBeWritten() throws IOException {
        Path file = Samples.text(folder.resolve("file"), "x");
        Invocation.of("run", model, "-i", ids, "-o", file).isBadInput(file + ": is not a folder");
        Invocation.of("run", model, "-i", ids, "-o", file.resolve("deep")).isBadInput(file + ": is not a folder");
        Path inTheWay = Files.createDirectories(folder.resolve("dir/logits.npy"));
        Invocation.of("run", model, "-i", ids, "-o", inTheWay.getParent()).isBadInput("logits.npy", "directory");
    }

    @Test
    void debugShowsTheTrace() {
        Invocation invocation = run("-i", ids, "--threads", "0", "--debug");

        assertEquals(2, invocation.exitCode());
        assertEquals(
                "error: --threads 0: must be between 1 and 256",
                invocation.err().lines().findFirst().orElseThrow());
        assertEquals(true, invocation.err().contains("\tat dev.rondo.cli"));
    }
}
