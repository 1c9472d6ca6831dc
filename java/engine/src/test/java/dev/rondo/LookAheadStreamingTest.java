package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.kernel.LinearKernel;
import dev.rondo.nn.GRU;
import dev.rondo.nn.GRUCell;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.LookAhead;
import dev.rondo.nn.LookAheadConvolution;
import dev.rondo.nn.MinGRU;
import dev.rondo.nn.Module;
import dev.rondo.nn.QRNN;
import dev.rondo.nn.RNN;
import dev.rondo.nn.Residual;
import dev.rondo.nn.SRU;
import dev.rondo.nn.Sequential;
import dev.rondo.program.Merge;
import dev.rondo.tensor.Shape;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Streams of networks that look ahead give, late, what whole sequences give.
class LookAheadStreamingTest {
    private static final int INPUT = 3;
    private static final int BATCH = 2;

    private static Module chunks(int input, int chunk, int context) {
        return new LookAhead(new LSTM(input, 4), new LSTM(input, 4), chunk, context);
    }

    /// Networks that look ahead by themselves or over a recurrent layer, frames a step, and by how many frames results
    /// are late.
    static List<Arguments> networks() {
        return List.of(
                Arguments.of(new LookAheadConvolution(INPUT, 2), 1, 2),
                Arguments.of(new LookAheadConvolution(INPUT, 2), 5, 2),
                Arguments.of(new LookAheadConvolution(INPUT, 0), 2, 0),
                Arguments.of(chunks(INPUT, 1, 3), 1, 3),
                Arguments.of(chunks(INPUT, 1, 3), 4, 3),
                Arguments.of(chunks(INPUT, 4, 0), 4, 0),
                Arguments.of(chunks(INPUT, 4, 3), 4, 4),
                Arguments.of(chunks(INPUT, 2, 5), 4, 6),
                Arguments.of(new LookAhead(new RNN(INPUT, 7), new GRU(INPUT, 19), 2, 3, Merge.CONCAT), 6, 4),
                Arguments.of(new Sequential(new GRU(INPUT, 4), chunks(4, 2, 2), new LookAheadConvolution(8, 3)), 2, 5));
    }

    /// Networks with products whose sums oneDNN orders by the number of rows.
    static List<Arguments> networksWithProducts() {
        return List.of(
                Arguments.of(new LookAhead(new GRUCell(INPUT, 4), new MinGRU(INPUT, 3), 2, 1), 2, 2),
                Arguments.of(
                        new Sequential(
                                new Linear(INPUT, 5),
                                new GRU(5, 4),
                                chunks(4, 2, 2),
                                new LookAheadConvolution(8, 3),
                                new QRNN(8, 6, 3),
                                new SRU(6, 6),
                                chunks(6, 1, 1),
                                new LSTM(8, 2)),
                        2,
                        6));
    }

    private static Model model(Module module) {
        module.initialize(3);
        return Model.of(module, Input.floats("x", "T", "N", Integer.toString(INPUT)));
    }

    private static float[] random(int frames) {
        float[] x = new float[frames * BATCH * INPUT];
        Random random = new Random(frames);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        return x;
    }

    private static float[] whole(Model model, float[] x) {
        try (Session session = model.session(Shape.of(x.length / (BATCH * INPUT), BATCH, INPUT))) {
            session.input().copyFrom(x);
            session.run();
            return session.output().toFloatArray();
        }
    }

    /// Steps over x from a frame on, appending to results.
    private static float[] steps(StreamingSession stream, float[] x, int from, int to, float[] results) {
        int frames = (int) stream.input().shape().size(0);
        float[] all = results;
        for (int t = from; t < to; t += frames) {
            stream.input().copyFrom(Arrays.copyOfRange(x, t * BATCH * INPUT, (t + frames) * BATCH * INPUT));
            if (stream.step()) {
                all = joined(all, stream.output().toFloatArray());
            }
        }
        return all;
    }

