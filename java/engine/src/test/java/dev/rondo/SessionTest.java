package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.kernel.RecurrentKernel;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.Functional;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.Sequential;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How models and sessions live, end, and are shared.
@Timeout(120)
class SessionTest {
    private static Model tagger() {
        Module network = new Sequential(
                new Embedding(50, 8),
                new LSTM(Recurrence.of(8, 24).layers(2).bidirectional().batchFirst()),
                new Linear(48, 5));
        network.initialize(3);
        return Model.of(network, Input.ids("ids", "N", "T"));
    }

    private static long[] ids(int count) {
        long[] ids = new long[count];
        for (int i = 0; i < count; i++) {
            ids[i] = (i * 37L + 11) % 50;
        }
        return ids;
    }

    private static float[] run(Session session, long[] ids) {
        session.input().copyFrom(ids);
        session.run();
        return session.output().toFloatArray();
    }

    @Test
    void aModelMadeOnOneThreadRunsOnOthers() throws Exception {
        try (Model model = tagger();
                Session session = model.session(Shape.of(2, 9))) {
            float[] expected = run(session, ids(18));
            float[][] elsewhere = new float[1][];
            Thread thread = new Thread(() -> elsewhere[0] = run(session, ids(18)));
            thread.start();
            thread.join();
            assertArrayEquals(expected, elsewhere[0]);
        }
    }

