package dev.rondo.cli;

import dev.rondo.bindings.NativeLibraries;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.Locale;

/// The two streams a command writes to, and whether a person is watching them.
///
/// @param out           for results
/// @param err           for messages and progress
/// @param outIsTerminal whether results go to a terminal
/// @param errIsTerminal whether messages go to a terminal
/// @param outIsPipe     whether results go to another program, which may stop reading when it has enough
record Terminal(PrintStream out, PrintStream err, boolean outIsTerminal, boolean errIsTerminal, boolean outIsPipe) {
    /// Java knows only whether input and output both are a terminal, so the launcher tells which streams are: any of
    /// `out` and `err`; and `pipe` where output goes to another program.
    private static final String STREAMS_PROPERTY = "dev.rondo.cli.terminals";

    /// The process's own streams. Text is UTF-8, whatever the locale.
    static Terminal ofProcess() {
        Console console = System.console();
        boolean interactive = console != null && console.isTerminal();
        String terminals = System.getProperty(STREAMS_PROPERTY, interactive ? "out,err" : "");
        return new Terminal(
                new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8),
                new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8),
                terminals.contains("out"),
                terminals.contains("err"),
                terminals.contains("pipe"));
    }

    /// Whether results should have colours: on a terminal, unless `NO_COLOR` is set (no-color.org).
    boolean wantsColor() {
        String refusal = System.getenv("NO_COLOR");
        return outIsTerminal && (refusal == null || refusal.isEmpty());
    }

    /// A line to standard error.
    void message(String format, Object... arguments) {
        err.println(String.format(Locale.ROOT, format, arguments));
    }

    /// A line to standard error if somebody is watching.
    void notice(String format, Object... arguments) {
        if (errIsTerminal) {
            message(format, arguments);
        }
    }

    /// Loads the native libraries, which are extracted the first time.
    void loadLibraries() {
        if (!Files.isDirectory(NativeLibraries.cacheFolder())) {
            notice("Extracting native libraries to %s (first use)…", NativeLibraries.cacheFolder());
        }
        NativeLibraries.load();
    }
}
