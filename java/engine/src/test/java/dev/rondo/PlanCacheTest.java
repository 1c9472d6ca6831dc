package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.nn.Embedding;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.Sequential;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Sequences of any length through few sessions.
class PlanCacheTest {
    private static final LengthBuckets BUCKETS = LengthBuckets.growing(4, 64, 1.5);

    private static Module network() {
        Module network = new Sequential(
                new Embedding(50, 8),
                new LSTM(Recurrence.of(8, 12).bidirectional().batchFirst()),
                new GRU(Recurrence.of(24, 9).batchFirst()),
                new Linear(9, 3));
        network.initialize(3);
        return network;
    }

    private static Model model() {
        return Model.of(network(), Input.ids("ids", "N", "T"));
    }

    private static float[] run(PlanCache plans, int steps) {
        return plans.run(
                session -> {
                    long[] ids = new long[steps];
                    Arrays.setAll(ids, i -> (i * 7L + steps) % 50);
                    session.input().copyFrom(ids);
                    session.run();
                    return session.output().toFloatArray();
                },
                Shape.of(1, steps));
    }

    @Test
    void whatWasUsedLeastRecentlyIsPreparedAgain() {
        try (Model model = model();
                PlanCache plans = new PlanCache(model, 2)) {
            assertEquals(0, plans.hitRate());
            float[] first = run(plans, 5);
            assertArrayEquals(first, run(plans, 5));
            assertEquals(1, plans.hits());
            run(plans, 6);
            run(plans, 5);
            run(plans, 7); // 6 goes
            assertEquals(2, plans.size());
            run(plans, 5);
            assertEquals(3, plans.hits());
            run(plans, 6);
            assertEquals(3, plans.hits());
            assertEquals(4, plans.misses());
            assertEquals(3 / 7.0, plans.hitRate());
        }
    }

    @Test
    void aCallThatFailsGivesItsSessionBack() {
        try (Model model = model();
                PlanCache plans = new PlanCache(model, 2)) {
            assertThrows(
                    ArithmeticException.class,
                    () -> plans.run(
                            _ -> {
                                throw new ArithmeticException();
                            },
                            Shape.of(1, 3)));
            assertEquals(1, plans.size());
            assertThrows(IllegalArgumentException.class, () -> plans.run(session -> session, Shape.of(3)));
            run(plans, 3);
            assertEquals(1, plans.hits());
        }
    }

    @Test
    void closingClosesWhatIsInUseWhenItComesBack() {
        try (Model model = model()) {
            PlanCache plans = new PlanCache(model, 2);
            run(plans, 4);
            Session used = plans.run(
                    session -> {
                        plans.close();
                        session.run();
                        return session;
                    },
                    Shape.of(1, 3));
            assertThrows(IllegalStateException.class, used::run);
            plans.close();
            assertThrows(IllegalStateException.class, () -> run(plans, 4));
        }
    }

