package dev.rondo.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.nn.Dropout;
import dev.rondo.nn.GRU;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Losses;
import dev.rondo.nn.Module;
import dev.rondo.nn.RNNBase;
import dev.rondo.nn.Sequential;
import dev.rondo.reference.Tolerance;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Accumulated and data-parallel steps against steps over the whole minibatch, and groups of parameters.
class ReplicasTest {
    private static final int T = 4;
    private static final int N = 6;
    private static final int I = 3;
    private static final int H = 5;

    /// A network of its own for each step that is compared.
    private static final class Net {
        final GRU gru = new GRU(I, H);
        final Linear linear = new Linear(H, 2);
        final Module all;
        final double dropout;

        Net(double dropout) {
            this.dropout = dropout;
            this.all = new Sequential(Map.of("net", new Sequential(gru, linear)));
            all.initialize(9);
        }

        TrainingStep step(int samples, Optimizer optimizer, UnaryOperator<TrainingStep.Builder> settings) {
            TrainingStep.Builder builder = TrainingStep.of(all, optimizer)
                    .input("x", Shape.of(T, samples, I), DataType.F32)
                    .input("y", Shape.of(T, samples, 2), DataType.F32)
                    .state("h", Shape.of(1, samples, H))
                    .clipNorm(0.4);
            return settings.apply(builder).record(in -> {
                RNNBase.Output o = gru.forward(in.get("x"), in.get("h"));
                in.carry("h", o.hN());
                return Losses.mse(linear.forward(new Dropout(dropout, 5, false).forward(o.output())), in.get("y"));
            });
        }

        Map<String, float[]> weights() {
            Map<String, float[]> weights = new TreeMap<>();
            all.parameters()
                    .forEach((name, parameter) ->
                            weights.put(name, parameter.tensor().toFloatArray()));
            return weights;
        }
    }

    private static float[] random(long seed, int count) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /// Samples from (included) to (excluded) of a sequence (T, N, width).
    private static float[] samples(float[] all, int width, int from, int to) {
        float[] part = new float[T * (to - from) * width];
        for (int t = 0; t < T; t++) {
            System.arraycopy(all, (t * N + from) * width, part, t * (to - from) * width, (to - from) * width);
        }
        return part;
    }

    private static void fill(TrainingStep step, int replica, long seed, int from, int to) {
        step.input("x", replica).copyFrom(samples(random(seed, T * N * I), I, from, to));
        step.input("y", replica).copyFrom(samples(random(-seed, T * N * 2), 2, from, to));
    }

    private static void assertWeights(Map<String, float[]> expected, Map<String, float[]> actual) {
        expected.forEach((name, values) -> {
            double[] wide = new double[values.length];
            Arrays.setAll(wide, i -> values[i]);
            new Tolerance(2e-5).assertClose(name, wide, actual.get(name));
        });
    }

    @ParameterizedTest
    @CsvSource({"2, 1", "3, 1", "1, 2", "2, 3", "1, 6"})
    void partsEqualTheWholeMinibatch(int replicas, int runs) {
        int share = N / (replicas * runs);
        Net whole = new Net(0);
        Net parts = new Net(0);
        Optimizer optimizer = Optimizer.adam(0.01);
        try (TrainingStep one = whole.step(N, Optimizer.adam(0.01), builder -> builder);
                TrainingStep step = parts.step(
                        share, optimizer, builder -> builder.replicas(replicas).accumulate(runs))) {
            for (int k = 1; k <= 4; k++) {
                fill(one, 0, k, 0, N);
                one.state("h").data().fill((byte) 0);
                float expected = one.run();
                float loss = 0;
                for (int run = 0; run < runs; run++) {
                    for (int r = 0; r < replicas; r++) {
                        int from = (run * replicas + r) * share;
                        fill(step, r, k, from, from + share);
                        step.state("h", r).data().fill((byte) 0);
                    }
                    loss += step.run() / runs;
                    assertEquals(run + 1 < runs ? k - 1 : k, optimizer.steps());
                }
                assertEquals(expected, loss, 1e-5);
                assertEquals(one.gradientNorm(), step.gradientNorm(), 1e-5);
                assertWeights(whole.weights(), parts.weights());
            }
        }
    }

    /// Clipping by value acts on the mean of the parts, as on one gradient of the whole.
    @Test
    void clippingByValueIsOfTheMean() {
        Net whole = new Net(0);
        Net parts = new Net(0);
        try (TrainingStep one = whole.step(N, Optimizer.sgd(1), builder -> builder.clipValue(0.01));
                TrainingStep step = parts.step(
                        N / 2,
                        Optimizer.sgd(1),
                        builder -> builder.clipValue(0.01).replicas(2))) {
            fill(one, 0, 1, 0, N);
            fill(step, 0, 1, 0, N / 2);
            fill(step, 1, 1, N / 2, N);
            assertEquals(one.run(), step.run(), 1e-5);
            assertWeights(whole.weights(), parts.weights());
        }
    }

    private static Map<String, float[]> trained(int replicas, int runs) {
        Net net = new Net(0.4);
        try (TrainingStep step = net.step(
                N, Optimizer.adam(0.01), builder -> builder.replicas(replicas).accumulate(runs))) {
            for (int k = 1; k <= 10; k++) {
                for (int r = 0; r < replicas; r++) {
                    fill(step, r, 7, 0, N);
                }
                step.run();
            }
        }
        return net.weights();
    }

