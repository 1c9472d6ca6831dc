package dev.rondo.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// What fuzzing has found stays mended.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class SeedsTest {
    @ParameterizedTest
    @EnumSource
    void areReadOrRefused(Target target) throws IOException {
        List<Path> seeds = Seeds.of(target);
        assertTrue(seeds.size() > 2, "few files for " + target);
        for (Path seed : seeds) {
            try {
                target.check(Files.readAllBytes(seed));
            } catch (Throwable e) {
                throw new AssertionError(target + ", " + seed.getFileName() + ": " + e.getMessage(), e);
            }
        }
    }
}