    @Test
    void sixteenThreadsShareAModel() throws Exception {
        try (Model model = tagger();
                ExecutorService pool = Executors.newFixedThreadPool(16)) {
            float[] expected;
            try (Session session = model.session(Shape.of(3, 21))) {
                expected = run(session, ids(63));
            }
            CountDownLatch start = new CountDownLatch(16);
            List<Future<Void>> futures = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                futures.add(pool.submit((Callable<Void>) () -> {
                    start.countDown();
                    start.await();
                    try (Session session = model.session(Shape.of(3, 21))) {
                        for (int round = 0; round < 50; round++) {
                            assertArrayEquals(expected, run(session, ids(63)));
                        }
                    }
                    return null;
                }));
            }
            for (Future<Void> future : futures) {
                future.get();
            }
        }
    }

    @Test
    void virtualThreadsShareAModel() throws Exception {
        try (Model model = tagger();
                ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<float[]>> futures = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                futures.add(pool.submit(() -> {
                    try (Session session = model.session(Shape.of(1, 13))) {
                        return run(session, ids(13));
                    }
                }));
            }
            float[] expected = futures.getFirst().get();
            for (Future<float[]> future : futures) {
                assertArrayEquals(expected, future.get());
            }
        }
    }

    @Test
    void closingAModelWaitsForRunsAndStopsTheNext() throws Exception {
        for (int round = 0; round < 20; round++) {
            Model model = tagger();
            Session session = model.session(Shape.of(4, 300));
            session.input().copyFrom(ids(1200));
            CountDownLatch running = new CountDownLatch(1);
            AtomicBoolean stoppedInWords = new AtomicBoolean();
            Thread runner = new Thread(() -> {
                try {
                    while (true) {
                        session.run();
                        running.countDown();
                    }
                } catch (IllegalStateException e) {
                    stoppedInWords.set(e.getMessage().contains("closed"));
                }
            });
            runner.start();
            running.await();
            model.close();
            runner.join();
            assertTrue(stoppedInWords.get(), "round " + round);
        }
    }

    /// A call that has borrowed an output's memory keeps it alive; closing works once it has returned.
    @Test
    void memoryThatIsLentOutCanBeClosedLater() throws Exception {
        Model model = tagger();
        Session session = model.session(Shape.of(8, 4000)); // an output too large for a pipe's buffer
        session.input().copyFrom(ids(32_000));
        session.run();
        Pipe pipe = Pipe.open();
        Thread writer = Thread.ofPlatform().start(() -> {
            try (Pipe.SinkChannel sink = pipe.sink()) {
                ByteBuffer output = session.output().data().asByteBuffer();
                while (output.hasRemaining()) {
                    sink.write(output);
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        pipe.source().read(ByteBuffer.allocate(1)); // now the write is under way, and cannot end
        IllegalStateException lent = assertThrows(IllegalStateException.class, model::close);
        assertTrue(lent.getMessage().contains("in use outside of it"), lent.getMessage());
        ByteBuffer read = ByteBuffer.allocate(1 << 16);
        while (pipe.source().read(read) >= 0) {
            read.clear();
        }
        writer.join();
        model.close();
        model.close();
        assertThrows(IllegalStateException.class, session::run);
        assertThrows(IllegalStateException.class, session.output()::toFloatArray);
    }

    @Test
    void useAfterCloseThrows() {
        Model model = tagger();
        Session session = model.session(Shape.of(1, 4));
        Tensor input = session.input();
        Tensor output = session.output();
        session.close();
        session.close();
        assertThrows(IllegalStateException.class, session::run);
        assertThrows(IllegalStateException.class, () -> input.copyFrom(ids(4)));
        assertThrows(IllegalStateException.class, output::toFloatArray);
        model.close();
        model.close();
        IllegalStateException e = assertThrows(IllegalStateException.class, () -> model.session(Shape.of(1, 4)));
        assertEquals("the model is closed", e.getMessage());
    }

    @Test
    void tensorsAreHandedOutToBeFilledNotToBeRemoved() {
        try (Model model = tagger();
                Session session = model.session(Shape.of(1, 4))) {
            assertThrows(UnsupportedOperationException.class, session.outputs()::clear);
            assertThrows(UnsupportedOperationException.class, session.inputs()::clear);
        }
    }

    /// Whoever first looks at weights that nobody set draws them, and everybody else sees the same.
    @Test
    void modelsOfOneModuleSeeTheSameWeights() throws Exception {
        for (int round = 0; round < 20; round++) {
            Linear linear = new Linear(64, 64);
            float[][] results = new float[4][];
            Thread[] threads = new Thread[results.length];
            CountDownLatch start = new CountDownLatch(results.length);
            for (int i = 0; i < threads.length; i++) {
                int own = i;
                threads[i] = new Thread(() -> {
                    start.countDown();
                    try (Model model = Model.of(linear, Input.floats("x", "N", "64"));
                            Session session = model.session(Shape.of(1, 64))) {
                        session.run();
                        results[own] = session.output().toFloatArray();
                    }
                });
                threads[i].start();
            }
            for (Thread thread : threads) {
                thread.join();
            }
            for (float[] result : results) {
                assertArrayEquals(results[0], result, "round " + round);
            }
        }
    }

    @Test
    void twoThreadsCannotRunOneSession() throws Exception {
        try (Model model = tagger();
                Session session = model.session(Shape.of(8, 2000))) {
            session.input().copyFrom(ids(16_000));
            AtomicBoolean refused = new AtomicBoolean();
            AtomicBoolean stop = new AtomicBoolean();
            Runnable loop = () -> {
                while (!stop.get()) {
                    try {
                        session.run();
                    } catch (IllegalStateException e) {
                        refused.set(e.getMessage().contains("another thread"));
                        stop.set(true);
                    }
                }
            };
            Thread other = new Thread(loop);
            other.start();
            loop.run();
            other.join();
            assertTrue(refused.get());
        }
    }

    @Test
    void idsOutsideTheEmbeddingAreNamed() {
        try (Model model = tagger();
                Session session = model.session(Shape.of(2, 3))) {
            session.input().copyFrom(new long[] {0, 1, 2, 3, 50, 5});
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, session::run);
            assertEquals("id 50 at [1, 1] is not in the embedding's range 0..49", e.getMessage());
            session.input().copyFrom(new long[] {0, 1, 2, 3, 4, -1});
            e = assertThrows(IllegalArgumentException.class, session::run);
            assertEquals("id -1 at [1, 2] is not in the embedding's range 0..49", e.getMessage());
            session.input().copyFrom(ids(6));
            session.run(); // and the session still works
        }
    }

    @Test
    void shapesThatDoNotFitAreRefused() {
        try (Model model = tagger()) {
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> model.session(Shape.of(3)));
            assertEquals("input ids I64 [N, T] cannot have shape [3]", e.getMessage());
            assertThrows(IllegalArgumentException.class, model::session);
            assertThrows(IllegalArgumentException.class, () -> model.session(0, Shape.of(1, 3)));
            assertThrows(IllegalArgumentException.class, () -> model.session(Model.MAX_THREADS + 1, Shape.of(1, 3)));
            assertThrows(IllegalArgumentException.class, () -> Input.floats("x", "-3"));
            assertThrows(IllegalArgumentException.class, () -> Input.floats("x", ""));
        }
        try (Model model = Model.of(
                List.of(Input.floats("a", "N", "3"), Input.floats("b", "N", "3")),
                in -> Map.of("sum", Functional.add(in.get("a"), in.get("b"))))) {
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> model.session(Shape.of(2, 3), Shape.of(4, 3)));
            assertEquals("input b F32 [N, 3] cannot have shape [4, 3] where {N=2}", e.getMessage());
        }
    }

    @Test
    void shapesLargerThanTheMachineAreRefused() {
        try (Model model = tagger()) {
            for (Shape shape : new Shape[] {Shape.of(1, 1L << 40), Shape.of(1L << 40, 1)}) {
                IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> model.session(shape));
                assertTrue(e.getMessage().startsWith("these shapes take at least "), e.getMessage());
            }
        }
    }

    @Test
    void emptySequencesAndBatchesGiveEmptyResults() {
        LSTM lstm = new LSTM(Recurrence.of(3, 4).layers(2).bidirectional());
        try (Model model = Model.of(
                List.of(
                        Input.floats("x", "T", "N", "3"),
                        Input.floats("h0", "4", "N", "4"),
                        Input.floats("c0", "4", "N", "4")),
                in -> {
                    var result = lstm.forward(in.get("x"), in.get("h0"), in.get("c0"));
                    return Map.of("output", result.output(), "hN", result.hN(), "cN", result.cN());
                })) {
            try (Session session = model.session(Shape.of(0, 2, 3), Shape.of(4, 2, 4), Shape.of(4, 2, 4))) {
                float[] h0 = new float[32];
                for (int i = 0; i < 32; i++) {
                    h0[i] = i;
                }
                session.input("h0").copyFrom(h0);
                session.run();
                assertEquals(Shape.of(0, 2, 8), session.output("output").shape());
                assertArrayEquals(h0, session.output("hN").toFloatArray());
                assertArrayEquals(new float[32], session.output("cN").toFloatArray());
            }
            try (Session session = model.session(Shape.of(5, 0, 3), Shape.of(4, 0, 4), Shape.of(4, 0, 4))) {
                session.run();
                assertEquals(Shape.of(5, 0, 8), session.output("output").shape());
                assertEquals(Shape.of(4, 0, 4), session.output("hN").shape());
            }
        }
        try (Model model = tagger();
                Session session = model.session(Shape.of(2, 0))) {
            session.run();
            assertEquals(Shape.of(2, 0, 5), session.output().shape());
        }
    }

    @Test
    void sessionsOfOneShapeShareTheirWeights() {
        try (Model model = tagger();
                Session one = model.session(Shape.of(1, 27))) {
            long bytes = model.weightBytes();
            try (Session same = model.session(Shape.of(1, 27));
                    Session longer = model.session(Shape.of(1, 70))) {
                assertEquals(bytes, model.weightBytes());
                assertArrayEquals(run(one, ids(27)), run(same, ids(27)));
                assertEquals(350, run(longer, ids(70)).length);
            }
        }
    }

    @Test
    void aKernelsScratchIsCounted() {
        assumeTrue(RecurrentKernel.isAvailable());
        GRU gru = new GRU(3, 300);
        gru.initialize(1);
        try (Model model = Model.of(gru, Input.floats("x", "T", "N", "3"));
                Session session = model.session(Shape.of(1, 8, 3))) {
            long values = (8 * 3 + 8 * 300) * Float.BYTES;
            long scratch = RecurrentKernel.scratchBytes(1, 8, 300, 300);
            assertTrue(scratch > 0 && session.byteSize() >= values + scratch, session.byteSize() + " bytes");
        }
    }

    @Test
    void replayAllocatesNothingOnTheHeap() {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (Model model = tagger();
                Session session = model.session(Shape.of(1, 3))) {
            session.input().copyFrom(ids(3));
            long allocated = Long.MAX_VALUE;
            // Until the compiler is done the interpreter allocates; then not a byte may be left.
            for (int round = 0; round < 200 && allocated > 0; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 1000; i++) {
                    session.run();
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertEquals(0, allocated);
        }
    }
}
