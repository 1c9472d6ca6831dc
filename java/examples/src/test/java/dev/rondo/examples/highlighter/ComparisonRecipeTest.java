package dev.rondo.examples.highlighter;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.nn.Module;
import dev.rondo.tensor.Shape;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ComparisonRecipeTest {
    private static final int STEPS = 40;

    @ParameterizedTest
    @EnumSource
    void networksHaveAboutAsManyParameters(Architecture architecture) {
        long count = architecture.network(40_000).parameterCount();
        assertTrue(Math.abs(count - 40_000) < 900, architecture + " has " + count);
    }

    private static float[] scores(Model model, long[] bytes) {
        try (Session session = model.session(Shape.of(bytes.length, 1))) {
            session.input().copyFrom(bytes);
            session.run();
            return session.output().toFloatArray();
        }
    }

    /// How far a network looks ahead is as far as a change is felt.
    @ParameterizedTest
    @EnumSource
    void looksAsFarAheadAsItSays(Architecture architecture) {
        Module network = architecture.network(12_000);
        network.initialize(1);
        try (Model model = Model.of(network, Input.ids("bytes", "T", "N"))) {
            long[] bytes = new long[STEPS];
            float[] before = scores(model, bytes);
            int farthest = 0;
            for (int changed = 0; changed < STEPS; changed++) {
                long[] other = bytes.clone();
                other[changed] = 'x';
                float[] after = scores(model, other);
                int width = after.length / STEPS;
                int first = 0;
                while (first < after.length && after[first] == before[first]) {
                    first++;
                }
                farthest = Math.max(farthest, changed - first / width);
            }
            assertEquals(Math.min(architecture.ahead(), STEPS - 1), farthest);
        }
    }
}
