package dev.rondo.kernel;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.reference.Samples;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.Values;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
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
        assumeTrue(kernels != JAVA, "built without native code");
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

    /// The known answers of the generator's authors for counter 0 and key 0.
    @Test
    void philoxGivesItsKnownAnswers() {
        int[] expected = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
        for (int n = 0; n < 4; n++) {
            assertEquals(expected[n], Philox.word(0, n));
        }
    }

    @Test
    void bothDropTheSameElements() {
        Tensor x = random(new Samples(3), 3, 1001);
        Tensor one = zeros(3, 1001);
        Tensor other = zeros(3, 1001);
        for (float p : new float[] {0, 0.1f, 0.5f, 1}) {
            TrainingKernels.available().dropout(x.data(), one.data(), 3, 1001, p, 0x123456789abcdefL, 17);
            JavaTrainingKernels.INSTANCE.dropout(x.data(), other.data(), 3, 1001, p, 0x123456789abcdefL, 17);
            new Tolerance(1e-6).assertClose("dropout " + p, other.toDoubleArray(), one.toFloatArray());
        }
    }

    /// The second row has no probability at all.
    @ParameterizedTest
    @ValueSource(ints = {3, 16, 2500})
    void likeliestIdsAreEqual(int width) {
        Tensor x = random(new Samples(width), 3, width);
        for (int i = 0; i < width; i++) {
            x.data().setAtIndex(ValueLayout.JAVA_FLOAT, width + i, Float.NEGATIVE_INFINITY);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ids = arena.allocate(ValueLayout.JAVA_LONG, 6);
            MemorySegment others = arena.allocate(ValueLayout.JAVA_LONG, 6);
            Tensor one = zeros(3);
            Tensor other = zeros(3);
            kernels.likeliest(x.data(), 3, width, 2, ids, one.data());
            JAVA.likeliest(x.data(), 3, width, 2, others, other.data());
            assertEquals(-1, ids.mismatch(others));
            float[] norms = other.toFloatArray();
            assertEquals(Float.NEGATIVE_INFINITY, norms[1]);
            assertArrayEquals(norms, one.toFloatArray(), 1e-5f);
        }
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

    @Test
    void ctcLossesAreEqual() {
        long[] labels = {1, 1, 4, 2, 0, 0, 4, 3, 4};
        Tensor logProbs = zeros(6, 3, 5);
        kernels.softmax(random(new Samples(4), 6, 3, 5).data(), logProbs.data(), 18, 5, true);
        Tensor targets = Tensor.of(Shape.of(3, 3), labels);
        Tensor steps = Tensor.of(Shape.of(3), 6L, 0L, 5L);
        Tensor counts = Tensor.of(Shape.of(3), 3L, 0L, 3L);
        Tensor alpha = Tensor.allocate(Arena.ofAuto(), Shape.of(3, 6, 7), DataType.F64);
        Tensor scratch = Tensor.allocate(Arena.ofAuto(), Shape.of(7), DataType.F64);
        for (Reduction reduction : Reduction.values()) {
            CtcArguments arguments = new CtcArguments(
                    6,
                    3,
                    5,
                    3,
                    logProbs.data(),
                    targets.data(),
                    steps.data(),
                    counts.data(),
                    0,
                    true,
                    reduction,
                    alpha.data(),
                    scratch.data());
            int losses = reduction == Reduction.NONE ? 3 : 1;
            Tensor[] loss = {zeros(losses), zeros(losses)};
            Tensor[] gradient = {zeros(6, 3, 5), zeros(6, 3, 5)};
            Tensor diffLoss = random(new Samples(5), losses);
            LossKernel[] both = {
                TrainingKernels.available().ctc(arguments, Arena.ofAuto()),
                JavaTrainingKernels.INSTANCE.ctc(arguments, Arena.ofAuto())
            };
            for (int i = 0; i < 2; i++) {
                assertEquals(-1, both[i].forward(loss[i].data()));
                both[i].backward(diffLoss.data(), gradient[i].data());
            }
            new Tolerance(1e-6).assertClose("loss", loss[1].toDoubleArray(), loss[0].toFloatArray());
            new Tolerance(1e-6).assertClose("gradient", gradient[1].toDoubleArray(), gradient[0].toFloatArray());
            for (long bad : new long[] {-1, 5, 0}) {
                targets.data().setAtIndex(ValueLayout.JAVA_LONG, 8, bad);
                assertEquals(2, both[0].forward(loss[0].data()));
                assertEquals(2, both[1].forward(loss[1].data()));
            }
            targets.copyFrom(labels);
        }
    }
}
