package dev.rondo.kernel;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.kernel.RecurrentArguments.Strided;
import dev.rondo.program.Activation;
import dev.rondo.reference.Samples;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.Values;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The scan in Java against the native one, where the build has both.
class JavaScanTest {
    private static final int STEPS = 5;
    private static final int BATCH = 3;
    private static final int HIDDEN = 18;

    private static Tensor random(long seed, long... sizes) {
        Shape shape = Shape.of(sizes);
        return Tensor.of(shape, Values.floats(new Samples(seed).vector((int) shape.elements())));
    }

    /// What a scan gives: states, and the gradients of candidates, gates, the weight and the initial state.
    private static List<Tensor> run(ScanKernel kernel, boolean isUpdate, boolean isNative, int parts) {
        Tensor x = random(1, STEPS, BATCH, HIDDEN);
        Tensor gate = random(2, STEPS, BATCH, HIDDEN);
        List<Tensor> results = List.of(
                zeros(STEPS, BATCH, HIDDEN),
                zeros(STEPS, BATCH, HIDDEN),
                zeros(STEPS, BATCH, HIDDEN),
                zeros(BATCH, HIDDEN),
                zeros(BATCH, HIDDEN));
        ScanArguments arguments = new ScanArguments(
                STEPS,
                BATCH,
                HIDDEN,
                Activation.TANH,
                isUpdate,
                new Strided(x.data(), BATCH * HIDDEN, HIDDEN),
                new Strided(gate.data(), BATCH * HIDDEN, HIDDEN),
                random(3, HIDDEN).data(),
                random(4, BATCH, HIDDEN).data(),
                results.get(0).data(),
                random(5, STEPS, BATCH, HIDDEN).data(),
                results.get(1).data(),
                results.get(2).data(),
                results.get(3).data(),
                results.get(4).data());
        try (Arena arena = Arena.ofConfined()) {
            for (boolean isBackward : new boolean[] {false, true}) {
                if (isNative) {
                    for (var step : kernel.of(isBackward, arguments, parts, arena)) {
                        step.run();
                    }
                } else {
                    new JavaScan(kernel, isBackward, arguments, 0, BATCH, 0, 7).run();
                    new JavaScan(kernel, isBackward, arguments, 0, BATCH, 7, HIDDEN).run();
                }
            }
        }
        return results;
    }

    private static Tensor zeros(long... sizes) {
        return Tensor.allocate(Arena.ofAuto(), Shape.of(sizes), DataType.F32);
    }

    @ParameterizedTest
    @EnumSource
    void equalsTheNativeOne(ScanKernel kernel) {
        assumeTrue(Kernels.available() != JavaKernels.INSTANCE, "built without native code");
        for (boolean isUpdate : new boolean[] {false, true}) {
            List<Tensor> expected = run(kernel, isUpdate, true, 1);
            for (List<Tensor> actual : List.of(
                    run(kernel, isUpdate, false, 1), run(kernel, isUpdate, true, 2), run(kernel, isUpdate, true, 5))) {
                for (int i = 0; i < expected.size(); i++) {
                    new Tolerance(1e-5)
                            .assertClose(
                                    kernel + " " + i,
                                    expected.get(i).toDoubleArray(),
                                    actual.get(i).toFloatArray());
                }
            }
        }
    }
}