    @Test
    void manyThreadsShareACache() throws Exception {
        try (Model model = model();
                PlanCache plans = new PlanCache(model, 3);
                ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
            float[][] expected = new float[6][];
            for (int steps = 1; steps < 6; steps++) {
                expected[steps] = run(plans, steps);
            }
            List<Future<?>> futures = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                Random random = new Random(i);
                futures.add(pool.submit(() -> {
                    for (int call = 0; call < 100; call++) {
                        int steps = 1 + random.nextInt(5);
                        assertArrayEquals(expected[steps], run(plans, steps));
                    }
                }));
            }
            for (Future<?> future : futures) {
                future.get();
            }
            assertEquals(805, plans.hits() + plans.misses());
            assertTrue(plans.size() <= 3);
        }
    }

    @Test
    void bucketsHoldWhatFitsThem() {
        assertArrayEquals(new int[] {4, 6, 9, 14, 21, 32, 48, 64}, BUCKETS.lengths());
        assertArrayEquals(
                new int[] {1, 2, 3}, LengthBuckets.growing(1, 3, 1.0001).lengths());
        assertArrayEquals(new int[] {7}, LengthBuckets.growing(7, 7, 2).lengths());
        assertEquals(4, BUCKETS.padded(1));
        assertEquals(4, BUCKETS.padded(4));
        assertEquals(6, BUCKETS.padded(5));
        assertEquals(64, BUCKETS.padded(64));
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> BUCKETS.padded(65));
        assertEquals("a sequence of 65 steps is longer than the longest bucket, 64", e.getMessage());
        assertThrows(IllegalArgumentException.class, () -> LengthBuckets.of(3, 3));
        assertThrows(IllegalArgumentException.class, () -> LengthBuckets.of(0));
        assertThrows(IllegalArgumentException.class, LengthBuckets::of);
        assertThrows(IllegalArgumentException.class, () -> LengthBuckets.growing(3, 2, 2));
        assertThrows(IllegalArgumentException.class, () -> LengthBuckets.growing(3, 9, 1));

        List<LengthBuckets.Batch> batches = LengthBuckets.of(3, 8).batches(new int[] {8, 1, 5, 3, 2, 7}, 2);
        int[] steps = batches.stream().mapToInt(LengthBuckets.Batch::steps).toArray();
        assertArrayEquals(new int[] {3, 3, 8, 8}, steps);
        int[][] samples = {{1, 3}, {4}, {0, 2}, {5}};
        for (int i = 0; i < samples.length; i++) {
            assertArrayEquals(samples[i], batches.get(i).samples());
        }
    }

    /// A batch of a bucket gives each sequence what it would get alone.
    @Test
    void paddingToABucketChangesNothing() {
        Random random = new Random(17);
        int[] lengths = random.ints(30, 1, 65).toArray();
        long[][] sequences = new long[lengths.length][];
        Arrays.setAll(sequences, i -> random.longs(lengths[i], 0, 50).toArray());
        Module network = network();
        try (Model alone = Model.of(network, Input.ids("ids", "N", "T"));
                Model model = Model.of(network, Input.ids("ids", "N", "T"), Input.ids("lengths", "N"));
                PlanCache single = new PlanCache(alone, 64);
                PlanCache plans = new PlanCache(model, 8)) {
            for (LengthBuckets.Batch batch : BUCKETS.batches(lengths, 4)) {
                int size = batch.samples().length;
                long[] ids = new long[size * batch.steps()];
                long[] counts = new long[size];
                for (int n = 0; n < size; n++) {
                    long[] sequence = sequences[batch.samples()[n]];
                    System.arraycopy(sequence, 0, ids, n * batch.steps(), sequence.length);
                    counts[n] = sequence.length;
                }
                float[] together = plans.run(
                        session -> {
                            session.input("ids").copyFrom(ids);
                            session.input("lengths").copyFrom(counts);
                            session.run();
                            return session.output().toFloatArray();
                        },
                        Shape.of(size, batch.steps()),
                        Shape.of(size));
                for (int n = 0; n < size; n++) {
                    long[] sequence = sequences[batch.samples()[n]];
                    float[] expected = single.run(
                            session -> {
                                session.input().copyFrom(sequence);
                                session.run();
                                return session.output().toFloatArray();
                            },
                            Shape.of(1, sequence.length));
                    int from = n * batch.steps() * 3;
                    assertArrayEquals(expected, Arrays.copyOfRange(together, from, from + expected.length), 1e-5f);
                }
            }
        }
    }

    @Test
    void memoryStaysFlat() {
        callAtRandomLengths(500);
    }

    @Test
    @Tag("soak")
    void memoryStaysFlatForLong() {
        callAtRandomLengths(100_000);
    }

    /// Most calls miss: programs and sessions come and go.
    private static void callAtRandomLengths(int calls) {
        Random random = new Random(4);
        try (Model model = model();
                PlanCache plans = new PlanCache(model, 4)) {
            ResidentMemory.requireFlat(calls, 64L << 20, _ -> run(plans, 1 + random.nextInt(200)));
            assertTrue(plans.hitRate() < 0.5);
        }
    }
}
