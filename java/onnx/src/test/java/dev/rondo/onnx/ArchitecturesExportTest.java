package dev.rondo.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.nn.BatchFirst;
import dev.rondo.nn.Bidirectional;
import dev.rondo.nn.CoupledLSTMCell;
import dev.rondo.nn.DeepTransition;
import dev.rondo.nn.DeepTransitionCell;
import dev.rondo.nn.DenseConnection;
import dev.rondo.nn.GRU;
import dev.rondo.nn.GRUCell;
import dev.rondo.nn.GumbelTreeLSTM;
import dev.rondo.nn.Highway;
import dev.rondo.nn.IndRNN;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.LSTMCell;
import dev.rondo.nn.LookAhead;
import dev.rondo.nn.LookAheadConvolution;
import dev.rondo.nn.MinGRU;
import dev.rondo.nn.MinLSTM;
import dev.rondo.nn.Module;
import dev.rondo.nn.NaryTreeLSTM;
import dev.rondo.nn.PackedTrees;
import dev.rondo.nn.QRNN;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.Residual;
import dev.rondo.nn.Reversed;
import dev.rondo.nn.SLSTMCell;
import dev.rondo.nn.SPINN;
import dev.rondo.nn.SRU;
import dev.rondo.nn.Sequential;
import dev.rondo.nn.Zoneout;
import dev.rondo.program.Activation;
import dev.rondo.program.Merge;
import dev.rondo.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Deep, bidirectional and look-ahead networks as ONNX: what has operators there comes back the same, the rest is
/// refused
/// by its name.
class ArchitecturesExportTest {
    @TempDir
    private Path folder;

    private static Model model(Module module, String... dimensions) {
        module.initialize(5);
        return Model.of(module, Input.floats("x", dimensions));
    }

    private static float[] run(Model model, float[] x) {
        try (Session session = model.session(Shape.of(6, 2, 4))) {
            session.input().copyFrom(x);
            session.run();
            return session.output("output").toFloatArray();
        }
    }

    private void comesBack(Module module, String... dimensions) throws IOException {
        float[] x = new float[6 * 2 * 4];
        Random random = new Random(1);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        Path file = folder.resolve("model.onnx");
        try (Model model = model(module, dimensions)) {
            OnnxExport.write(model, "model", file);
            try (Model read = OnnxModel.read(file).model()) {
                assertArrayEquals(run(model, x), run(read, x), 1e-6f);
            }
        }
    }

    @Test
    void waysAroundLayersAndMerges() throws IOException {
        comesBack(
                new Sequential(
                        new Residual(new LSTM(4, 4)),
                        new BatchFirst(new GRU(4, 4)),
                        new Highway(new GRU(4, 4), 4),
                        new DenseConnection(new GRU(4, 3)),
                        new LSTM(Recurrence.of(7, 5).bidirectional(Merge.PRODUCT)),
                        new LSTM(Recurrence.of(5, 5).bidirectional(Merge.MEAN))),
                "T",
                "N",
                "4");
    }

    @Test
    void stepsOfAFixedNumber() throws IOException {
        comesBack(new DeepTransition(4, 5, 3, true, Activation.TANH), "6", "2", "4");
        comesBack(new LookAheadConvolution(4, 2), "6", "2", "4");
        comesBack(new LookAhead(new GRU(4, 3), new GRU(4, 3), 2, 1), "6", "2", "4");
    }

    private void isRefused(String message, Module module, String... dimensions) {
        Path file = folder.resolve("refused.onnx");
        try (Model model = model(module, dimensions)) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> OnnxExport.write(model, "model", file));
            assertEquals(message, e.getMessage());
        }
        assertFalse(Files.exists(file));
    }

    @Test
    void whatOnnxLacksIsNamed() {
        isRefused(
                "layer DeepTransition is written step by step: give the model an input of a fixed number of steps",
                new DeepTransition(4, 5, 2),
                "T",
                "N",
                "4");
        for (Module cell : List.of(
                new LSTMCell(4, 5, true),
                new GRUCell(4, 5),
                new CoupledLSTMCell(4, 5),
                new SLSTMCell(4, 5),
                new Zoneout(new LSTMCell(4, 5), 0.1, 0.2),
                new DeepTransitionCell(new GRUCell(4, 5), new GRUCell(0, 5)))) {
            isRefused("Rondo writes no ONNX operator for CellStep", cell, "6", "2", "4");
        }
        for (Module scan :
                List.of(new SRU(4, 5), new QRNN(4, 5, 2), new IndRNN(4, 5), new MinGRU(4, 5), new MinLSTM(4, 5))) {
            isRefused("Rondo writes no ONNX operator for Scan", scan, "6", "2", "4");
        }
        for (Module turned :
                List.of(new Reversed(new GRU(4, 3)), new Bidirectional(new GRU(4, 3), new LSTM(4, 3), Merge.CONCAT))) {
            isRefused("Rondo writes no ONNX operator for ReverseSequence", turned, "6", "2", "4");
        }
    }

    @Test
    void treesThatAreFoundAreNamed() {
        isRefused("Rondo writes no ONNX operator for MergeSelection", new GumbelTreeLSTM(4, 5), "6", "2", "4");
        isRefused("Rondo writes no ONNX operator for JoinedRows", new SPINN(4, 5, 3), "6", "2", "4");
    }

    @Test
    void treesAreNamed() {
        NaryTreeLSTM network = new NaryTreeLSTM(4, 5);
        network.initialize(5);
        Path file = folder.resolve("refused.onnx");
        try (Model model = Model.of(
                List.of(Input.floats("x", "3", "4"), Input.ids("parents", "6"), Input.ids("positions", "6")),
                in -> Map.of(
                        "h",
                        network.forward(new PackedTrees(in.get("x"), in.get("parents"), in.get("positions")))
                                .h()))) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> OnnxExport.write(model, "model", file));
            assertTrue(e.getMessage().startsWith("Rondo writes no ONNX operator for Tree"), e.getMessage());
        }
    }
}
