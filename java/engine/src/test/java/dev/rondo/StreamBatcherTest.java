package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.nn.Embedding;
import dev.rondo.nn.Functional;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Lambda;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.Sequential;
import dev.rondo.tensor.Shape;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Who gets what, when streams are stepped together.
@Timeout(120)
class StreamBatcherTest {
    private static final int IDS = 20;

    /// A listener that keeps a step thread from its next step until it is released.
    private static final class Gate implements BatchListener {
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch released = new CountDownLatch(1);

        @Override
        public void stepped(int frames, long nanos) {
            reached.countDown();
            try {
                released.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static Model model() {
        Module network = new Sequential(
                new Embedding(IDS, 6), new LSTM(Recurrence.of(6, 8).layers(2)), new GRU(8, 5), new Linear(5, 3));
        network.initialize(11);
        return Model.of(network, Input.ids("ids", "T", "N"));
    }

    private static float[] step(BatchedStream stream, long id) throws InterruptedException {
        stream.input().copyFrom(new long[] {id});
        stream.step();
        return stream.output().toFloatArray();
    }

    private static float[] step(StreamingSession session, long id) {
        session.input().copyFrom(new long[] {id});
        session.step();
        return session.output().toFloatArray();
    }

    private static void awaitQueued(StreamBatcher batcher, int frames) throws InterruptedException {
        while (batcher.queuedFrames() < frames) {
            Thread.sleep(1);
        }
    }

    private static Throwable causeOf(Future<?> future) {
        return assertThrows(ExecutionException.class, future::get).getCause();
    }

    @Test
    void eachStreamGetsWhatItWouldGetAlone() throws Exception {
        try (Model model = model();
                StreamBatcher batcher = StreamBatcher.of(model)
                        .streams(150)
                        .batch(20)
                        .threads(2)
                        .start();
                ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Void>> futures = new ArrayList<>();
            for (int client = 0; client < 150; client++) {
                int own = client;
                futures.add(pool.submit((Callable<Void>) () -> {
                    try (BatchedStream stream = batcher.open();
                            StreamingSession alone = model.stream(Shape.of(1, 1))) {
                        for (int t = 0; t < 1 + own % 40; t++) {
                            long id = (own * 7L + t * 3L) % IDS;
                            assertArrayEquals(step(alone, id), step(stream, id), 1e-5f, "client " + own);
                        }
                        return null;
                    }
                }));
            }
            for (Future<Void> future : futures) {
                future.get();
            }
            assertEquals(0, batcher.openStreams());
            assertEquals(0, batcher.queuedFrames());
        }
    }

    @Test
    void aStreamMovesBetweenBatchersAndSessions() throws Exception {
        try (Model model = model();
                StreamBatcher batcher = StreamBatcher.of(model).start();
                BatchedStream stream = batcher.open();
                BatchedStream other = batcher.open();
                StreamingSession session = model.stream(Shape.of(1, 1))) {
            step(session, 4);
            stream.restore(session.snapshot());
            float[] next = step(session, 5);
            assertArrayEquals(next, step(stream, 5), 1e-5f);
            session.restore(stream.snapshot());
            other.restore(stream.snapshot());
            assertArrayEquals(step(session, 6), step(stream, 6), 1e-5f);
            assertArrayEquals(stream.output().toFloatArray(), step(other, 6), 1e-5f);
            stream.reset();
            session.reset();
            assertArrayEquals(step(session, 7), step(stream, 7), 1e-5f);
            assertThrows(IllegalArgumentException.class, () -> stream.restore(new byte[30]));
        }
    }

    @Test
    void aFrameAtFaultFailsItsOwnCallerOnly() throws Exception {
        Gate gate = new Gate();
        try (Model model = model();
                StreamBatcher batcher =
                        StreamBatcher.of(model).batch(4).listener(gate).start();
                ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            BatchedStream first = batcher.open();
            Future<float[]> held = pool.submit(() -> step(first, 1));
            gate.reached.await();
            List<BatchedStream> streams = new ArrayList<>();
            List<Future<float[]>> futures = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                BatchedStream stream = batcher.open();
                streams.add(stream);
                long id = i == 2 ? IDS : 3;
                futures.add(pool.submit(() -> step(stream, id)));
            }
            awaitQueued(batcher, 4);
            byte[] before = model.stream(Shape.of(1, 1)).snapshot();
            gate.released.countDown();
            held.get();
            float[] expected = futures.getFirst().get();
            assertArrayEquals(expected, futures.get(1).get(), 1e-5f);
            assertArrayEquals(expected, futures.get(3).get(), 1e-5f);
            Throwable fault = causeOf(futures.get(2));
            assertEquals(IllegalArgumentException.class, fault.getClass());
            assertTrue(fault.getMessage().contains("20"), fault.getMessage());
            assertArrayEquals(before, streams.get(2).snapshot());
            assertArrayEquals(expected, step(streams.get(2), 3), 1e-5f);
        }
    }

    @Test
    void framesWhoseStepHasNotBegunCanBeTakenBack() throws Exception {
        Gate gate = new Gate();
        try (Model model = model();
                StreamBatcher batcher = StreamBatcher.of(model).listener(gate).start();
                ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            BatchedStream first = batcher.open();
            Future<float[]> held = pool.submit(() -> step(first, 1));
            gate.reached.await();
            BatchedStream late = batcher.open();
            BatchedStream interrupted = batcher.open();
            BatchedStream left = batcher.open();
            BatchedStream patient = batcher.open();
            byte[] before = late.snapshot();
            late.input().copyFrom(new long[] {2});
            TimeoutException e = assertThrows(TimeoutException.class, () -> late.step(Duration.ofMillis(5)));
            assertEquals("the frame's step has not begun within PT0.005S", e.getMessage());
            Future<float[]> interruption = pool.submit(() -> step(interrupted, 2));
            Future<float[]> leaving = pool.submit(() -> step(left, 2));
            patient.input().copyFrom(new long[] {2});
            Future<?> patience = pool.submit(() -> {
                patient.step(Duration.ofDays(1));
                return null;
            });
            awaitQueued(batcher, 3);
            assertThrows(IllegalStateException.class, patient::step);
            assertThrows(IllegalStateException.class, patient::snapshot);
            interruption.cancel(true);
            left.close();
            assertEquals(IllegalStateException.class, causeOf(leaving).getClass());
            while (batcher.queuedFrames() > 1) {
                Thread.sleep(1);
            }
            gate.released.countDown();
            held.get();
            patience.get();
            float[] expected = patient.output().toFloatArray();
            assertArrayEquals(before, late.snapshot());
            assertArrayEquals(before, interrupted.snapshot());
            assertArrayEquals(expected, step(late, 2), 1e-5f);
            assertArrayEquals(expected, step(interrupted, 2), 1e-5f);
            assertThrows(IllegalStateException.class, () -> step(left, 2));
            assertThrows(IllegalStateException.class, left::snapshot);
        }
    }

    @Test
    void closingComputesWhatIsInTheQueue() throws Exception {
        Gate gate = new Gate();
        try (Model model = model();
                ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            StreamBatcher batcher =
                    StreamBatcher.of(model).batch(2).listener(gate).start();
            List<BatchedStream> streams = new ArrayList<>();
            List<Future<float[]>> futures = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                BatchedStream stream = batcher.open();
                streams.add(stream);
                futures.add(pool.submit(() -> step(stream, 5)));
            }
            gate.reached.await();
            Future<?> closing = pool.submit(batcher::close);
            while (true) {
                try {
                    batcher.open().close();
                } catch (IllegalStateException e) {
                    break;
                }
            }
            assertFalse(closing.isDone());
            gate.released.countDown();
            closing.get();
            for (Future<float[]> future : futures) {
                assertArrayEquals(futures.getFirst().get(), future.get(), 1e-5f);
            }
            batcher.close();
            assertThrows(IllegalStateException.class, () -> step(streams.getFirst(), 1));
            streams.getFirst().snapshot(); // to go on elsewhere
            streams.forEach(BatchedStream::close);
        }
    }

