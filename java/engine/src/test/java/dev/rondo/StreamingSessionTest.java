package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.nn.DeepTransition;
import dev.rondo.nn.DeepTransitionCell;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.GRU;
import dev.rondo.nn.GRUCell;
import dev.rondo.nn.IndRNN;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.LSTMCell;
import dev.rondo.nn.Linear;
import dev.rondo.nn.MinGRU;
import dev.rondo.nn.MinLSTM;
import dev.rondo.nn.Module;
import dev.rondo.nn.QRNN;
import dev.rondo.nn.RNN;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.SLSTMCell;
import dev.rondo.nn.SRU;
import dev.rondo.nn.Sequential;
import dev.rondo.nn.Zoneout;
import dev.rondo.reference.Tolerance;
import dev.rondo.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Streams in pieces give what whole sequences give.
class StreamingSessionTest {
    private static final int INPUT = 5;
    private static final int BATCH = 3;
    private static final int STEPS = 23;
    private static final Shape FRAME = Shape.of(1, 1, INPUT);
    private static final Tolerance TOLERANCE = Tolerance.of(64, STEPS);

    private enum Network {
        RNN_TANH(new RNN(Recurrence.of(INPUT, 7).layers(2), RNN.Nonlinearity.TANH)),
        LSTM_STACKED(new LSTM(Recurrence.of(INPUT, 9).layers(3))),
        LSTM_PEEPHOLES(new LSTM(Recurrence.of(INPUT, 6), true)),
        LSTM_PROJECTED(new LSTM(Recurrence.of(INPUT, 8).layers(2).projected(3))),
        GRU_AFTER(new GRU(Recurrence.of(INPUT, 17))),
        GRU_BEFORE(new GRU(Recurrence.of(INPUT, 11).layers(2), GRU.Reset.BEFORE_PRODUCT, false)),
        UNEQUAL_WIDTHS(new GRU(Recurrence.of(INPUT, 4).layers(List.of(4, 10, 3)))),
        CHAIN(new Sequential(new Linear(INPUT, 6), new LSTM(6, 4), new GRU(4, 8), new Linear(8, 2))),
        DEEP_TRANSITION(new DeepTransition(INPUT, 7, 3)),
        NORMALIZED(new Sequential(new LSTMCell(INPUT, 6, true), new GRUCell(6, 5, true))),
        DEEP_CELLS(new DeepTransitionCell(new LSTMCell(INPUT, 4), new LSTMCell(0, 4))),
        ZONEOUT(new Zoneout(new SLSTMCell(INPUT, 4), 0.1, 0, 0, 0)),
        SCANS(new Sequential(
                new SRU(INPUT, 6), new QRNN(6, 5, 3), new IndRNN(5, 4), new MinGRU(4, 3), new MinLSTM(3, 2)));

        private final Module module;

        Network(Module module) {
            this.module = module;
            module.initialize(ordinal());
        }

        Model model() {
            return Model.of(module, Input.floats("x", "T", "N", Integer.toString(INPUT)));
        }
    }

