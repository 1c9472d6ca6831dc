package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
