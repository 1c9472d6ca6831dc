package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// Batches of sequences of unequal lengths.
class PackedSequenceTest {
    private static final int STEPS = 7;
    private static final int BATCH = 3;
    private static final int WIDTH = 4;

    private static Model model(LSTM lstm) {
        return Model.of(
                List.of(Input.floats("x", "T", "N", Integer.toString(WIDTH)), Input.ids("lengths", "N")), values -> {
                    RNNBase.Output result = lstm.forward(new PackedSequence(values.get("x"), values.get("lengths")));
                    return Map.of("output", result.output(), "hN", result.hN(), "cN", result.cN());
                });
    }

    private static LSTM lstm() {
        LSTM lstm = new LSTM(Recurrence.of(WIDTH, 6).layers(2).bidirectional());
        lstm.initialize(9);
        return lstm;
    }

    private static float[] random(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) Math.sin(1.7 * i + 0.3);
        }
        return values;
    }

    @Test
    void whatThePaddingHoldsDoesNotMatter() {
        float[] clean = random(STEPS * BATCH * WIDTH);
        float[] dirty = clean.clone();
        long[] lengths = {2, 7, 5};
        for (int t = 0; t < STEPS; t++) {
            for (int n = 0; n < BATCH; n++) {
                if (t >= lengths[n]) {
                    Arrays.fill(dirty, (t * BATCH + n) * WIDTH, (t * BATCH + n + 1) * WIDTH, Float.NaN);
                }
            }
        }
        try (Model model = model(lstm());
                Session session = model.session(Shape.of(STEPS, BATCH, WIDTH), Shape.of(BATCH))) {
            session.input("lengths").copyFrom(lengths);
            session.input("x").copyFrom(clean);
            session.run();
            float[] output = session.output("output").toFloatArray();
            float[] cells = session.output("cN").toFloatArray();
            session.input("x").copyFrom(dirty);
            session.run();
            assertArrayEquals(output, session.output("output").toFloatArray());
            assertArrayEquals(cells, session.output("cN").toFloatArray());
        }
    }

    /// Other lengths in the next run need nothing new.
    @Test
    void lengthsMayChangeFromRunToRun() {
        float[] x = random(STEPS * BATCH * WIDTH);
        try (Model model = model(lstm());
                Session reused = model.session(Shape.of(STEPS, BATCH, WIDTH), Shape.of(BATCH))) {
            reused.input("x").copyFrom(x);
            for (long[] lengths : new long[][] {{7, 7, 7}, {1, 2, 3}, {7, 1, 7}}) {
                reused.input("lengths").copyFrom(lengths);
                reused.run();
                try (Session fresh = model.session(Shape.of(STEPS, BATCH, WIDTH), Shape.of(BATCH))) {
                    fresh.input("x").copyFrom(x);
                    fresh.input("lengths").copyFrom(lengths);
                    fresh.run();
                    for (String name : List.of("output", "hN", "cN")) {
                        assertArrayEquals(
                                fresh.output(name).toFloatArray(),
                                reused.output(name).toFloatArray());
                    }
                }
            }
        }
    }

    @Test
    void lengthsOutsideTheBatchAreRefusedByName() {
        try (Model model = model(lstm());
                Session session = model.session(Shape.of(STEPS, BATCH, WIDTH), Shape.of(BATCH))) {
            for (long bad : new long[] {0, -1, STEPS + 1, Long.MAX_VALUE}) {
                session.input("lengths").copyFrom(new long[] {1, bad, 2});
                IllegalArgumentException error = assertThrows(IllegalArgumentException.class, session::run);
                assertEquals(
                        "length " + bad + " of sequence 1 is not between 1 and the 7 steps of the batch",
                        error.getMessage());
            }
            session.input("lengths").copyFrom(new long[] {1, 2, 3});
            session.run();
        }
    }

    @Test
    void lengthsAreOnePerSequence() {
        try (Model model = model(lstm())) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> model.session(Shape.of(STEPS, BATCH, WIDTH), Shape.of(BATCH + 1)));
        }
    }
}