    private static float[] random(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static float[] step(StreamingSession stream, float[] frames) {
        stream.input().copyFrom(frames);
        stream.step();
        return stream.output().toFloatArray();
    }

    private static void assertClose(float[] expected, float[] actual, String what) {
        double[] wide = new double[expected.length];
        Arrays.setAll(wide, i -> expected[i]);
        TOLERANCE.assertClose(what, wide, actual, expected.length);
    }

    @ParameterizedTest
    @EnumSource
    void piecesGiveWhatTheWholeGives(Network network) {
        long seed = 100 + network.ordinal();
        Random random = new Random(seed);
        float[] x = random(random, STEPS * BATCH * INPUT);
        try (Model model = network.model();
                Session whole = model.session(Shape.of(STEPS, BATCH, INPUT))) {
            whole.input().copyFrom(x);
            whole.run();
            float[] expected = whole.output().toFloatArray();
            float[] actual = new float[expected.length];
            int width = expected.length / STEPS;
            byte[] state = null;
            for (int from = 0, steps; from < STEPS; from += steps) {
                steps = Math.min(STEPS - from, 1 + random.nextInt(4));
                try (StreamingSession stream = model.stream(Shape.of(steps, BATCH, INPUT))) {
                    if (state != null) {
                        stream.restore(state);
                    }
                    float[] frames = Arrays.copyOfRange(x, from * BATCH * INPUT, (from + steps) * BATCH * INPUT);
                    System.arraycopy(step(stream, frames), 0, actual, from * width, steps * width);
                    state = stream.snapshot();
                }
            }
            assertClose(expected, actual, "pieces, seed " + seed);
            try (StreamingSession stream = model.stream(Shape.of(1, BATCH, INPUT))) {
                for (int pass = 0; pass < 2; pass++) {
                    for (int t = 0; t < STEPS; t++) {
                        float[] frame = Arrays.copyOfRange(x, t * BATCH * INPUT, (t + 1) * BATCH * INPUT);
                        System.arraycopy(step(stream, frame), 0, actual, t * width, width);
                    }
                    assertClose(expected, actual, "frames, pass " + pass + ", seed " + seed);
                    assertClose(floats(state), floats(stream.snapshot()), "final states, seed " + seed);
                    stream.reset();
                }
            }
        }
    }

    private static float[] floats(byte[] snapshot) {
        ByteBuffer bytes = ByteBuffer.wrap(snapshot).order(ByteOrder.LITTLE_ENDIAN);
        int states = bytes.getInt(12);
        bytes.position(24);
        for (int i = 0; i < states; i++) {
            bytes.position(bytes.position() + 4 + bytes.getInt(bytes.position()) + 8);
        }
        float[] floats = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(floats);
        return floats;
    }

    /// The bytes are a format: what one version wrote another one reads.
    @Test
    void aSnapshotIsLaidOutAsDocumented() {
        Map<String, Module> layers = new LinkedHashMap<>();
        layers.put("encoder", new Sequential(Map.of("lstm", new LSTM(INPUT, 2))));
        Module network = new Sequential(layers);
        network.initialize(1);
        try (Model model = Model.of(network, Input.floats("x", "T", "N", "5"));
                StreamingSession stream = model.stream(FRAME)) {
            step(stream, random(new Random(3), INPUT));
            float[] h = stream.output().toFloatArray();
            byte[] snapshot = stream.snapshot();
            ByteBuffer bytes = ByteBuffer.wrap(snapshot).order(ByteOrder.LITTLE_ENDIAN);
            byte[] magic = new byte[8];
            bytes.get(magic);
            assertEquals("RNDSTATE", new String(magic, StandardCharsets.US_ASCII));
            assertEquals(1, bytes.getInt());
            assertEquals(2, bytes.getInt());
            assertEquals(1, bytes.getLong());
            for (String name : new String[] {"encoder.lstm.h_l0", "encoder.lstm.c_l0"}) {
                byte[] utf8 = new byte[bytes.getInt()];
                bytes.get(utf8);
                assertEquals(name, new String(utf8, StandardCharsets.UTF_8));
                assertEquals(2, bytes.getLong());
            }
            assertEquals(h[0], bytes.getFloat());
            assertEquals(h[1], bytes.getFloat());
            assertEquals(8, bytes.remaining());
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment memory = arena.allocate(stream.snapshotBytes());
                stream.snapshot(memory);
                assertArrayEquals(snapshot, memory.toArray(ValueLayout.JAVA_BYTE));
                stream.reset();
                stream.restore(memory);
                assertArrayEquals(snapshot, stream.snapshot());
            }
        }
    }

    @Test
    void otherNetworksStatesAreRefusedInWords() {
        Module small = new Sequential(new LSTM(INPUT, 2), new GRU(2, 3));
        Module wide = new Sequential(new LSTM(INPUT, 2), new GRU(2, 4));
        Module longer = new Sequential(new LSTM(INPUT, 2), new GRU(2, 3), new GRU(3, 3));
        Input x = Input.floats("x", "T", "N", "5");
        try (Model model = Model.of(small, x);
                Model wider = Model.of(wide, x);
                Model larger = Model.of(longer, x);
                StreamingSession stream = model.stream(FRAME);
                StreamingSession wideStream = wider.stream(FRAME);
                StreamingSession longStream = larger.stream(FRAME);
                StreamingSession two = model.stream(Shape.of(1, 2, INPUT))) {
            step(stream, random(new Random(3), INPUT));
            byte[] before = stream.snapshot();
            assertRefused(
                    stream,
                    wideStream.snapshot(),
                    "the snapshot is of another network: its state 3 is 1.h_l0 of width 4, where this one has"
                            + " 1.h_l0 of width 3");
            assertRefused(
                    stream,
                    longStream.snapshot(),
                    "the snapshot is of another network: its state 4 is 2.h_l0 of width 3, where this one has none");
            assertRefused(
                    longStream,
                    stream.snapshot(),
                    "the snapshot is of another network: its state 4 is missing, where this one has 2.h_l0 of width 3");
            assertRefused(stream, two.snapshot(), "the snapshot is of 2 streams, not of 1 as this session has");
            assertRefused(stream, Arrays.copyOf(before, before.length - 1), "bytes, not");
            assertRefused(stream, Arrays.copyOf(before, before.length + 1), "bytes, not");
            assertRefused(stream, new byte[0], "this is no snapshot of a stream's state");
            byte[] newer = before.clone();
            newer[8] = 2;
            assertRefused(stream, newer, "the snapshot has version 2, but only version 1 is known");
            assertArrayEquals(before, stream.snapshot());
        }
    }

