package dev.rondo.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MainTest {
    @TempDir
    private Path folder;

    private record Result(int status, String output, String errors) {}

    private Result run(String... args) throws Exception {
        Path output = folder.resolve("output");
        Path errors = folder.resolve("errors");
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "--enable-native-access=ALL-UNNAMED",
                "-Djmh.ignoreLock=true",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName()));
        command.addAll(List.of(args));
        Process process = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectOutput(output.toFile())
                .redirectError(errors.toFile())
                .start();
        return new Result(process.waitFor(), Files.readString(output), Files.readString(errors));
    }

    @Test
    void withoutArgumentsItListsSuitesAndLibraries() throws Exception {
        Result result = run();
        assertEquals(0, result.status());
        for (Suite suite : Suite.values()) {
            assertTrue(result.output().contains("  " + suite + " "), result.output());
        }
        assertTrue(result.output().contains("rondo, onnxruntime"), result.output());
    }

    @Test
    void anUnknownSuiteTakesOneLine() throws Exception {
        Result result = run("sprinting");
        assertEquals(2, result.status());
        assertTrue(
                result.errors().matches("error: there is no suite named sprinting, only \\[.*]\\R"), result.errors());
    }

    @Test
    void aContenderThatFailsIsNamed() throws Exception {
        Result result = run("streaming", "-p", "shape=lstm h8 b1 t1", "-p", "library=java", "-p", "threads=x");
        assertEquals(2, result.status());
        assertTrue(
                result.errors().contains("error: the streaming suite has no result of java, lstm h8 b1 t1"),
                result.errors());
    }

    @Test
    void aSuiteRunsAndIsReported() throws Exception {
        String shape = "lstm h8 b1 t1";
        Result suite = run(
                "streaming", "-p", "shape=" + shape, "-p", "library=rondo,java", "-wi", "0", "-i", "1", "-r", "20ms");
        assertEquals(0, suite.status(), suite.errors());
        List<Measurement> measurements = Measurement.read(folder.resolve(Suite.STREAMING.file()));
        assertEquals(
                List.of("rondo", "java"),
                measurements.stream().map(Measurement::library).toList());
        assertTrue(measurements.stream()
                .allMatch(one -> one.time() > 0 && one.allocation().isPresent()));
        assertEquals(0, run("report").status());
        String text = Files.readString(folder.resolve(Suite.RESULTS).resolve("report.md"));
        assertTrue(text.contains("| " + shape + " | "), text);
    }
}
