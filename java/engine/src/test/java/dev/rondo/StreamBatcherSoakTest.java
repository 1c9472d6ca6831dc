package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.Sequential;
import dev.rondo.tensor.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Streams that join and leave, callers that are slow, give up or are interrupted: nothing is lost, nothing
/// mixed up.
class StreamBatcherSoakTest {
    private static final int INPUT = 4;
    private static final int CLIENTS = 60;
    private static final int STREAMS = 40; // fewer, so that some are refused

    private static Module network() {
        Module network = new Sequential(new LSTM(Recurrence.of(INPUT, 12).layers(2)), new Linear(12, 3));
        network.initialize(2);
        return network;
    }

    @Test
    void nothingIsLostOrMixedUp() throws Exception {
        soak(Duration.ofSeconds(3));
    }

    @Test
    @Tag("soak")
    void nothingIsLostOrMixedUpForLong() throws Exception {
        soak(Duration.ofMinutes(5));
    }

    private static void soak(Duration duration) throws Exception {
        long end = System.nanoTime() + duration.toNanos();
        LongAdder frames = new LongAdder();
        LongAdder givenUp = new LongAdder();
        LongAdder dequeued = new LongAdder();
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        BatchListener counter = new BatchListener() {
            @Override
            public void dequeued(long nanos) {
                dequeued.increment();
            }
        };
        try (Model model = Model.of(network(), Input.floats("x", "T", "N", Integer.toString(INPUT)))) {
            StreamBatcher batcher = StreamBatcher.of(model)
                    .streams(STREAMS)
                    .batch(16)
                    .threads(2)
                    .latency(Duration.ofMillis(2))
                    .listener(counter)
                    .start();
            List<Thread> clients = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                Client client = new Client(model, batcher, i, end, frames, givenUp);
                Thread.Builder builder = i % 10 == 0 ? Thread.ofPlatform() : Thread.ofVirtual();
                clients.add(builder.start(() -> {
                    try {
                        client.run();
                    } catch (Throwable e) { // for the test's own thread to report
                        failures.add(new AssertionError("client " + client.seed, e));
                    }
                }));
            }
            Random random = new Random(1);
            while (System.nanoTime() < end) {
                Thread.sleep(1 + random.nextInt(3));
                clients.get(random.nextInt(CLIENTS)).interrupt();
            }
            for (Thread client : clients) {
                client.join();
            }
            assertEquals(0, batcher.openStreams());
            assertEquals(0, batcher.queuedFrames());
            batcher.close();
        }
        failures.forEach(Throwable::printStackTrace);
        assertEquals(0, failures.size());
        assertEquals(dequeued.sum(), frames.sum());
        assertTrue(frames.sum() > 100 && givenUp.sum() > 0, frames + " frames, " + givenUp + " given up");
    }

    private static final class Client {
        private final Model model;
        private final StreamBatcher batcher;
        private final int seed;
        private final long end;
        private final LongAdder frames;
        private final LongAdder givenUp;
        private final Random random;

        Client(Model model, StreamBatcher batcher, int seed, long end, LongAdder frames, LongAdder givenUp) {
            this.model = model;
            this.batcher = batcher;
            this.seed = seed;
            this.end = end;
            this.frames = frames;
            this.givenUp = givenUp;
            this.random = new Random(seed);
        }

        void run() throws InterruptedException {
            try (StreamingSession alone = model.stream(Shape.of(1, 1, INPUT))) {
                while (System.nanoTime() < end) {
                    try (BatchedStream stream = batcher.open()) {
                        alone.reset();
                        follow(stream, alone);
                    } catch (RejectedExecutionException e) {
                        pause(3);
                    }
                }
            }
        }

        /// Some frames of a new stream, each compared with what a session of its own gives.
        private void follow(BatchedStream stream, StreamingSession alone) {
            int count = random.nextInt(60);
            boolean slow = random.nextInt(8) == 0;
            for (int t = 0; t < count && System.nanoTime() < end; t++) {
                float[] frame = new float[INPUT];
                for (int i = 0; i < INPUT; i++) {
                    frame[i] = (float) random.nextGaussian();
                }
                stream.input().copyFrom(frame);
                if (!stepped(stream)) {
                    givenUp.increment();
                    continue; // the stream has not seen the frame
                }
                frames.increment();
                alone.input().copyFrom(frame);
                alone.step();
                assertArrayEquals(alone.output().toFloatArray(), stream.output().toFloatArray(), 1e-4f);
                if (slow) {
                    pause(5);
                }
                if (random.nextInt(50) == 0) {
                    stream.restore(alone.snapshot());
                }
            }
        }

        private boolean stepped(BatchedStream stream) {
            try {
                if (random.nextInt(4) == 0) {
                    stream.step(Duration.ofNanos(random.nextInt(1_000_000)));
                } else {
                    stream.step();
                }
                return true;
            } catch (InterruptedException | TimeoutException e) {
                return false;
            }
        }

        private void pause(int mostMillis) {
            try {
                Thread.sleep(random.nextInt(mostMillis));
            } catch (InterruptedException e) {
                // as good as having slept
            }
        }
    }
}
