package dev.rondo.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SuiteTest {
    @ParameterizedTest
    @EnumSource(Suite.class)
    void shapesAreWellFormedAndHavePeers(Suite suite) {
        assertFalse(suite.shapes().isEmpty());
        for (String text : suite.shapes()) {
            LayerShape shape = LayerShape.parse(text);
            assertEquals(text, shape.toString());
            assertEquals("rondo", suite.libraries(shape).getFirst().name());
            assertTrue(suite.libraries(shape).size() > 1, text + " has no peer");
        }
        assertEquals(suite, Suite.named(suite.toString()));
    }

    @Test
    void deepBenchIsWhole() {
        Set<String> shapes = new HashSet<>(Suite.DEEPBENCH.shapes());
        shapes.addAll(Suite.DEEPBENCH_LONG.shapes());
        assertEquals(71, shapes.size()); // 69 on servers, 3 on devices, one of which is the same
        assertEquals(
                71,
                Suite.DEEPBENCH.shapes().size() + Suite.DEEPBENCH_LONG.shapes().size());
    }

    private static Stream<Arguments> with(String text, boolean isStream) {
        LayerShape shape = LayerShape.parse(text);
        return Library.all().stream()
                .filter(library -> isStream ? library.hasStream(shape) : library.hasLayer(shape))
                .map(library -> Arguments.of(library.name(), text));
    }

    static Stream<Arguments> steps() {
        return Stream.concat(with("lstm h16 b1 t1", true), with("gru h32 b1 t1", true));
    }

    /// The benchmark itself refuses an output that disagrees.
    @ParameterizedTest
    @MethodSource("steps")
    void streamingRuns(String library, String shape) {
        Streaming benchmark = new Streaming();
        benchmark.shape = shape;
        run(benchmark, library);
    }

    static Stream<Arguments> layers() {
        return Stream.of("lstm h8 b1 t3", "gru h8 b2 t3", "lstm i5 h8 l2 bi b2 t4", "gru h8 b3 t5 ragged")
                .flatMap(shape -> with(shape, false));
    }

    @ParameterizedTest
    @MethodSource("layers")
    void sequencesRun(String library, String shape) {
        DeepBench benchmark = new DeepBench();
        benchmark.shape = shape;
        run(benchmark, library);
    }

    private static void run(ContenderBenchmark benchmark, String library) {
        benchmark.library = library;
        benchmark.open();
        try {
            benchmark.run();
        } finally {
            benchmark.close();
        }
    }

    static Stream<String> models() {
        return with("lstm h8 b1 t3", false).map(arguments -> (String) arguments.get()[0]);
    }

    @ParameterizedTest
    @MethodSource("models")
    void callersOfOneModelRunAtOnce(String library) throws InterruptedException {
        Concurrency benchmark = new Concurrency();
        benchmark.library = library;
        benchmark.shape = "lstm h8 b1 t3";
        benchmark.open();
        Reference reference = Reference.of(LayerShape.parse(benchmark.shape));
        int[] agreed = new int[4];
        Thread[] threads = new Thread[agreed.length];
        for (int i = 0; i < threads.length; i++) {
            int me = i;
            threads[i] = new Thread(() -> {
                Concurrency.Caller caller = new Concurrency.Caller();
                caller.open(benchmark);
                for (int run = 0; run < 50; run++) {
                    benchmark.run(caller);
                    reference.check(library, LayerShape.parse(benchmark.shape), caller.output());
                    agreed[me]++;
                }
                caller.close();
            });
            threads[i].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
        benchmark.close();
        for (int runs : agreed) {
            assertEquals(50, runs);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"rondo", "java"})
    void newJvmGivesTheResult(String library) throws Exception {
        ColdStart benchmark = new ColdStart();
        benchmark.library = library;
        benchmark.shape = "lstm h8 b1 t3";
        double expected = 0;
        for (double[] step : Reference.of(LayerShape.parse(benchmark.shape)).output()[0]) {
            for (double value : step) {
                expected += Math.abs(value);
            }
        }
        assertEquals(expected, benchmark.firstResult(), 1e-3);
    }
}