    @Test
    void closingTheModelFailsTheCallers() throws Exception {
        Model model = model();
        try (StreamBatcher batcher = StreamBatcher.of(model).start();
                BatchedStream stream = batcher.open()) {
            step(stream, 1);
            model.close();
            IllegalStateException e = assertThrows(IllegalStateException.class, () -> step(stream, 1));
            assertEquals("the session is closed", e.getMessage());
        }
    }

    @Test
    void streamsBeyondTheLimitAreRefused() throws Exception {
        try (Model model = model();
                StreamBatcher batcher = StreamBatcher.of(model).streams(2).start()) {
            BatchedStream one = batcher.open();
            BatchedStream two = batcher.open();
            RejectedExecutionException e = assertThrows(RejectedExecutionException.class, batcher::open);
            assertEquals("all 2 streams of the batcher are open", e.getMessage());
            one.close();
            one.close();
            BatchedStream three = batcher.open();
            assertThrows(RejectedExecutionException.class, batcher::open);
            assertArrayEquals(step(two, 1), step(three, 1), 1e-5f);
        }
    }

    /// Frames leave the queue in the order in which they came, whosever they are.
    @Test
    void whoComesFirstIsServedFirst() throws Exception {
        StreamQueue queue = new StreamQueue(10, 3, 0);
        List<BatchedStream> streams = new ArrayList<>();
        try (Model model = model();
                BatchedSession one = BatchedSession.of(model, "N", 1)) {
            for (int i = 0; i < 7; i++) {
                queue.join();
                streams.add(new BatchedStream(queue, one));
                queue.enqueue(streams.get(i));
            }
            queue.withdraw(streams.get(1));
            List<BatchedStream> step = new ArrayList<>();
            assertTrue(queue.take(step));
            assertEquals(List.of(streams.get(0), streams.get(2), streams.get(3)), step);
            queue.finish(step);
            queue.enqueue(streams.get(0));
            queue.enqueue(streams.get(1));
            step.clear();
            assertTrue(queue.take(step));
            assertEquals(List.of(streams.get(4), streams.get(5), streams.get(6)), step);
            step.clear();
            assertTrue(queue.take(step));
            assertEquals(List.of(streams.get(0), streams.get(1)), step);
            queue.close();
            assertFalse(queue.take(step));
        }
    }

