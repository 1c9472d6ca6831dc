package dev.rondo.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LoopBenchmarkTest {
    @ParameterizedTest
    @EnumSource
    void bothComputeAndLearnTheSame(LoopShape.Cell cell) {
        assumeTrue(Libtorch.isPresent(), "this platform has no libtorch");
        LoopShape shape = new LoopShape(cell, 13, 3, 6);
        try (Loop rondo = new RondoLoop(shape, 1);
                Loop libtorch = new LibtorchLoop(shape, 1)) {
            for (int run = 0; run < 2; run++) {
                rondo.forward();
                libtorch.forward();
                assertArrayEquals(libtorch.output(), rondo.output(), 1e-5f);
            }
            for (int step = 0; step < 3; step++) {
                assertEquals(libtorch.step(), rondo.step(), 1e-5f);
            }
            Map<String, float[]> expected = libtorch.weights();
            Map<String, float[]> actual = rondo.weights();
            // Adam divides by the size of gradients, so those that are all but zero decide a step by their rounding.
            expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), 2e-4f, name));
        }
    }

    @ParameterizedTest
    @EnumSource
    void runs(LoopShape.Cell cell) {
        LoopBenchmark benchmark = new LoopBenchmark();
        benchmark.cell = cell;
        benchmark.open();
        try {
            benchmark.forward();
            float before = benchmark.training();
            for (int i = 0; i < 5; i++) {
                benchmark.training();
            }
            assertTrue(benchmark.training() < before);
        } finally {
            benchmark.close();
        }
    }
}
