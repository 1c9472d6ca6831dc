package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Assumptions;

/// The memory that the system has given this process, native memory included.
final class ResidentMemory {
    private static final Path STATUS = Path.of("/proc/self/status");

    private ResidentMemory() {}

    static long bytes() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("RssAnon:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                    .sum();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Calls an action many times. In the second half, when the heap and caches have grown as large as they
    /// get, memory may not grow by more than some bytes.
    static void requireFlat(int calls, long slack, IntConsumer action) {
        Assumptions.assumeTrue(Files.isReadable(STATUS), "no /proc to read resident memory from");
        long before = 0;
        for (int call = 0; call < calls; call++) {
            action.accept(call);
            if (call == calls / 2) {
                System.gc();
                before = bytes();
            }
        }
        System.gc();
        long grown = bytes() - before;
        assertTrue(
                grown < slack,
                calls / 2 + " calls have grown resident memory by " + (grown >> 10) + " KiB to " + (bytes() >> 20)
                        + " MiB");
    }
}
