package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.program.Value;
import dev.rondo.reference.Cell;
import dev.rondo.reference.EngineNetwork;
import dev.rondo.reference.GruCell;
import dev.rondo.reference.ReferenceRecurrent;
import dev.rondo.reference.ReferenceRecurrent.Direction;
import dev.rondo.reference.ReferenceRecurrent.Layer;
import dev.rondo.reference.RnnCell;
import dev.rondo.reference.Samples;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.Values;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// The engine's recurrent networks against the reference in double: every cell, and random networks.
class RecurrentReferenceTest {
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);

    /// Every cell that the engine has.
    enum Kind {
        RNN_TANH,
        RNN_RELU,
        RNN_LOGISTIC,
        LSTM,
        LSTM_PEEPHOLE,
        LSTM_PROJECTED,
        GRU,
        GRU_RESET_BEFORE,
        AUGRU,
        AUGRU_RESET_BEFORE;

        Cell cell(Samples samples, int input, int hidden) {
            return switch (this) {
                case RNN_TANH -> samples.rnn(RnnCell.Activation.TANH, input, hidden);
                case RNN_RELU -> samples.rnn(RnnCell.Activation.RELU, input, hidden);
                case RNN_LOGISTIC -> samples.rnn(RnnCell.Activation.LOGISTIC, input, hidden);
                case LSTM -> samples.lstm(input, hidden);
                case LSTM_PEEPHOLE -> samples.lstm(input, hidden, true, 0);
                case LSTM_PROJECTED -> samples.lstm(input, hidden, false, Math.max(1, hidden / 2));
                case GRU -> samples.gru(GruCell.Reset.AFTER_PRODUCT, input, hidden);
                case GRU_RESET_BEFORE -> samples.gru(GruCell.Reset.BEFORE_PRODUCT, input, hidden);
                case AUGRU -> samples.augru(GruCell.Reset.AFTER_PRODUCT, input, hidden);
                case AUGRU_RESET_BEFORE -> samples.augru(GruCell.Reset.BEFORE_PRODUCT, input, hidden);
            };
        }

        boolean hasAttention() {
            return this == AUGRU || this == AUGRU_RESET_BEFORE;
        }

        boolean hasCell() {
            return name().startsWith("LSTM");
        }
    }

    static EngineNetwork network(
            long seed,
            Kind kind,
            Direction direction,
            List<Integer> hidden,
            int steps,
            int batch,
            int input,
            boolean initialState) {
        Samples samples = new Samples(seed);
        List<Layer> layers = new ArrayList<>();
        int width = input;
        for (int size : hidden) {
            List<Cell> cells = new ArrayList<>();
            for (int d = 0; d < direction.count(); d++) {
                cells.add(kind.cell(samples, width, size));
            }
            layers.add(new Layer(direction, cells));
            int state = cells.getFirst().outputSize();
            width = direction == Direction.CONCAT ? 2 * state : state;
        }
        int states = hidden.size() * direction.count();
        Cell first = layers.getFirst().cells().getFirst();
        return new EngineNetwork(
                layers,
                samples.cube(steps, batch, input),
                initialState ? samples.cube(states, batch, first.outputSize()) : null,
                initialState && kind.hasCell() ? samples.cube(states, batch, first.cellSize()) : null,
                kind.hasAttention() ? samples.scores(steps, batch) : null);
    }

    private static void check(String what, EngineNetwork network, boolean batchFirst, int threads) {
        ReferenceRecurrent.Result expected = network.expected();
        EngineNetwork.Result actual = network.run(batchFirst, threads);
        TOLERANCE.assertClose(what + " output", expected.output(), actual.output());
        if (actual.hN() != null) {
            TOLERANCE.assertClose(what + " hN", expected.hN(), actual.hN());
        }
        if (actual.cN() != null) {
            TOLERANCE.assertClose(what + " cN", expected.cN(), actual.cN());
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void everyDirection(Kind kind) {
        for (Direction direction : Direction.values()) {
            for (boolean state : new boolean[] {false, true}) {
                check(
                        kind + " " + direction + (state ? " from a state" : ""),
                        network(7, kind, direction, List.of(11), 6, 3, 5, state),
                        state,
                        1);
                check(
                        kind + " " + direction + " of unequal lengths" + (state ? " from a state" : ""),
                        network(8, kind, direction, kind.hasAttention() ? List.of(11) : List.of(11, 11), 6, 4, 5, state)
                                .withLengths(5, 1, 6, 3),
                        state,
                        1);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void oneStepOfOneSample(Kind kind) {
        check(kind.toString(), network(8, kind, Direction.CONCAT, List.of(17), 1, 1, 3, true), false, 1);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void largeBatch(Kind kind) {
        check(kind.toString(), network(9, kind, Direction.FORWARD, List.of(20), 4, 67, 9, true), true, 1);
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void twoThreads(Kind kind) {
        check(kind.toString(), network(10, kind, Direction.REVERSE, List.of(70), 5, 6, 33, true), false, 2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"RNN_TANH", "LSTM", "LSTM_PEEPHOLE", "GRU", "GRU_RESET_BEFORE"})
    void layersOfUnequalWidths(Kind kind) {
        for (Direction direction : Direction.values()) {
            check(kind + " " + direction, network(11, kind, direction, List.of(6, 19, 8), 5, 2, 4, false), false, 1);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {101, 102, 103, 104, 105, 106, 107, 108})
    void randomNetworks(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 15; i++) {
            Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
            Direction direction = Direction.values()[random.nextInt(4)];
            int layers = kind.hasAttention() ? 1 : 1 + random.nextInt(3);
            int hidden = 2 + random.nextInt(40);
            int steps = 1 + random.nextInt(12);
            int batch = 1 + random.nextInt(9);
            int input = 1 + random.nextInt(40);
            boolean state = random.nextBoolean();
            boolean batchFirst = random.nextBoolean();
            String what = "seed " + seed + "#" + i + ": " + kind + " " + direction + " L" + layers + " H" + hidden
                    + " T" + steps + " N" + batch + " I" + input + (state ? " state" : "")
                    + (batchFirst ? " NT" : " TN");
            List<Integer> sizes = Collections.nCopies(layers, hidden);
            check(
                    what,
                    network(random.nextLong(), kind, direction, sizes, steps, batch, input, state),
                    batchFirst,
                    1 + random.nextInt(2));
        }
    }

    /// Layers large enough for threads to share: units with three, directions with two.
    @ParameterizedTest
    @EnumSource(Kind.class)
    void severalThreads(Kind kind) {
        for (Direction direction : Direction.values()) {
            for (int threads : new int[] {2, 3, 4}) {
                EngineNetwork network = network(10, kind, direction, List.of(200), 12, 5, 5, true);
                check(kind + " " + direction + " on " + threads + " threads", network, true, threads);
                check(
                        kind + " " + direction + " of unequal lengths on " + threads + " threads",
                        network.withLengths(12, 3, 1, 7, 9),
                        false,
                        threads);
            }
        }
    }

    /// A state that is a part of something wider, and a sequence that runs in chunks.
    @Test
    void stridedStatesInChunks() {
        LSTM lstm = new LSTM(8, 256);
        lstm.initialize(1);
        float[][] results = new float[2][];
        for (boolean contiguous : new boolean[] {false, true}) {
            try (Model model = Model.of(
                            List.of(Input.floats("x", "T", "N", "8"), Input.floats("h", "1", "N", "512")), in -> {
                                Value h = in.get("h").slice(2, 0, 256);
                                Value c = in.get("h").slice(2, 256, 512);
                                RNNBase.Output result = contiguous
                                        ? lstm.forward(in.get("x"), Functional.contiguous(h), Functional.contiguous(c))
                                        : lstm.forward(in.get("x"), h, c);
                                return Map.of("output", result.output());
                            });
                    Session session = model.session(Shape.of(1500, 16, 8), Shape.of(1, 16, 512))) {
                assertRunsInChunks(session.describe(), "lstm");
                Samples samples = new Samples(2);
                session.input("x").copyFrom(Values.floats(samples.vector(1500 * 16 * 8)));
                session.input("h").copyFrom(Values.floats(samples.vector(16 * 512)));
                session.run();
                results[contiguous ? 1 : 0] = session.output().toFloatArray();
            }
        }
        assertArrayEquals(results[1], results[0]);
    }

    /// The stride of a single column means nothing.
    @Test
    void oneInputColumnThroughATransposedView() {
        LSTM lstm = new LSTM(Recurrence.of(1, 3).batchFirst());
        lstm.initialize(1);
        try (Model model = Model.of(
                        List.of(Input.floats("x", "N", "1", "T")),
                        in -> Map.of("output", lstm.forward(in.get("x").transpose(1, 2))));
                Session session = model.session(Shape.of(2, 1, 5))) {
            session.run();
            assertEquals(Shape.of(2, 5, 3), session.output().shape());
        }
    }

    /// Rondo's own kernel has no need of them.
    private static void assertRunsInChunks(String description, String layer) {
        List<String> calls =
                description.lines().filter(line -> line.contains(layer)).toList();
        assertTrue(calls.size() > 1 || calls.getFirst().contains("Rondo kernel"), description);
    }

    /// Such a sequence does not fit one primitive's scratchpad, so it runs in chunks.
    @ParameterizedTest
    @EnumSource(
            value = Kind.class,
            names = {"LSTM", "GRU"})
    @Tag("once") // the chunks are the same on all instruction sets
    void aMillionSteps(Kind kind) {
        EngineNetwork network = network(12, kind, Direction.CONCAT, List.of(3), 1_000_000, 1, 2, true);
        ReferenceRecurrent.Result expected = network.expected();
        EngineNetwork.Result actual = network.run(false, 1);
        assertRunsInChunks(actual.description(), "l2r");
        TOLERANCE.assertClose(kind + " output", expected.output(), actual.output());
        TOLERANCE.assertClose(kind + " hN", expected.hN(), actual.hN());
    }
}