    @Test
    void theSameSeedAndReplicasGiveTheSameBits() {
        Map<String, float[]> expected = trained(2, 2);
        trained(2, 2).forEach((name, values) -> assertArrayEquals(expected.get(name), values, name));
    }

    /// With equal data in both replicas, only what dropout drops can differ.
    @Test
    void replicasAndRunsDropDifferentElements() {
        float[] one = trained(1, 1).get("net.0.weight_hh_l0");
        assertFalse(Arrays.equals(one, trained(2, 1).get("net.0.weight_hh_l0")));
        Net net = new Net(0.4);
        try (TrainingStep step = net.step(N, Optimizer.sgd(0), builder -> builder.replicas(2))) {
            fill(step, 0, 7, 0, N);
            fill(step, 1, 7, 0, N);
            float mean = step.run();
            step.state("h", 0).data().fill((byte) 0);
            step.state("h", 1).data().fill((byte) 0);
            assertTrue(mean != step.run(), "the second run drops what the first did");
        }
    }

    @Test
    void aGradientThatIsNotFiniteIsNamedAndChangesNothing() {
        Net net = new Net(0);
        Optimizer optimizer = Optimizer.adam(0.01);
        try (TrainingStep step =
                net.step(N / 2, optimizer, builder -> builder.replicas(2).accumulate(2))) {
            fill(step, 0, 1, 0, N / 2);
            fill(step, 1, 1, N / 2, N);
            step.run();
            step.run();
            step.run();
            float[] bad = step.input("x", 1).toFloatArray();
            float[] good = bad.clone();
            bad[4] = Float.NaN;
            step.input("x", 1).copyFrom(bad);
            Map<String, float[]> before = net.weights();
            float[] state = step.state("h", 0).toFloatArray();
            ArithmeticException e = assertThrows(ArithmeticException.class, step::run);
            assertEquals(
                    "the gradient of net.0.weight_ih_l0 in replica 1 is not finite; no parameter was changed",
                    e.getMessage());
            assertEquals(1, optimizer.steps());
            assertArrayEquals(state, step.state("h", 0).toFloatArray());
            net.weights().forEach((name, values) -> assertArrayEquals(before.get(name), values, name));
            step.input("x", 1).copyFrom(good);
            step.run();
            assertEquals(1, optimizer.steps(), "what was accumulated is forgotten");
            step.run();
            assertEquals(2, optimizer.steps());
            assertTrue(Float.isFinite(step.gradientNorm()));
        }
    }

    @Test
    void groupsHaveOptimizersOfTheirOwn() {
        Net net = new Net(0);
        Net plain = new Net(0);
        Optimizer frozen = Optimizer.sgd(0);
        try (TrainingStep step = net.step(
                        N, Optimizer.sgd(1), builder -> builder.group(name -> name.startsWith("net.1."), frozen));
                TrainingStep all = plain.step(N, Optimizer.sgd(1), builder -> builder)) {
            fill(step, 0, 1, 0, N);
            fill(all, 0, 1, 0, N);
            assertEquals(all.run(), step.run());
            assertEquals(all.gradientNorm(), step.gradientNorm());
            assertEquals(1, frozen.steps());
        }
        Map<String, float[]> initial = new Net(0).weights();
        net.weights()
                .forEach((name, values) -> assertArrayEquals(
                        name.startsWith("net.1.")
                                ? initial.get(name)
                                : plain.weights().get(name),
                        values,
                        name));
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> net.step(N, Optimizer.sgd(1), builder -> builder.group(name -> name.equals("x"), frozen)));
        assertTrue(e.getMessage().startsWith("the group has none of the parameters [net.0.weight_ih_l0, "));
    }

    @Test
    void aRunAllocatesNothingAndCloseEndsTheThreads() {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (TrainingStep step = new Net(0.2)
                .step(N, Optimizer.adam(0.001), builder -> builder.replicas(2).accumulate(2))) {
            Thread member = members().getFirst();
            fill(step, 0, 1, 0, N);
            fill(step, 1, 2, 0, N);
            long allocated = Long.MAX_VALUE;
            for (int round = 0; round < 100 && allocated > 0; round++) {
                long before =
                        threads.getCurrentThreadAllocatedBytes() + threads.getThreadAllocatedBytes(member.threadId());
                for (int i = 0; i < 300; i++) {
                    step.run();
                }
                allocated = threads.getCurrentThreadAllocatedBytes()
                        + threads.getThreadAllocatedBytes(member.threadId())
                        - before;
            }
            assertEquals(0, allocated);
            Thread.currentThread().interrupt();
            step.run();
            assertTrue(Thread.interrupted(), "the interrupt is kept");
            while (member.getState() != Thread.State.WAITING) {
                Thread.onSpinWait(); // it sleeps as soon as it has nothing to do
            }
        }
        assertEquals(0, members().size());
    }

    private static java.util.List<Thread> members() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("rondo-team"))
                .toList();
    }

    @Test
    void misusesAreNamed() {
        try (TrainingStep step = new Net(0).step(N, Optimizer.sgd(1), builder -> builder.replicas(2))) {
            assertEquals(
                    "replica 2 is none of 2",
                    assertThrows(IllegalArgumentException.class, () -> step.input("x", 2))
                            .getMessage());
        }
    }
}