    @Test
    void listenersHearOfEveryFrameAndHarmNobody() throws Exception {
        AtomicInteger dequeued = new AtomicInteger();
        AtomicInteger stepped = new AtomicInteger();
        BatchListener listener = new BatchListener() {
            @Override
            public void dequeued(long nanos) {
                dequeued.incrementAndGet();
                assertTrue(nanos >= 0);
            }

            @Override
            public void stepped(int frames, long nanos) {
                stepped.addAndGet(frames);
                throw new IllegalStateException("listeners may fail");
            }
        };
        try (Model model = model();
                StreamBatcher batcher =
                        StreamBatcher.of(model).listener(listener).start();
                BatchedStream stream = batcher.open()) {
            for (int t = 0; t < 5; t++) {
                step(stream, t);
            }
        }
        assertEquals(5, dequeued.get());
        assertEquals(5, stepped.get());
    }

    @Test
    void interruptingStepThreadsChangesNothing() throws Exception {
        try (Model model = model();
                StreamBatcher batcher = StreamBatcher.of(model).threads(2).start();
                BatchedStream stream = batcher.open()) {
            for (int t = 0; t < 5; t++) {
                Thread.getAllStackTraces().keySet().stream()
                        .filter(thread -> thread.getName().startsWith("rondo-step-"))
                        .forEach(Thread::interrupt);
                step(stream, t);
            }
        }
    }

    @Test
    void networksWithoutARowForEachStreamAreRefused() {
        Lambda mean = new Lambda(x -> Functional.mean(x, 1));
        assertRefused(Model.of(mean, Input.floats("x", "T", "N", "4")), "output output has no row for each stream");
        assertRefused(Model.of(mean, Input.floats("x", "T", "S", "4")), "input x F32 [T, S, 4] has no place for each");
        assertRefused(Model.of(mean, Input.floats("x", "4", "N")), "input x F32 [4, N] has no place for each stream");
        assertRefused(
                Model.of(new LSTM(Recurrence.of(4, 3).bidirectional()), Input.floats("x", "T", "N", "4")),
                "layer LSTM reads sequences from right to left");
        try (Model model = Model.of(new GRU(4, 3), Input.floats("x", "frames", "calls", "4"));
                StreamBatcher batcher = StreamBatcher.of(model).samples("calls").start()) {
            assertEquals(Shape.of(1, 1, 4), batcher.open().input().shape());
        }
    }

    private static void assertRefused(Model model, String message) {
        try (model) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, StreamBatcher.of(model)::start);
            assertTrue(e.getMessage().startsWith(message), e.getMessage());
        }
    }
}