    private static float[] joined(float[] a, float[] b) {
        float[] both = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, both, a.length, b.length);
        return both;
    }

    @ParameterizedTest
    @MethodSource("networks")
    void streamsGiveTheBitsOfTheWhole(Module module, int frames, int latency) {
        streamsGiveWhatTheWholeGives(module, frames, latency, LinearKernel.isAvailable() ? 0 : 1e-6f);
    }

    @ParameterizedTest
    @MethodSource("networksWithProducts")
    void streamsGiveWhatTheWholeGives(Module module, int frames, int latency) {
        streamsGiveWhatTheWholeGives(module, frames, latency, 1e-6f);
    }

    private static void streamsGiveWhatTheWholeGives(Module module, int frames, int latency, float tolerance) {
        try (Model model = model(module);
                StreamingSession stream = model.stream(Shape.of(frames, BATCH, INPUT))) {
            assertEquals(latency, stream.latency());
            for (int steps : new int[] {9, 1, 2, 14}) {
                float[] x = random(steps * frames);
                float[] y = steps(stream, x, 0, steps * frames, new float[0]);
                int width = whole(model, random(1 * frames)).length / frames;
                assertEquals(
                        Math.max(0, steps * frames - latency) / frames * frames, y.length / width / frames * frames);
                if (stream.finish()) {
                    y = joined(y, stream.output().toFloatArray());
                }
                assertArrayEquals(whole(model, x), y, tolerance, module + ", " + steps + " steps of " + frames);
                stream.reset();
            }
        }
    }

    @Test
    void snapshotsGoOnInAnotherSession() {
        try (Model model = model(new Sequential(chunks(INPUT, 2, 2), new LookAheadConvolution(8, 1)));
                StreamingSession one = model.stream(Shape.of(2, BATCH, INPUT));
                StreamingSession other = model.stream(Shape.of(4, BATCH, INPUT))) {
            float[] x = random(20);
            assertThrows(IllegalStateException.class, one::snapshot);
            float[] y = steps(one, x, 0, 8, new float[0]);
            other.restore(one.snapshot());
            y = steps(other, x, 8, 20, y);
            assertTrue(other.finish());
            assertArrayEquals(
                    whole(model, x), joined(y, other.output().toFloatArray()), LinearKernel.isAvailable() ? 0 : 1e-6f);
            assertThrows(IllegalStateException.class, other::step);
            assertThrows(IllegalStateException.class, other::finish);
            assertThrows(IllegalStateException.class, other::snapshot);
        }
    }

    @Test
    void resultsThatAreNotThereYetAreNotGiven() {
        try (Model model = model(chunks(INPUT, 1, 2));
                StreamingSession stream = model.stream(Shape.of(1, BATCH, INPUT))) {
            assertFalse(stream.finish()); // of an empty stream
            stream.reset();
            assertFalse(stream.step());
            IllegalStateException e = assertThrows(IllegalStateException.class, stream::output);
            assertEquals("there are no results yet: they come 2 frames later than what they belong to", e.getMessage());
        }
    }

    @Test
    void streamsOfOtherModelsAreNotLate() {
        try (Model model = model(new LSTM(INPUT, 2));
                StreamingSession stream = model.stream(Shape.of(1, BATCH, INPUT))) {
            assertEquals(0, stream.latency());
            assertTrue(stream.step());
            assertFalse(stream.finish());
        }
    }

    @Test
    void whatCannotStreamIsNamed() {
        try (Model model = model(chunks(INPUT, 4, 2))) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> model.stream(Shape.of(3, BATCH, INPUT)));
            assertEquals(
                    "layer LookAhead gives results for 4 frames at a time: stream a multiple of it, not 3 frames a step",
                    e.getMessage());
        }
        try (Model model = model(new Residual(new LookAheadConvolution(INPUT, 2)))) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> model.stream(Shape.of(1, BATCH, INPUT)));
            assertTrue(e.getMessage().contains("looks ahead"), e.getMessage());
        }
        Module named = chunks(INPUT, 1, 1);
        try (Model model = Model.of(named, Input.floats("x", "steps", "N", "3"))) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> model.stream(Shape.of(1, BATCH, INPUT)));
            assertTrue(e.getMessage().contains("named T"), e.getMessage());
        }
        try (Model model = model(chunks(INPUT, 1, 1))) {
            assertThrows(
                    IllegalArgumentException.class,
                    () -> StreamBatcher.of(model)
                            .streams(2)
                            .latency(Duration.ofMillis(1))
                            .start()
                            .close());
        }
    }
}
