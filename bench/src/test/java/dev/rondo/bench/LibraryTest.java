package dev.rondo.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class LibraryTest {
    private static final List<String> LAYERS = List.of(
            "lstm h1 b1 t1",
            "lstm i7 h21 b3 t5",
            "lstm i30 h21 b2 t5",
            "gru i7 h21 b3 t5",
            "gru h17 b1 t1",
            "gru_reset_before h9 b2 t3",
            "rnn h13 b2 t4",
            "rnn_relu i3 h13 b2 t4",
            "lstm i5 h9 bi b2 t5",
            "gru h9 bi b2 t5",
            "rnn h9 bi b2 t5",
            "gru i4 h9 l3 b2 t5",
            "lstm i4 h9 l2 bi b3 t7",
            "lstm h9 l2 bi b4 t7 ragged",
            "gru i6 h9 b5 t6 ragged",
            "rnn h9 bi b5 t9 ragged");
    private static final List<String> STREAMS = List.of(
            "lstm h17 b1 t1",
            "lstm i5 h16 b2 t1",
            "gru h17 b1 t1",
            "gru_reset_before h8 b1 t1",
            "rnn h5 b1 t1",
            "rnn_relu h7 b1 t1");

    static Stream<Arguments> layers() {
        return Library.all().stream()
                .flatMap(library -> LAYERS.stream()
                        .filter(shape -> library.hasLayer(LayerShape.parse(shape)))
                        .map(shape -> Arguments.of(library.name(), shape)));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void layerAgreesWithReference(String library, String text) {
        LayerShape shape = LayerShape.parse(text);
        Reference reference = Reference.of(shape);
        for (int threads = 1; threads <= 2; threads++) {
            try (Contender contender = Library.named(library).layer(shape, threads)) {
                contender.run();
                contender.run(); // every run begins at zero states
                reference.check(library, shape, contender.output());
                try (Contender another = contender.another()) {
                    another.run();
                    reference.check(library, shape, another.output());
                }
                contender.run(); // goes on when the other one is closed
                reference.check(library, shape, contender.output());
            }
        }
    }

    static Stream<Arguments> streams() {
        return Library.all().stream()
                .flatMap(library -> STREAMS.stream()
                        .filter(shape -> library.hasStream(LayerShape.parse(shape)))
                        .map(shape -> Arguments.of(library.name(), shape)));
    }

    @ParameterizedTest
    @MethodSource("streams")
    void stepsCarryTheState(String library, String text) {
        LayerShape shape = LayerShape.parse(text);
        try (Contender contender = Library.named(library).stream(shape, 1);
                Contender another = contender.another()) {
            for (int steps = 1; steps <= 4; steps++) {
                contender.run();
                Reference.ofStream(shape, steps).check(library, shape, contender.output());
            }
            another.run(); // has a state of its own
            Reference.ofStream(shape, 1).check(library, shape, another.output());
        }
    }

    @Test
    void rondoRunsAllThatAnybodyRuns() {
        assertEquals("rondo", Library.all().getFirst().name());
        for (String shape : LAYERS) {
            assertTrue(Library.all().getFirst().hasLayer(LayerShape.parse(shape)), shape);
        }
        assertThrows(IllegalArgumentException.class, () -> Library.named("keras"));
    }

    @Test
    void wrongOutputIsNoticed() {
        LayerShape shape = LayerShape.parse("gru i6 h9 b5 t6 ragged");
        try (Contender contender = Library.named("rondo").layer(shape, 1)) {
            contender.run();
            float[] output = contender.output();
            Reference.of(shape).check("rondo", shape, output);
            for (int i = 0; i < output.length; i++) { // each element, padding too, is looked at
                float right = output[i];
                output[i] = right + 2e-4f;
                assertThrows(
                        IllegalStateException.class, () -> Reference.of(shape).check("rondo", shape, output));
                output[i] = Float.NaN;
                assertThrows(
                        IllegalStateException.class, () -> Reference.of(shape).check("rondo", shape, output));
                output[i] = right;
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "lstm", "lstm h4 b1", "lstm h4 b1 t0", "lstm h4 b1 t2 x3", "lstm h4 b1 t2 both"})
    void textsThatAreNoShapesAreRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> LayerShape.parse(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"lstm h256 b16 t100", "gru i64 h256 l2 bi b16 t100 ragged", "rnn h5 bi b1 t1"})
    void shapesAreWrittenAsTheyAreRead(String text) {
        assertEquals(text, LayerShape.parse(text).toString());
    }
}
