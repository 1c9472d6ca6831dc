package dev.rondo.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.annotations.Param;

class TrainingBenchmarkTest {
    private static void assumeLibtorch() {
        assumeTrue(Libtorch.isPresent(), "this platform has no libtorch");
    }

    @ParameterizedTest
    @ValueSource(strings = {"lstm h21 b3 t5", "gru h21 b3 t5", "rnn h21 b3 t5", "rnn_relu h21 b3 t5", "lstm h8 b1 t1"})
    void bothTakeTheSameSteps(String shape) {
        assumeLibtorch();
        for (int threads = 1; threads <= 2; threads++) {
            assertNotNull(Agreement.of(LayerShape.parse(shape), threads, 3));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"RONDO", "LIBTORCH"})
    void stepLowersTheLoss(String library) {
        if (library.equals("LIBTORCH")) {
            assumeLibtorch();
        }
        TrainingBenchmark benchmark = new TrainingBenchmark();
        benchmark.shape = "gru h16 b2 t4";
        benchmark.library = Training.Library.valueOf(library);
        benchmark.open();
        try {
            float before = benchmark.step();
            float after = 0;
            for (int i = 0; i < 10; i++) {
                after = benchmark.step();
            }
            assertTrue(after < before, after + " after, " + before + " before");
        } finally {
            benchmark.close();
        }
    }

    @Test
    void shapesAreWrittenAsTheyAreRead() throws NoSuchFieldException {
        for (String shape : TrainingBenchmark.class
                .getField("shape")
                .getAnnotation(Param.class)
                .value()) {
            assertEquals(shape, LayerShape.parse(shape).toString());
        }
    }
}
