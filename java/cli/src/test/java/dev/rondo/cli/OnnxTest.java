package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.Npy;
import dev.rondo.format.Safetensors;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The commands over an `.onnx` file that PyTorch exported: a voice detector with its state as input and output.
class OnnxTest {
    @TempDir
    private Path folder;

    private Path model;
    private Map<String, Tensor> tensors;

    @BeforeEach
    void files() throws IOException {
        model = Samples.file(folder, "voice.onnx");
        give("voice.safetensors");
    }

    private void give(String values) throws IOException {
        tensors = Safetensors.read(Samples.file(folder, values), Arena.ofAuto()).tensors();
        for (String input : new String[] {"audio", "h", "c"}) {
            Samples.npy(folder.resolve(input + ".npy"), tensors.get(input));
        }
    }

    private Invocation run(Path file) {
        return Invocation.of(
                "run",
                file,
                "-i",
                "audio=" + folder.resolve("audio.npy"),
                "-i",
                "h=" + folder.resolve("h.npy"),
                "-i",
                "c=" + folder.resolve("c.npy"),
                "-o",
                folder.resolve("out"));
    }

    /// Other numbers of steps and of samples than the file was made with.
    @ParameterizedTest
    @ValueSource(strings = {"voice.safetensors", "longer_voice.safetensors"})
    void runsThem(String values) throws IOException {
        give(values);
        assertEquals("", run(model).succeeds().err());

        for (String output : new String[] {"speech", "hn", "cn"}) {
            Tensor found = Npy.read(folder.resolve("out/" + output + ".npy"), Arena.ofAuto());
            assertEquals(tensors.get(output).shape(), found.shape(), output);
            assertArrayEquals(tensors.get(output).toFloatArray(), found.toFloatArray(), 1e-5f, output);
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
