package dev.rondo.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ConcurrentStreamsTest {
    @Test
    void bothWaysAreMeasured() throws Exception {
        ConcurrentStreams.Result[] results = ConcurrentStreams.measure(12, 8, 4, 2, Duration.ofMillis(2), 1);
        for (ConcurrentStreams.Result result : results) {
            assertTrue(result.framesPerSecond() > 0, result::toString);
            assertTrue(result.processorMicros() > 0, result::toString);
            assertTrue(result.medianMillis() <= result.percentile99Millis(), result::toString);
        }
    }
}
