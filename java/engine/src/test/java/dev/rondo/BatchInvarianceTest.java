package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.kernel.RecurrentKernel;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Module;
import dev.rondo.nn.RNN;
import dev.rondo.nn.Recurrence;
import dev.rondo.op.Recurrent;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a sequence gives does not depend, to the last bit, on the batch, the calls and the threads that compute it.
class BatchInvarianceTest {
    private static final int INPUT = 13;
    private static final int STEPS = 5;

    @BeforeAll
    static void theKernelIsThere() {
        assumeTrue(RecurrentKernel.isAvailable());
    }

    private static Module network(String kind, int hidden) {
        Module network = switch (kind) {
            case "rnn" -> new RNN(INPUT, hidden);
            case "lstm" -> new LSTM(Recurrence.of(INPUT, hidden).layers(2).bidirectional());
            case "gru" -> new GRU(INPUT, hidden);
            default -> new GRU(Recurrence.of(INPUT, hidden).layers(3), GRU.Reset.BEFORE_PRODUCT, false);
        };
        network.initialize(hidden);
        return network;
    }

    private static Model model(Module network) {
        return Model.of(network, Input.floats("x", "T", "N", Integer.toString(INPUT)));
    }

    /// x is (T, N, I), given and taken sequence by sequence.
    private static float[][] run(Model model, int threads, float[][] sequences) {
        int batch = sequences.length;
        try (Session session = model.session(threads, Shape.of(STEPS, batch, INPUT))) {
            session.input().copyFrom(timeFirst(sequences, INPUT));
            session.run();
            float[] y = session.output().toFloatArray();
            int width = y.length / STEPS / batch;
            float[][] results = new float[batch][STEPS * width];
            for (int t = 0; t < STEPS; t++) {
                for (int n = 0; n < batch; n++) {
                    System.arraycopy(y, (t * batch + n) * width, results[n], t * width, width);
                }
            }
            return results;
        }
    }

    private static float[] timeFirst(float[][] sequences, int width) {
        float[] x = new float[STEPS * sequences.length * width];
        for (int n = 0; n < sequences.length; n++) {
            for (int t = 0; t < STEPS; t++) {
                System.arraycopy(sequences[n], t * width, x, (t * sequences.length + n) * width, width);
            }
        }
        return x;
    }

    private static float[][] random(int batch) {
        Random random = new Random(batch);
        float[][] sequences = new float[batch][STEPS * INPUT];
        for (float[] sequence : sequences) {
            for (int i = 0; i < sequence.length; i++) {
                sequence[i] = (float) random.nextGaussian();
            }
        }
        return sequences;
    }

    @ParameterizedTest
    @ValueSource(strings = {"rnn", "lstm", "gru", "gru resetting before"})
    void aSequenceGivesTheSameBitsInEveryBatch(String kind) {
        float[][] sequences = random((int) Recurrent.LARGEST_INVARIANT_BATCH);
        for (int hidden : new int[] {3, 16, 37, 72}) {
            try (Model model = model(network(kind, hidden))) {
                float[][] expected = run(model, 1, sequences);
                for (int batch : new int[] {1, 2, 3, 4, 7, 12, 31}) {
                    float[][] part = Arrays.copyOfRange(sequences, 1, 1 + batch);
                    float[][] actual = run(model, 1 + batch % 2, part);
                    for (int n = 0; n < batch; n++) {
                        assertArrayEquals(
                                expected[1 + n], actual[n], 0, kind + " " + hidden + ", " + batch + " at once");
                    }
                }
            }
        }
    }

    @Test
    void aBatchedStreamGivesTheBitsOfItsOwnSession() throws Exception {
        int clients = 80;
        Module initialized = network("gru", 21);
        try (Model model = model(initialized);
                StreamBatcher batcher = StreamBatcher.of(model).threads(2).start();
                ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<float[]>> results = new ArrayList<>();
            for (int client = 0; client < clients; client++) {
                float[] frames = random(client + 1)[client];
                results.add(pool.submit(() -> {
                    try (BatchedStream stream = batcher.open()) {
                        for (int t = 0; t < STEPS; t++) {
                            stream.input().copyFrom(Arrays.copyOfRange(frames, t * INPUT, (t + 1) * INPUT));
                            stream.step();
                        }
                        return stream.output().toFloatArray();
                    }
                }));
            }
            for (int client = 0; client < clients; client++) {
                float[] frames = random(client + 1)[client];
                try (StreamingSession whole = model.stream(Shape.of(STEPS, 1, INPUT))) {
                    whole.input().copyFrom(frames);
                    whole.step();
                    float[] y = whole.output().toFloatArray();
                    assertArrayEquals(
                            Arrays.copyOfRange(y, y.length - 21, y.length),
                            results.get(client).get(),
                            0,
                            "client " + client);
                }
            }
        }
    }
}
