package dev.rondo.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
    @TempDir
    private Path folder;

    private static String timed(String library, String shape, String iterations, double bytes) {
        return """
                {"threads": 1, "params": {"library": "%s", "shape": "%s", "threads": "1"},
                 "primaryMetric": {"score": 7, "scoreError": "NaN", "scoreUnit": "us/op", "rawData": [[%s]]},
                 "secondaryMetrics": {"gc.alloc.rate.norm": {"score": %s}}}""".formatted(library, shape, iterations, bytes);
    }

    private static String sampled(String library, int callers, double mean, double tail) {
        return """
                {"threads": %d, "params": {"library": "%s", "shape": "lstm h8 b1 t3"},
                 "primaryMetric": {"score": %s, "scoreUnit": "ms/op", "scorePercentiles": {"99.9": %s},
                                   "rawDataHistogram": [[[[1, 2]]]]},
                 "secondaryMetrics": {}}""".formatted(callers, library, mean, tail);
    }

    private String report(Suite suite, String... results) throws IOException {
        Files.writeString(
                folder.resolve(suite.file().getFileName()),
                Stream.of(results).toList().toString());
        Report.main(folder.toString());
        return Files.readString(folder.resolve("report.md"));
    }

    @Test
    void tableHasMediansAndRatiosToTheBestPeer() throws IOException {
        String text = report(
                Suite.STREAMING,
                timed("rondo", "lstm h16 b1 t1", "2.0, 4.0, 1.0", 0),
                timed("onnxruntime", "lstm h16 b1 t1", "9, 9, 9", 504),
                timed("libtorch", "lstm h16 b1 t1", "6, 5, 90", 800),
                timed("rondo", "gru h16 b1 t1", "8, 8, 8", 0),
                timed("onnxruntime", "gru h16 b1 t1", "6.0, 6.0, 6.0", 504));
        assertTrue(text.contains("| µs a run | rondo | onnxruntime | libtorch | best peer by Rondo |"), text);
        assertTrue(text.contains("| lstm h16 b1 t1 | 2.00 | 9.00 | 6.00 | 3.00 libtorch |"), text);
        assertTrue(text.contains("| gru h16 b1 t1 | 8.00 | 6.00 | | 0.75 onnxruntime |"), text);
        assertTrue(text.contains("Geometric mean of the ratios: 1.50."), text);
        assertTrue(text.contains("A peer is ahead of Rondo in 1 of 2 rows: gru h16 b1 t1 (onnxruntime, 0.75)."), text);
        assertTrue(text.contains("| lstm h16 b1 t1 | 0.000 | 504 | 800 |"), text);
        for (String chart : List.of("streaming-lstm.svg", "streaming-gru.svg")) {
            assertTrue(text.contains("(" + chart + ")"), text);
            assertTrue(Files.readString(folder.resolve(chart)).contains("<svg"), chart);
        }
    }

    @Test
    void samplesGiveThroughputAndTail() throws IOException {
        String text = report(
                Suite.CONCURRENCY,
                sampled("rondo", 1, 0.1, 0.5),
                sampled("onnxruntime", 1, 0.2, 0.25),
                sampled("rondo", 4, 0.2, 1),
                sampled("onnxruntime", 4, 0.4, 3));
        assertTrue(text.contains("| lstm h8 b1 t3, callers: 1 | 10000 | 5000 | 2.00 onnxruntime |"), text);
        assertTrue(text.contains("| lstm h8 b1 t3, callers: 4 | 20000 | 10000 | 2.00 onnxruntime |"), text);
        assertTrue(text.contains("| lstm h8 b1 t3, callers: 1 | 500 | 250 | 0.50 onnxruntime |"), text);
        assertFalse(text.contains("bytes of Java's heap"), text);
    }

    @Test
    void everySuiteHasAChart() throws IOException {
        for (Suite suite : Suite.values()) {
            String shape = suite.shapes().getFirst();
            String text = suite == Suite.CONCURRENCY
                    ? report(suite, sampled("rondo", 1, 1, 2), sampled("java", 1, 1, 2))
                    : report(suite, timed("rondo", shape, "1", 0), timed("java", shape, "2", 0));
            assertTrue(text.contains("![" + suite.title() + "](" + suite), text);
        }
    }

    @Test
    void nothingIsWrittenWithoutResults() throws IOException {
        assertThrows(IllegalArgumentException.class, () -> Report.main(folder.toString()));
        Files.writeString(folder.resolve("streaming.json"), "[{\"params\": {}}]");
        assertThrows(MalformedFileException.class, () -> Report.main(folder.toString()));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(List.of(folder.resolve("streaming.json")), files.toList());
        }
    }

    @Test
    void numbersHaveThreeDigits() {
        assertEquals("1234", Report.number(1234.4));
        assertEquals("123", Report.number(123.4));
        assertEquals("12.3", Report.number(12.34));
        assertEquals("1.23", Report.number(1.234));
        assertEquals("0.001", Report.number(0.0012));
    }
}
