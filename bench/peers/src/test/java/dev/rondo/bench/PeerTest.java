package dev.rondo.bench;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// One peer's contenders beside the reference.
abstract class PeerTest {
    private final Library library;

    PeerTest(String name) {
        library = Library.named(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lstm h1 b1 t1",
                "lstm i7 h21 b3 t5",
                "gru i7 h21 b3 t5",
                "rnn h13 b2 t4",
                "rnn_relu i3 h13 b2 t4",
                "lstm i5 h9 bi b2 t5",
                "rnn h9 bi b2 t5",
                "gru i4 h9 l3 b2 t5",
                "lstm i4 h9 l2 b2 t5",
                "lstm i4 h9 l2 bi b3 t7"
            })
    void layerAgreesWithReference(String text) {
        LayerShape shape = LayerShape.parse(text);
        assumeTrue(library.hasLayer(shape), library.name() + " has no such layer");
        Reference reference = Reference.of(shape);
        for (int threads = 1; threads <= 2; threads++) {
            try (Contender contender = library.layer(shape, threads)) {
                contender.run();
                contender.run(); // every run begins at zero states
                reference.check(library.name(), shape, contender.output());
                try (Contender another = contender.another()) {
                    another.run();
                    reference.check(library.name(), shape, another.output());
                }
                contender.run(); // goes on when the other one is closed
                reference.check(library.name(), shape, contender.output());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "lstm h17 b1 t1",
                "lstm i5 h16 b2 t1",
                "gru h17 b1 t1",
                "gru_reset_before h8 b1 t1",
                "rnn h5 b1 t1"
            })
    void stepsCarryTheState(String text) {
        LayerShape shape = LayerShape.parse(text);
        assumeTrue(library.hasStream(shape), library.name() + " has no such step");
        try (Contender contender = library.stream(shape, 1);
                Contender another = contender.another()) {
            for (int steps = 1; steps <= 4; steps++) {
                contender.run();
                Reference.ofStream(shape, steps).check(library.name(), shape, contender.output());
            }
            another.run(); // has a state of its own
            Reference.ofStream(shape, 1).check(library.name(), shape, another.output());
        }
    }
}
