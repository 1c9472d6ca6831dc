package dev.rondo.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.kernel.StepKernel;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.Functional;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Losses;
import dev.rondo.nn.Module;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.Sequential;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TrainingStepTest {
    private static final int T = 12;
    private static final int N = 8;

    /// The network has to say whether the sum of all digits so far is odd.
    private static Module parity() {
        Module network = new Sequential(
                Map.of("net", new Sequential(new Embedding(2, 4), new GRU(Recurrence.of(4, 16)), new Linear(16, 2))));
        network.initialize(5);
        return network;
    }

    private static TrainingStep step(Module network, Optimizer optimizer) {
        return TrainingStep.of(network, optimizer)
                .input("x", Shape.of(T, N), DataType.I64)
                .input("y", Shape.of(T, N), DataType.I64)
                .clipNorm(1)
                .record(in -> Losses.crossEntropy(network.forward(in.get("x")), in.get("y")));
    }

    private static void fill(TrainingStep step, Random random) {
        long[] x = new long[T * N];
        long[] y = new long[T * N];
        for (int n = 0; n < N; n++) {
            long sum = 0;
            for (int t = 0; t < T; t++) {
                x[t * N + n] = random.nextInt(2);
                sum += x[t * N + n];
                y[t * N + n] = sum % 2;
            }
        }
        step.input("x").copyFrom(x);
        step.input("y").copyFrom(y);
    }

    private static float train(Module network, int steps) {
        Random random = new Random(1);
        float loss = Float.NaN;
        try (TrainingStep step = step(network, Optimizer.adam(0.01))) {
            for (int i = 0; i < steps; i++) {
                fill(step, random);
                loss = step.run();
            }
        }
        return loss;
    }

    @Test
    void aNetworkLearns() {
        float first = train(parity(), 1);
        float last = train(parity(), 1500);
        assertEquals(Math.log(2), first, 0.1);
        assertTrue(last < 0.05, "the loss is still " + last);
    }

    @Test
    void theSameSeedGivesTheSameBits() {
        Module one = parity();
        Module other = parity();
        assertEquals(train(one, 20), train(other, 20));
        one.parameters()
                .forEach((name, parameter) -> assertArrayEquals(
                        parameter.tensor().toFloatArray(),
                        other.parameters().get(name).tensor().toFloatArray(),
                        name));
    }

    @Test
    void gradientsThatAreNotFiniteStopTheStepByName() {
        Module network = parity();
        Optimizer optimizer = Optimizer.adam(0.01);
        try (TrainingStep step = step(network, optimizer)) {
            fill(step, new Random(1));
            step.run();
            float[] weights = network.parameters().get("net.2.weight").tensor().toFloatArray();
            weights[3] = Float.NaN;
            network.parameters().get("net.2.weight").tensor().copyFrom(weights);
            float[] untouched =
                    network.parameters().get("net.1.weight_hh_l0").tensor().toFloatArray();
            ArithmeticException e = assertThrows(ArithmeticException.class, step::run);
            assertTrue(e.getMessage().startsWith("the gradient of net."), e.getMessage());
            assertEquals(1, optimizer.steps());
            assertArrayEquals(
                    untouched,
                    network.parameters().get("net.1.weight_hh_l0").tensor().toFloatArray());
        }
    }

    @Test
    void targetsOutsideTheClassesAreNamed() {
        Module network = parity();
        try (TrainingStep step = step(network, Optimizer.sgd(0.1))) {
            fill(step, new Random(1));
            long[] y = step.input("y").toLongArray();
            y[17] = 2;
            step.input("y").copyFrom(y);
            IllegalArgumentException e = assertThrows(IllegalArgumentException.class, step::run);
            assertEquals("target 2 at position 17 is none of 2 classes", e.getMessage());
        }
    }

    @Test
    void aStepAllocatesNothingOnTheHeap() {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        try (TrainingStep step = step(parity(), Optimizer.adam(0.001))) {
            fill(step, new Random(2));
            long allocated = Long.MAX_VALUE;
            for (int round = 0; round < 100 && allocated > 0; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 300; i++) {
                    step.run();
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertEquals(0, allocated);
        }
    }

    @Test
    void useAfterCloseThrows() {
        TrainingStep step = step(parity(), Optimizer.sgd(0.1));
        step.close();
        step.close();
        assertThrows(IllegalStateException.class, step::run);
    }

    /// What is alive when a layer's last gradients are made, and room for products to work in.
    @Test
    void aStepHoldsWhatTheWayBackNeeds() {
        assumeTrue(StepKernel.isAvailable()); // oneDNN's primitives keep more
        int t = 10;
        int n = 4;
        int h = 64;
        Shape shape = Shape.of(t, n, h);
        Module[] layers = {new LSTM(Recurrence.of(h, h)), new GRU(Recurrence.of(h, h))};
        int[] matrices = {8, 6}; // (H, H): gradients of weights
        int[] sequences = {3 + 4, 3 + 3 + 3}; // (T, N, H): x, target, output; gates; a GRU's products
        for (int i = 0; i < layers.length; i++) {
            Module layer = layers[i];
            layer.initialize(1);
            try (TrainingStep step = TrainingStep.of(layer, Optimizer.adam(0.01))
                    .input("x", shape, DataType.F32)
                    .input("y", shape, DataType.F32)
                    .record(in -> Losses.mse(layer.forward(in.get("x")), in.get("y")))) {
                long most = 4L * (matrices[i] * h * h + sequences[i] * t * n * h) + (64 << 10);
                assertTrue(step.byteSize() <= most, layer + ": " + step.byteSize() + " bytes, more than " + most);
            }
        }
    }

    @Test
    void copiesOfConstantsAreCounted() {
        Tensor a = Tensor.of(Shape.of(1, 1000), new float[1000]);
        Tensor b = Tensor.of(Shape.of(1, 1000), new float[1000]);
        try (TrainingStep one = addition(a, a);
                TrainingStep two = addition(a, b)) {
            assertEquals(4000, two.byteSize() - one.byteSize());
        }
    }

    private static TrainingStep addition(Tensor a, Tensor b) {
        Module linear = new Linear(1, 1000);
        linear.initialize(1);
        return TrainingStep.of(linear, Optimizer.sgd(0.1))
                .input("x", Shape.of(1, 1), DataType.F32)
                .record(in -> {
                    Value y = linear.forward(in.get("x"));
                    Value once = Functional.add(y, y.recorder().constant(a));
                    return Functional.sum(Functional.add(once, y.recorder().constant(b)));
                });
    }
}
