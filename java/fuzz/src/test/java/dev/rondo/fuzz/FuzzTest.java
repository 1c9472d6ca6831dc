package dev.rondo.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Fuzzing of each target in a JVM of its own, guided by what the bytes reach: `mvn verify -Pfuzz`.
///
/// | property | meaning |
/// |---|---|
/// | `fuzz.minutes` | of each target (10) |
/// | `fuzz.target` | a regular expression of their names (all) |
///
/// What it makes is kept in `target/fuzz`, to go on from: a folder of files that reach something new for each target,
/// and files that broke it, which belong among the seeds once it is mended.
@Tag("fuzz")
class FuzzTest {
    // By the clock, which goes on where the machine is busy; targets themselves are stricter on their own time.
    private static final int TIMEOUT_SECONDS = 300;

    @ParameterizedTest
    @EnumSource
    void findsNothing(Target target) throws IOException, InterruptedException {
        assumeTrue(target.name().matches(System.getProperty("fuzz.target")));
        Path folder = Path.of(System.getProperty("fuzz.folder"));
        String name = target.name().toLowerCase(Locale.ROOT);
        Path corpus = Files.createDirectories(folder.resolve(name));
        Path log = folder.resolve(name + ".log");
        Process fuzzer = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:MaxDirectMemorySize=64m",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "com.code_intelligence.jazzer.Jazzer",
                        "--target_class=" + Fuzzer.class.getName(),
                        "--target_args=" + target.name(),
                        "--instrumentation_includes=dev.rondo.**:com.google.protobuf.**:io.jhdf.**",
                        "-max_total_time=" + 60 * Long.getLong("fuzz.minutes"),
                        "-timeout=" + TIMEOUT_SECONDS,
                        "-rss_limit_mb=0", // the JVM's own limits are tighter
                        "-print_final_stats=1",
                        "-artifact_prefix=" + folder.resolve(name + "-"),
                        corpus.toString(),
                        Seeds.folder(target).toString()))
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        assertEquals(0, fuzzer.waitFor(), () -> target + " was broken; see " + log);
    }
}
