package dev.rondo.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.openjdk.jmh.annotations.Param;

class SessionBenchmarkTest {
    static Stream<String> shapes() throws NoSuchFieldException {
        return Stream.of(SessionBenchmark.class
                .getField("shape")
                .getAnnotation(Param.class)
                .value());
    }

    @ParameterizedTest
    @MethodSource("shapes")
    void runsAndComputesStates(String shape) {
        SessionBenchmark benchmark = new SessionBenchmark();
        benchmark.shape = shape;
        benchmark.open();
        try {
            benchmark.run();
            float[] output = benchmark.output();
            String[] parts = shape.split(" ");
            int expected = 1;
            for (int i = 1; i < 4; i++) {
                expected *= Integer.parseInt(parts[i].substring(1));
            }
            assertEquals(expected, output.length);
            double sum = 0;
            for (float value : output) {
                assertTrue(Math.abs(value) < 1, "a state of " + value);
                sum += Math.abs(value);
            }
            assertTrue(sum / expected > 0.01, "states are all but zero");
        } finally {
            benchmark.close();
        }
    }
}
