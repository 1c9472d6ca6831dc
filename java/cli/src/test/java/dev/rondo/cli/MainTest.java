package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    @Test
    void aloneShowsHelp() {
        Invocation invocation = Invocation.of().succeeds();

        assertTrue(invocation.out().startsWith("Usage: rondo"), invocation.out());
        for (String command : new String[] {"demo", "run", "info", "bench", "doctor"}) {
            assertTrue(invocation.out().contains("\n  " + command), invocation.out());
        }
        assertEquals("", invocation.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo", "run", "info", "bench", "doctor"})
    void everyCommandHasHelpWithAnExample(String command) {
        String help = Invocation.of(command, "--help").succeeds().out();

        assertTrue(help.contains("Example"), help);
        assertTrue(help.contains("  rondo " + command), help);
        assertFalse(help.contains("\u001b"), help);
        assertTrue(help.lines().allMatch(line -> line.length() <= 100), help);
    }

    @Test
    void hasAVersion() {
        assertTrue(Invocation.of("--version").succeeds().out().matches("rondo \\d+\\.\\d+\\.\\d+.*\\R"));
    }

    @Test
    void refusesUnknownCommands() {
        Invocation.of("frobnicate").isBadInput("'frobnicate'", "--help");
        Invocation.of("--frobnicate").isBadInput("--frobnicate");
    }

    @ParameterizedTest
    @ValueSource(strings = {"demo", "doctor", "--version", "--help", "run --help"})
    void tellsWhenResultsCannotBeWritten(String line) {
        OutputStream full = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("No space left on device");
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();

        int exitCode = Main.run(
                new Terminal(
                        new PrintStream(full), new PrintStream(err, true, StandardCharsets.UTF_8), false, false, false),
                line.split(" "));

        String messages = err.toString(StandardCharsets.UTF_8);
        assertEquals(1, exitCode, messages);
        assertEquals(
                "error: standard output: cannot be written",
                messages.lines().toList().getLast());
    }

    @Test
    void doctorFindsNothingWrong() {
        String report = Invocation.of("doctor").succeeds().out();

        for (String word : new String[] {"platform", "JDK", "processors", "CPU limit", "cache folder", "libraries"}) {
            assertTrue(report.contains(word), report);
        }
        assertTrue(report.contains("ok: 1,912 bytes"), report);
        assertFalse(report.contains("TO DO"), report);
    }
}
