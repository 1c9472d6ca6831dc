package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.rondo.ModelFile;
import dev.rondo.format.Npy;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConvertCommandTest {
    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void files() throws IOException {
        model = Samples.model(folder);
    }

    private void assertLogits(Path converted) throws IOException {
        Path out = folder.resolve("out");
        Path ids = Samples.file(folder, "ids.npy");
        Invocation.of("run", converted, "-i", "ids=" + ids, "-o", out).succeeds();
        Tensor logits = Npy.read(out.resolve("logits.npy"), Arena.ofAuto());
        Tensor expected = Npy.read(Samples.file(folder, "logits.npy"), Arena.ofAuto());
        assertEquals(expected.shape(), logits.shape());
        assertArrayEquals(expected.toFloatArray(), logits.toFloatArray(), 1e-4f);
    }

    @Test
    void goesToOnnxAndBack() throws IOException {
        Path graph = folder.resolve("deep/model.onnx");
        Path again = folder.resolve("again");
        Invocation.of("convert", model, graph).succeeds();
        Invocation.of("convert", graph, again).succeeds();

        assertLogits(graph);
        assertLogits(again);
        Map<String, Tensor> before = ModelFile.read(model).tensors();
        Map<String, Tensor> after = ModelFile.read(again).tensors();
        assertEquals(before.keySet(), after.keySet());
        before.forEach((name, tensor) ->
                assertArrayEquals(tensor.toFloatArray(), after.get(name).toFloatArray(), name));
    }

    @Test
    void writesWeightsBesideTheirDescription() throws IOException {
        Path weights = folder.resolve("other/tagger.safetensors");
        Invocation.of("convert", model, weights).succeeds();

        assertLogits(weights);
        assertLogits(weights.resolveSibling("model.json"));
    }

    @Test
    void refusesGraphsWithoutLayers() throws IOException {
        Path foreign = Samples.file(folder, "/dev/rondo/onnx/pytorch/voice_script.onnx");
        Invocation.of("convert", foreign, folder.resolve("layers"))
                .isBadInput("error: " + foreign + ": is a graph that Rondo did not write from layers");
        assertFalse(Files.exists(folder.resolve("layers")));
    }

    @Test
    void refusesATargetThatIsInTheWay() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Invocation.of("convert", model, file).isBadInput("error: " + file + ": is a file");
        assertEquals(0, Files.size(file));
    }
}
