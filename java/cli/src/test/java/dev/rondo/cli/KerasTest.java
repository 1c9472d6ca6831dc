package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.Npy;
import dev.rondo.format.Safetensors;
import dev.rondo.onnx.OnnxModel;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The commands over a `.keras` file that Keras saved: a tagger whose id 0 is masked.
class KerasTest {
    private static final String SAVED = "/dev/rondo/keras/saved/";

    @TempDir
    private Path folder;

    private Path model;
    private Map<String, Tensor> tensors;

    @BeforeEach
    void files() throws IOException {
        model = Samples.file(folder, SAVED + "tagger.keras");
        tensors = Safetensors.read(Samples.file(folder, SAVED + "tagger_0.safetensors"), Arena.ofAuto())
                .tensors();
        Samples.npy(folder.resolve("ids.npy"), tensors.get("ids"));
    }

    private Invocation run(Path file) {
        return Invocation.of("run", file, "-i", "ids=" + folder.resolve("ids.npy"), "-o", folder.resolve("out"));
    }

    /// The model with another configuration.
    private Path changed(String name, UnaryOperator<String> change) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = Files.newInputStream(model);
                ZipInputStream from = new ZipInputStream(in);
                OutputStream out = Files.newOutputStream(file);
                ZipOutputStream to = new ZipOutputStream(out)) {
            for (ZipEntry entry = from.getNextEntry(); entry != null; entry = from.getNextEntry()) {
                byte[] bytes = from.readAllBytes();
                to.putNextEntry(new ZipEntry(entry.getName()));
                to.write(
                        entry.getName().equals("config.json")
                                ? change.apply(new String(bytes, StandardCharsets.UTF_8))
                                        .getBytes(StandardCharsets.UTF_8)
                                : bytes);
            }
        }
        return file;
    }

    @Test
    void runsThem() throws IOException {
        assertEquals("", run(model).succeeds().err());

        Tensor found = Npy.read(folder.resolve("out/time_distributed.npy"), Arena.ofAuto());
        assertEquals(tensors.get("time_distributed").shape(), found.shape());
        assertArrayEquals(tensors.get("time_distributed").toFloatArray(), found.toFloatArray(), 1e-5f);
    }

    @Test
    void showsThem() {
        String text =
                Invocation.of("info", model, "--shape", "ids=1,12").succeeds().out();

        assertTrue(text.contains("tagger (Keras 3.15.1)"), text);
        assertTrue(text.contains("input   ids"), text);
        assertTrue(text.contains("Bidirectional"), text);
        assertTrue(text.contains("for this input [1, 12, 4]"), text);
    }

    @Test
    void measuresThem() {
        String text = Invocation.of("bench", model, "-i", folder.resolve("ids.npy"), "--seconds", "0.01", "--json")
                .succeeds()
                .out();

        assertTrue(text.contains("median_us"), text);
    }

    /// With masks, activations that ONNX's recurrent operators lack, and layers in both directions.
    @ParameterizedTest
    @ValueSource(strings = {"plain", "masked", "directions", "masked_directions", "activations", "tagger"})
    void convertsThem(String name) throws IOException {
        Path saved = Samples.file(folder, SAVED + name + ".keras");
        Path graph = folder.resolve("graph.onnx");
        assertEquals("", Invocation.of("convert", saved, graph).succeeds().err());

        for (int i = 0; i < 2; i++) {
            Map<String, Tensor> expected = Safetensors.read(
                            Samples.file(folder, SAVED + name + "_" + i + ".safetensors"), Arena.ofAuto())
                    .tensors();
            String input = OnnxModel.read(graph).inputs().getFirst().name();
            Path array = Samples.npy(folder.resolve("input.npy"), expected.get(input));
            Invocation.of("run", graph, "-i", input + "=" + array, "-o", folder.resolve("out"))
                    .succeeds();
            for (String output : OnnxModel.read(graph).outputs()) {
                float[] found = Npy.read(folder.resolve("out/" + output + ".npy"), Arena.ofAuto())
                        .toFloatArray();
                float[] wanted = expected.get(output).toFloatArray();
                assertEquals(wanted.length, found.length, name + ", " + output);
                for (int k = 0; k < wanted.length; k++) {
                    assertEquals(wanted[k], found[k], 2e-5f * Math.max(1, Math.abs(wanted[k])), name + ", " + output);
                }
            }
        }
    }

    @Test
    void writesGraphsOnly() {
        Invocation.of("convert", model, folder.resolve("tagger")).isBadInput("is written as ONNX only");
    }

    @Test
    void namesWhatIsWrong() throws IOException {
        byte[] bytes = Files.readAllBytes(model);
        Path cut = Files.write(folder.resolve("cut.keras"), Arrays.copyOf(bytes, bytes.length / 2));
        run(cut).isBadInput("error: " + cut + ": is no sound zip archive");
        Path unknown = changed("unknown.keras", config -> config.replace("\"GRU\"", "\"Grue\""));
        run(unknown).isBadInput("layer \"gru\" (Grue) is of a class that Rondo does not know");
        Path narrow = changed("narrow.keras", config -> config.replace("\"units\": 6", "\"units\": 5"));
        run(narrow).isBadInput("weight \"layers/gru/cell/vars/0\" is of shape [10, 18] where [any, 15] is needed");
        Path turned = changed(
                "turned.keras", config -> config.replace("\"merge_mode\": \"concat\"", "\"merge_mode\": \"sum\""));
        run(turned).isBadInput("layer \"gru\" (GRU): ");
        Invocation.of("info", model, "--shape", "ids=1,0").isBadInput("layer \"bidirectional\" (Bidirectional): ");
        assertFalse(Files.exists(folder.resolve("out")));
    }
}
