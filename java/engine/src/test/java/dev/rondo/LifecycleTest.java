package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.nn.Sequential;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What models and sessions leave behind: nothing.
class LifecycleTest {
    private static final Shape SHAPE = Shape.of(3, 1, 8);

    private static Module network() {
        Module network = new Sequential(new LSTM(8, 16), new GRU(16, 8), new Linear(8, 2));
        network.initialize(1);
        return network;
    }

    private static Model model() {
        return Model.of(network(), Input.floats("x", "T", "N", "8"));
    }

    @Test
    void sessionsLeaveNoMemory() {
        sessions(4_000);
    }

    @Test
    @Tag("soak")
    void aMillionSessionsLeaveNoMemory() {
        sessions(1_000_000);
    }

    private static void sessions(int count) {
        try (Model model = model();
                Session kept = model.session(SHAPE)) {
            kept.run();
            ResidentMemory.requireFlat(count, 48L << 20, i -> {
                if (i % 2 == 0) {
                    try (Session session = model.session(SHAPE)) {
                        session.run();
                    }
                } else {
                    try (StreamingSession stream = model.stream(SHAPE)) {
                        stream.step();
                    }
                }
            });
        }
    }

    @Test
    void modelsLeaveNoMemory() {
        ResidentMemory.requireFlat(400, 48L << 20, _ -> {
            try (Model model = model();
                    Session session = model.session(SHAPE)) {
                session.run();
            }
        });
    }

    @Test
    void batchersLeaveNoMemory() {
        try (Model model = model()) {
            ResidentMemory.requireFlat(60, 48L << 20, _ -> {
                try (StreamBatcher batcher =
                                StreamBatcher.of(model).batch(8).threads(2).start();
                        BatchedStream stream = batcher.open()) {
                    stream.step();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        }
    }

    @Test
    void anApplicationCanBeDeployedAgain() throws Exception {
        assertEquals(
                List.of("gone", "gone", "gone"),
                ChildJvm.run(Redeployment.class.getName())
                        .lines()
                        .filter(line -> line.equals("gone") || line.startsWith("still"))
                        .toList());
    }

    @Test
    void nobodyIsBusyWhileNothingRuns() throws Exception {
        String output = ChildJvm.run(Idleness.class.getName());
        String millis =
                output.lines().filter(line -> line.endsWith(" ms")).findFirst().orElseThrow();
        assertTrue(Long.parseLong(millis.replace(" ms", "")) < 300, output); // a thread that spins takes 1000
    }

    /// Runs of several threads wait for one another, and 32 callers of them get what one gets.
    @Test
    void manyCallersOfSeveralThreadsTakeTurns() throws Exception {
        Module network = new Sequential(new LSTM(32, 160), new GRU(160, 24));
        network.initialize(1);
        try (Model model = Model.of(network, Input.floats("x", "T", "N", "32"));
                ExecutorService pool = Executors.newFixedThreadPool(32)) {
            List<Future<Float>> futures = new ArrayList<>();
            for (int i = 0; i < 32; i++) {
                futures.add(pool.submit((Callable<Float>) () -> {
                    try (Session session = model.session(1 + Model.MAX_THREADS / 64, Shape.of(4, 3, 32))) {
                        for (int run = 0; run < 5; run++) {
                            session.run();
                        }
                        return session.output().toFloatArray()[5];
                    }
                }));
            }
            for (Future<Float> future : futures) {
                assertEquals(futures.getFirst().get(), future.get());
            }
        }
    }
}
