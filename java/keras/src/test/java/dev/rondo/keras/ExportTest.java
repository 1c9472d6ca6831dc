package dev.rondo.keras;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.onnx.OnnxExport;
import dev.rondo.onnx.OnnxModel;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Models of Keras written as ONNX: those without masks, on the engine's own cells.
class ExportTest {
    @TempDir
    private Path folder;

    @Test
    void becomesOnnx() throws IOException {
        Path file = folder.resolve("unmasked.keras");
        Files.write(
                file,
                Saved.withConfig("tagger", config -> config.replace("\"mask_zero\": true", "\"mask_zero\": false")));
        Path graph = folder.resolve("unmasked.onnx");
        try (Model model = KerasModel.read(file).model()) {
            OnnxExport.write(model, "tagger", graph);
            try (Model again = OnnxModel.read(graph).model()) {
                for (int i = 0; i < 2; i++) {
                    Map<String, Tensor> tensors = Saved.tensors("tagger_" + i);
                    Tensor ids = tensors.get("ids");
                    assertArrayEquals(run(model, ids), run(again, ids), 1e-5f);
                }
            }
        }
    }

    private static float[] run(Model model, Tensor ids) {
        try (Session session = model.session(ids.shape())) {
            session.input().copyFrom(ids);
            session.run();
            return session.output().toFloatArray();
        }
    }

    @Test
    void masksAreRefusedInWords() throws IOException {
        try (Model model = KerasModel.read(Saved.file("tagger.keras")).model()) {
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class,
                    () -> OnnxExport.write(model, "tagger", folder.resolve("tagger.onnx")));
            assertTrue(e.getMessage().contains("writes no ONNX operator for"), e.getMessage());
        }
    }
}
