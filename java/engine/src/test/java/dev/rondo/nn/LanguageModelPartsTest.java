package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.checkDifferences;
import static dev.rondo.nn.GradientCheck.gradients;
import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.program.Gradients;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What keeps language models from learning by heart: tied embeddings, dropped rows, penalties of activations.
class LanguageModelPartsTest {
    private static final long[] IDS = {3, 0, 3, 2};

    private static Sequential tied() {
        Embedding embedding = new Embedding(5, 3);
        Sequential network = new Sequential(embedding, new Lambda(Functional::tanh), new Linear(embedding));
        network.initialize(4);
        return network;
    }

    @Test
    void tiedWeightsAreListedOnce() {
        Sequential network = tied();
        assertEquals(
                List.of("0.weight", "2.bias"), List.copyOf(network.parameters().keySet()));
        assertEquals(5 * 3 + 5, network.parameterCount());
    }

    @Test
    void tiedWeightsLoadUnderEitherName() {
        Tensor weight = random(1, 5, 3);
        Tensor bias = random(2, 5);
        Tensor equal = Tensor.of(weight.shape(), weight.toFloatArray());
        for (Map<String, Tensor> state : List.of(
                Map.of("0.weight", weight, "2.bias", bias),
                Map.of("2.weight", weight, "2.bias", bias),
                Map.of("0.weight", weight, "2.weight", equal, "2.bias", bias))) {
            Sequential network = tied();
            network.load(state);
            assertArrayEquals(
                    weight.toFloatArray(),
                    network.parameters().get("0.weight").tensor().toFloatArray());
        }
        Sequential network = tied();
        float[] before = network.parameters().get("0.weight").tensor().toFloatArray();
        Map<String, Tensor> unequal = Map.of("0.weight", weight, "2.weight", random(3, 5, 3), "2.bias", bias);
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> network.load(unequal));
        assertEquals("tensors 0.weight and 2.weight are one parameter, but not equal", e.getMessage());
        e = assertThrows(IllegalArgumentException.class, () -> network.load(Map.of("2.bias", bias)));
        assertEquals("tensor 0.weight of shape [5, 3] is missing", e.getMessage());
        assertArrayEquals(before, network.parameters().get("0.weight").tensor().toFloatArray());
    }

    /// A tied network computes what one does that has the same values twice.
    @Test
    void tiedNetworksRun() {
        Sequential network = tied();
        Sequential untied = new Sequential(new Embedding(5, 3), new Lambda(Functional::tanh), new Linear(3, 5));
        Map<String, Parameter> parameters = network.parameters();
        Tensor table = parameters.get("0.weight").tensor();
        untied.load(Map.of(
                "0.weight",
                table,
                "2.weight",
                table,
                "2.bias",
                parameters.get("2.bias").tensor()));
        assertArrayEquals(run(untied), run(network), 1e-6f);
    }

    private static float[] run(Module network) {
        try (Model model = Model.of(network, Input.ids("ids", "N"));
                Session session = model.session(Shape.of(IDS.length))) {
            session.input().copyFrom(IDS);
            session.run();
            return session.output().toFloatArray();
        }
    }

    /// The table gets the sum of what looking up and comparing give.
    @Test
    void tiedGradientsAddUp() {
        Sequential network = tied();
        Tensor table = network.parameters().get("0.weight").tensor();
        checkDifferences("tied", Map.of("table", table), in -> {
            Recorder recorder = in.get("table").recorder();
            Value ids = recorder.constant(Tensor.of(Shape.of(4), IDS));
            return Losses.crossEntropy(network.forward(ids), recorder.constant(Tensor.of(Shape.of(4), 0, 3, 2, 4L)));
        });
    }

    /// Rows are dropped as wholes, the same wherever an id stands, other ones in each run.
    @Test
    void embeddingDropoutDropsRows() {
        int rows = 400;
        int width = 3;
        Embedding embedding = new Embedding(rows, width, -1, 0.25, 11);
        long[] ids = new long[2 * rows];
        Arrays.setAll(ids, i -> i % rows);
        Recorder recorder = new Recorder(true);
        Value y = embedding.forward(recorder.constant(Tensor.of(Shape.of(2, rows), ids)));
        Value table = recorder.weight(embedding.weight().tensor());
        Gradients gradients = recorder.backward(Functional.sum(y));
        recorder.output("y", y);
        recorder.output("gradient", gradients.of(table));
        float[] values = embedding.weight().tensor().toFloatArray();
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            float[] before = new float[0];
            for (int run = 0; run < 3; run++) {
                replay.run();
                float[] dropped = replay.outputs().get("y").toFloatArray();
                float[] gradient = replay.outputs().get("gradient").toFloatArray();
                assertFalse(Arrays.equals(before, dropped));
                before = dropped;
                int kept = 0;
                for (int row = 0; row < rows; row++) {
                    boolean isKept = gradient[row * width] != 0;
                    kept += isKept ? 1 : 0;
                    for (int i = row * width; i < (row + 1) * width; i++) {
                        double factor = isKept ? 1 / 0.75 : 0;
                        assertEquals(factor * values[i], dropped[i], 1e-5);
                        assertEquals(dropped[i], dropped[rows * width + i]);
                        assertEquals(2 * factor, gradient[i], 1e-5);
                    }
                }
                assertEquals(0.75, kept / (double) rows, 0.1);
            }
        }
    }

    @Test
    void penaltiesAreTheirFormulas() {
        Tensor h = random(20, 4, 2, 3);
        float[] x = h.toFloatArray();
        double squares = 0;
        double differences = 0;
        for (int i = 0; i < 24; i++) {
            squares += x[i] * x[i] / 24;
            differences += i < 6 ? 0 : Math.pow(x[i] - x[i - 6], 2) / 18;
        }
        float[] activation = gradients(Map.of("h", h), in -> Losses.activationPenalty(in.get("h"), 2))
                .get("loss");
        float[] temporal = gradients(Map.of("h", h), in -> Losses.temporalActivationPenalty(in.get("h"), 3))
                .get("loss");
        assertEquals(2 * squares, activation[0], 1e-5);
        assertEquals(3 * differences, temporal[0], 1e-5);
        checkDifferences("activation", Map.of("h", h), in -> Losses.activationPenalty(in.get("h"), 2));
        checkDifferences("temporal", Map.of("h", h), in -> Losses.temporalActivationPenalty(in.get("h"), 3));
        assertThrows(
                IllegalArgumentException.class,
                () -> gradients(Map.of("h", random(1, 1, 2)), in -> Losses.temporalActivationPenalty(in.get("h"), 1)));
    }
}
