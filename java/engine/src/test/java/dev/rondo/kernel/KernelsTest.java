package dev.rondo.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.kernel.GruArguments.Strided;
import dev.rondo.reference.Samples;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.Values;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The native kernels against those in Java, where the build has both.
class KernelsTest {
    private static final Kernels JAVA = JavaKernels.INSTANCE;

    private Kernels kernels;

    @BeforeEach
    void nativeKernels() {
        kernels = Kernels.available();
        assumeTrue(kernels.isNative(), "built without native code");
    }

    private static Tensor random(Samples samples, long... sizes) {
        Shape shape = Shape.of(sizes);
        return Tensor.of(shape, Values.floats(samples.vector((int) shape.elements())));
    }

    private static Tensor zeros(long... sizes) {
        return Tensor.allocate(Arena.ofAuto(), Shape.of(sizes), DataType.F32);
    }

    @Test
    void embeddingsAreEqual() {
        Tensor table = random(new Samples(1), 13, 7);
        long[] ids = {0, 12, 5, 5, 1, 11};
        MemorySegment indices = Tensor.of(Shape.of(6), ids).data();
        Tensor one = zeros(6, 7);
        Tensor other = zeros(6, 7);
        assertEquals(-1, kernels.embedding(table.data(), 13, 7, indices, 6, one.data()));
        assertEquals(-1, JAVA.embedding(table.data(), 13, 7, indices, 6, other.data()));
        assertEquals(-1, one.data().mismatch(other.data()));
        indices.setAtIndex(ValueLayout.JAVA_LONG, 3, 13);
        assertEquals(3, kernels.embedding(table.data(), 13, 7, indices, 6, one.data()));
        assertEquals(3, JAVA.embedding(table.data(), 13, 7, indices, 6, other.data()));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 5, 16, 33, 250})
    void softmaxesAreEqual(int width) {
        Tensor x = random(new Samples(width), 4, width);
        for (boolean logarithmic : new boolean[] {false, true}) {
            Tensor one = zeros(4, width);
            Tensor other = zeros(4, width);
            kernels.softmax(x.data(), one.data(), 4, width, logarithmic);
            JAVA.softmax(x.data(), other.data(), 4, width, logarithmic);
            new Tolerance(1e-6).assertClose("softmax", other.toDoubleArray(), one.toFloatArray());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void grusAreEqual(long seed) {
        Random random = new Random(seed);
        for (int round = 0; round < 10; round++) {
            int steps = random.nextInt(6);
            int batch = 1 + random.nextInt(6);
            int hidden = 1 + random.nextInt(70);
            boolean attention = random.nextBoolean();
            boolean state = random.nextBoolean();
            boolean reverse = random.nextBoolean();
            String what = "seed " + seed + "#" + round + ": T" + steps + " N" + batch + " H" + hidden;
            Samples samples = new Samples(random.nextLong());
            Tensor gates = random(samples, steps, batch, 3L * hidden);
            Tensor scores = Tensor.of(
                    Shape.of(steps, batch),
                    steps == 0 ? new float[0] : Values.floats(Values.flat(samples.scores(steps, batch))));
            Tensor h0 = random(samples, batch, hidden);
            Tensor weights = Tensor.of(
                    Shape.of(3L * hidden, hidden), Values.floats(Values.flat(samples.weight(3 * hidden, hidden))));
            float[][] results = new float[2][];
            Kernels[] both = {kernels, JAVA};
            for (int k = 0; k < 2; k++) {
                Tensor output = zeros(steps + 1L, batch, hidden); // the final state comes last
                long last = (long) steps * batch * hidden;
                MemorySegment hN = output.data().asSlice(last * Float.BYTES);
                both[k].gru(
                                new GruArguments(
                                        steps,
                                        batch,
                                        hidden,
                                        new Strided(gates.data(), 3L * hidden * batch, 3L * hidden),
                                        attention ? new Strided(scores.data(), batch, 1) : Strided.NOTHING,
                                        both[k].packGru(weights, Arena.ofAuto()),
                                        state ? new Strided(h0.data(), 0, hidden) : Strided.NOTHING,
                                        new Strided(output.data(), (long) batch * hidden, hidden),
                                        new Strided(hN, 0, hidden),
                                        reverse),
                                Arena.ofAuto())
                        .run();
                results[k] = output.toFloatArray();
            }
            double[] expected = new double[results[1].length];
            for (int i = 0; i < expected.length; i++) {
                expected[i] = results[1][i];
            }
            new Tolerance(1e-5).assertClose(what, expected, results[0]);
        }
    }
}
