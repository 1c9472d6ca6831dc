package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/// One run of the command, with what it wrote.
record Invocation(int exitCode, byte[] outBytes, String err) {
    static Invocation of(Object... arguments) {
        return of(false, arguments);
    }

    static Invocation onTerminal(Object... arguments) {
        return of(true, arguments);
    }

    private static Invocation of(boolean terminal, Object... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int exitCode;
        try (PrintStream outStream = new PrintStream(out, true, StandardCharsets.UTF_8);
                PrintStream errStream = new PrintStream(err, true, StandardCharsets.UTF_8)) {
            String[] words = Arrays.stream(arguments).map(Object::toString).toArray(String[]::new);
            exitCode = Main.run(new Terminal(outStream, errStream, terminal, terminal, false), words);
        }
        return new Invocation(exitCode, out.toByteArray(), err.toString(StandardCharsets.UTF_8));
    }

    String out() {
        return new String(outBytes, StandardCharsets.UTF_8);
    }

    Invocation succeeds() {
        assertEquals(0, exitCode, err);
        return this;
    }

    /// Checks that nothing came out but one line that names what is at fault.
    Invocation isBadInput(String... culprits) {
        assertEquals(2, exitCode, err);
        assertEquals("", out());
        assertTrue(err.startsWith("error: "), err);
        assertEquals(1, err.lines().count(), err);
        for (String culprit : culprits) {
            assertTrue(err.contains(culprit), () -> "should name " + culprit + ": " + err);
        }
        return this;
    }
}
