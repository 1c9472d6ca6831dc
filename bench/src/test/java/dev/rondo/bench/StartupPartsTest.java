package dev.rondo.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class StartupPartsTest {
    @Test
    void thePartsMakeTheWhole() throws Exception {
        Map<String, long[]> times = StartupParts.measure(2, List.of("-Xint"));
        assertEquals(
                List.of("start the JVM", "open the libraries", "draw the weights", "prepare the session", "run", "all"),
                List.copyOf(times.keySet()));
        for (int run = 0; run < 2; run++) {
            long all = times.get("all")[run];
            long sum = -all;
            for (long[] nanos : times.values()) {
                assertTrue(nanos[run] > 0);
                sum += nanos[run];
            }
            assertEquals(all, sum);
        }
    }
}