    private static void assertRefused(StreamingSession stream, byte[] snapshot, String message) {
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> stream.restore(snapshot));
        assertTrue(e.getMessage().contains(message), e.getMessage());
    }

    /// Whatever stands in a header, the answer is one of words.
    @Test
    void damagedHeadersAreRefused() {
        try (Model model = Network.LSTM_STACKED.model();
                StreamingSession stream = model.stream(FRAME)) {
            byte[] good = stream.snapshot();
            int header = good.length - floats(good).length * Float.BYTES;
            for (int seed = 0; seed < 500; seed++) {
                Random random = new Random(seed);
                byte[] bad = good.clone();
                int at = random.nextInt(header);
                bad[at] ^= (byte) (1 << random.nextInt(8));
                int length = random.nextBoolean() ? bad.length : random.nextInt(bad.length);
                assertThrows(
                        IllegalArgumentException.class,
                        () -> stream.restore(Arrays.copyOf(bad, length)),
                        "seed " + seed);
            }
        }
    }

    @Test
    void aStepThatFailsChangesNothing() {
        Module network = new Sequential(new Embedding(10, 4), new LSTM(4, 6), new Linear(6, 10));
        network.initialize(5);
        try (Model model = Model.of(network, Input.ids("ids", "T", "N"));
                StreamingSession stream = model.stream(Shape.of(2, 1));
                StreamingSession other = model.stream(Shape.of(2, 1))) {
            for (long id = 0; id < 5; id++) {
                byte[] before = stream.snapshot();
                stream.input().copyFrom(new long[] {3, 10});
                assertThrows(IllegalArgumentException.class, stream::step);
                assertArrayEquals(before, stream.snapshot());
                stream.input().copyFrom(new long[] {id, 9 - id});
                other.input().copyFrom(new long[] {id, 9 - id});
                stream.step();
                other.step();
                assertArrayEquals(other.output().toFloatArray(), stream.output().toFloatArray());
            }
        }
    }

    /// A state has two places, and an output only one.
    @Test
    void aStateCanBeAnOutputToo() {
        LSTM lstm = new LSTM(INPUT, 6);
        lstm.initialize(5);
        Input x = Input.floats("x", "T", "N", "5");
        try (Model model = Model.of(List.of(x), in -> {
                    LSTM.Output result = lstm.forwardWithStates(in.get("x"));
                    return Map.of("output", result.output(), "hN", result.hN());
                });
                StreamingSession stream = model.stream(FRAME)) {
            Random random = new Random(8);
            for (int t = 0; t < 4; t++) {
                stream.input().copyFrom(random(random, INPUT));
                stream.step();
                assertArrayEquals(
                        stream.output("output").toFloatArray(),
                        stream.output("hN").toFloatArray());
            }
        }
    }

    @Test
    void lengthsEndTheStreamsOfABatch() {
        LSTM lstm = new LSTM(INPUT, 6);
        lstm.initialize(5);
        float[] x = random(new Random(8), 4 * 2 * INPUT);
        try (Model model = Model.of(lstm, Input.floats("x", "T", "N", "5"), Input.ids("lengths", "N"));
                StreamingSession both = model.stream(Shape.of(4, 2, INPUT), Shape.of(2));
                StreamingSession alone = model.stream(Shape.of(3, 2, INPUT), Shape.of(2))) {
            both.input("x").copyFrom(x);
            both.input("lengths").copyFrom(new long[] {4, 3});
            both.step();
            alone.input("x").copyFrom(Arrays.copyOf(x, 3 * 2 * INPUT));
            alone.input("lengths").copyFrom(new long[] {3, 3});
            alone.step();
            float[] expected = floats(alone.snapshot());
            float[] actual = floats(both.snapshot());
            for (int i = 6; i < 12; i++) { // the second stream's h, then its c
                assertEquals(expected[i], actual[i]);
                assertEquals(expected[i + 12], actual[i + 12]);
            }
        }
    }

    @Test
    void layersThatReadFromTheEndAreRefusedByName() {
        Map<String, Module> layers = new LinkedHashMap<>();
        layers.put("lower", new GRU(INPUT, 4));
        layers.put("upper", new LSTM(Recurrence.of(4, 3).bidirectional()));
        try (Model model = Model.of(new Sequential(layers), Input.floats("x", "T", "N", "5"))) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> model.stream(FRAME));
            assertTrue(e.getMessage().startsWith("layer upper reads sequences from right to left"), e.getMessage());
            model.session(FRAME).close(); // whole sequences are another matter
        }
    }

    @Test
    void useAfterCloseThrows() {
        Model model = Network.GRU_AFTER.model();
        StreamingSession stream = model.stream(FRAME);
        byte[] state = stream.snapshot();
        model.close();
        stream.close();
        assertThrows(IllegalStateException.class, stream::step);
        assertThrows(IllegalStateException.class, stream::reset);
        assertThrows(IllegalStateException.class, stream::snapshot);
        assertThrows(IllegalStateException.class, () -> stream.restore(state));
        assertThrows(IllegalStateException.class, stream.output()::toFloatArray);
        assertThrows(IllegalStateException.class, () -> model.stream(FRAME));
    }
}
