package dev.rondo.keras;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.StreamingSession;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Models against what Keras computes: all recurrent layers, with and without masks, in both directions, and all that
/// goes around them.
class SavedModelsTest {
    private static final double TOLERANCE = 2e-5;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "plain",
                "masked",
                "directions",
                "masked_directions",
                "activations",
                "shapes",
                "tagger",
                "translator"
            })
    void givesWhatKerasGives(String name) throws IOException {
        KerasModel read = KerasModel.read(Saved.file(name + ".keras"));
        try (Model model = read.model()) {
            for (int i = 0; i < 2; i++) {
                Map<String, Tensor> expected = Saved.tensors(name + "_" + i);
                Shape[] shapes = model.inputs().stream()
                        .map(input -> expected.get(input.name()).shape())
                        .toArray(Shape[]::new);
                try (Session session = model.session(shapes)) {
                    for (Input input : model.inputs()) {
                        session.input(input.name()).copyFrom(expected.remove(input.name()));
                    }
                    session.run();
                    assertEquals(Set.copyOf(read.outputs()), session.outputs().keySet());
                    assertClose(name + "_" + i, expected, session.outputs());
                }
            }
        }
    }

    private static void assertClose(String name, Map<String, Tensor> expected, Map<String, Tensor> found) {
        assertEquals(expected.keySet(), found.keySet(), name);
        expected.forEach((output, tensor) -> assertClose(name + ", " + output, tensor, found.get(output)));
    }

    private static void assertClose(String name, Tensor expected, Tensor found) {
        assertEquals(expected.shape(), found.shape(), name);
        float[] wanted = expected.toFloatArray();
        float[] given = found.toFloatArray();
        for (int i = 0; i < wanted.length; i++) {
            double allowed = TOLERANCE * Math.max(1, Math.abs(wanted[i]));
            boolean isClose =
                    Math.abs(wanted[i] - given[i]) <= allowed || Float.isNaN(wanted[i]) && Float.isNaN(given[i]);
            assertTrue(isClose, name + "[" + i + "]: " + given[i] + " instead of " + wanted[i]);
        }
    }

    @Test
    void statefulLayersGoOn() throws IOException {
        try (Model model = KerasModel.read(Saved.file("stateful.keras")).model()) {
            byte[] state = null;
            for (int i = 0; i < 3; i++) {
                Map<String, Tensor> expected = Saved.tensors("stateful_" + i);
                try (StreamingSession stream = model.stream(expected.get("x").shape())) {
                    if (state != null) {
                        stream.restore(state);
                    }
                    stream.input().copyFrom(expected.remove("x"));
                    stream.step();
                    assertClose("stateful_" + i, expected, stream.outputs());
                    state = stream.snapshot();
                }
            }
        }
    }

    @Test
    void statefulLayersBeginWithZerosInASession() throws IOException {
        Map<String, Tensor> expected = Saved.tensors("stateful_0");
        Tensor x = expected.remove("x");
        try (Model model = KerasModel.read(Saved.file("stateful.keras")).model();
                Session session = model.session(x.shape())) {
            for (int i = 0; i < 2; i++) {
                session.input().copyFrom(x);
                session.run();
                assertClose("run " + i, expected, session.outputs());
            }
        }
    }

    @Test
    void otherLayersBeginWithZerosInAStream() throws IOException {
        Map<String, Tensor> expected = Saved.tensors("tagger_0");
        Tensor ids = expected.remove("ids");
        try (Model model = KerasModel.read(Saved.file("tagger.keras")).model();
                StreamingSession stream = model.stream(ids.shape())) {
            for (int i = 0; i < 2; i++) {
                stream.input().copyFrom(ids);
                stream.step();
                assertClose("step " + i, expected, stream.outputs());
            }
        }
    }

    @Test
    void describesItself() throws IOException {
        KerasModel tagger = KerasModel.read(Saved.file("tagger.keras"));
        assertEquals("tagger", tagger.name());
        assertEquals("3.15.1", tagger.version());
        assertEquals(List.of(new Input("ids", DataType.I64, List.of("N", "T"))), tagger.inputs());
        assertEquals(List.of("time_distributed"), tagger.outputs());
        assertEquals("Bidirectional", tagger.layers().get("bidirectional"));
        assertEquals(
                20 * 6 + 2 * (4 * 5 * (6 + 5 + 1)) + 3 * 6 * (10 + 6 + 2) + 2 * 6 + 4 * 7, tagger.parameterCount());

        KerasModel translator = KerasModel.read(Saved.file("translator.keras"));
        assertEquals(
                List.of(
                        new Input("source", DataType.I64, List.of("N", "T_source")),
                        new Input("target", DataType.F32, List.of("N", "T_target", "3")),
                        new Input("mask", DataType.U8, List.of("N", "T_mask"))),
                translator.inputs());
        assertEquals(
                List.of("decoder", "decoder_1", "decoder_2", "decoder_3", "inner", "inner_1"),
                translator.outputs().subList(0, 6));
    }

    /// Layers of the engine's own do what they can: only other activations are computed step by step in Java.
    @Test
    void usesTheEnginesCells() throws IOException {
        try (Model model = KerasModel.read(Saved.file("tagger.keras")).model();
                Session session = model.session(Shape.of(2, 5))) {
            String text = session.describe();
            assertTrue(!text.contains("with Functions"), text);
        }
    }
}
