package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Input;
import dev.rondo.format.Npy;
import dev.rondo.format.Safetensors;
import dev.rondo.onnx.OnnxModel;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The commands over `.onnx` files that PyTorch exported.
class OnnxTest {
    private static final String NETWORKS = "/dev/rondo/onnx/pytorch/";

    @TempDir
    private Path folder;

    private Path model;
    private Map<String, Tensor> tensors; // inputs and outputs

    /// A voice detector with its state as input and output.
    @BeforeEach
    void files() throws IOException {
        files("voice", 0);
    }

    private void files(String name, int values) throws IOException {
        model = Samples.file(folder, NETWORKS + name + "_script.onnx");
        Path file = Samples.file(folder, NETWORKS + name + "_" + values + ".safetensors");
        tensors = Safetensors.read(file, Arena.ofAuto()).tensors();
        for (Map.Entry<String, Tensor> tensor : tensors.entrySet()) {
            Samples.npy(folder.resolve(tensor.getKey() + ".npy"), tensor.getValue());
        }
    }

    private Invocation run(Path file, String... inputs) {
        List<Object> arguments = new ArrayList<>(List.of("run", file, "-o", folder.resolve("out")));
        for (String input : inputs) {
            arguments.addAll(List.of("-i", input + "=" + folder.resolve(input + ".npy")));
        }
        return Invocation.of(arguments.toArray());
    }

    private Invocation run(Path file) {
        return run(file, "audio", "h", "c");
    }

    /// Two numbers of steps and of samples each, neither of which the file was made with.
    @ParameterizedTest
    @ValueSource(strings = {"tagger", "speech", "pooling", "encoder", "voice", "classifier"})
    void runsThem(String name) throws IOException {
        for (int values = 0; values < 2; values++) {
            files(name, values);
            List<String> inputs =
                    OnnxModel.read(model).inputs().stream().map(Input::name).toList();
            assertEquals(
                    "", run(model, inputs.toArray(String[]::new)).succeeds().err());

            for (String output : OnnxModel.read(model).outputs()) {
                Tensor found = Npy.read(folder.resolve("out/" + output + ".npy"), Arena.ofAuto());
                assertEquals(tensors.get(output).shape(), found.shape(), output);
                if (found.type() == DataType.F32) {
                    assertArrayEquals(tensors.get(output).toFloatArray(), found.toFloatArray(), 1e-5f, output);
                } else {
                    assertArrayEquals(tensors.get(output).toLongArray(), found.toLongArray(), output);
                }
            }
        }
    }

    @Test
    void showsThem() {
        String text = Invocation.of("info", model, "--shape", "audio=1,320")
                .succeeds()
                .out();

        assertTrue(text.contains("opset 17, written by pytorch"), text);
        assertTrue(text.contains("input   audio"), text);
        assertTrue(text.contains("LSTM"), text);
        assertTrue(text.contains("_slc8_sic10_dhc10"), text);
    }

    @Test
    void measuresThem() {
        String text = Invocation.of(
                        "bench",
                        model,
                        "-i",
                        "audio=" + folder.resolve("audio.npy"),
                        "-i",
                        "h=" + folder.resolve("h.npy"),
                        "-i",
                        "c=" + folder.resolve("c.npy"),
                        "--seconds",
                        "0.01",
                        "--json")
                .succeeds()
                .out();

        assertTrue(text.contains("median_us"), text);
    }

    @Test
    void namesWhatIsWrong() throws IOException {
        byte[] bytes = Files.readAllBytes(model);
        Path cut = Files.write(folder.resolve("cut.onnx"), Arrays.copyOf(bytes, bytes.length / 2));
        run(cut).isBadInput("error: " + cut + ": is no sound ONNX file");
        Path empty = Files.write(folder.resolve("empty.onnx"), new byte[0]);
        run(empty).isBadInput("error: " + empty + ": is no ONNX model");
        String renamed = new String(bytes, StandardCharsets.ISO_8859_1).replace("Sigmoid", "Sigmund");
        Path unknown = Files.write(folder.resolve("unknown.onnx"), renamed.getBytes(StandardCharsets.ISO_8859_1));
        run(unknown).isBadInput("(Sigmund) is of an operator that Rondo does not know, in operator set 17");
        Invocation.of("info", model, "--shape", "audio=1,1").isBadInput("error: --shape audio=1,1: ");
        assertFalse(Files.exists(folder.resolve("out")));
    }
}
