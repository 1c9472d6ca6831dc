package dev.rondo.metrics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.BatchedStream;
import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.StreamBatcher;
import dev.rondo.nn.GRU;
import org.junit.jupiter.api.Test;

class BatchHistogramsTest {
    @Test
    void everyFrameIsCounted() throws Exception {
        BatchHistograms histograms = new BatchHistograms();
        try (Model model = Model.of(new GRU(3, 4), Input.floats("x", "T", "N", "3"));
                StreamBatcher batcher =
                        StreamBatcher.of(model).listener(histograms).start();
                BatchedStream stream = batcher.open()) {
            for (int i = 0; i < 7; i++) {
                stream.step();
            }
            BatchHistograms.Interval interval = histograms.interval();
            assertEquals(7, interval.queueNanos().getTotalCount());
            assertEquals(7, interval.batch().getTotalCount());
            assertEquals(1, interval.batch().getMaxValue());
            assertTrue(interval.stepNanos().getMinValue() > 0);
            stream.step();
            assertEquals(1, histograms.interval().queueNanos().getTotalCount());
        }
    }

    @Test
    void percentilesAreThoseOfTheValues() {
        BatchHistograms histograms = new BatchHistograms();
        for (int i = 1; i <= 1000; i++) {
            histograms.dequeued(i * 1000L);
            histograms.stepped(i % 16 + 1, i);
        }
        BatchHistograms.Interval interval = histograms.interval();
        assertEquals(990_000, interval.queueNanos().getValueAtPercentile(99), 10_000);
        assertEquals(16, interval.batch().getMaxValue());
        assertEquals(500, interval.stepNanos().getValueAtPercentile(50), 5);
    }
}
