package dev.rondo.cli;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "demo",
        description = {
            "Colours Java source with a small bidirectional LSTM that comes with Rondo.",
            "It reads the file byte by byte and knows nothing of Java but what it learned. Files above 32 KiB are"
                    + " read in overlapping windows."
        },
        footer = {"", "Examples:", "  rondo demo", "  rondo demo src/Main.java --html main.html"})
final class DemoCommand implements Callable<Integer> {
    private static final long LARGEST_FILE = 100_000_000;

    private enum Color {
        AUTO,
        ALWAYS,
        NEVER
    }

    private static final class ColorWords extends Words<Color> {
        ColorWords() {
            super(Color.values());
        }
    }

    @ParentCommand
    private Main main;

    @Parameters(paramLabel = "FILE.java", arity = "0..1", description = "The file to colour (default: a sample).")
    private @Nullable Path file;

    @Option(
            names = "--html",
            paramLabel = "OUT",
            description = "Write a page to this file, and nothing to the terminal.")
    private @Nullable Path html;

    @Option(
            names = "--color",
            paramLabel = "WHEN",
            defaultValue = "auto",
            converter = ColorWords.class,
            completionCandidates = ColorWords.class,
            description = "auto, always or never (default: auto, which means on a terminal).")
    private Color color;

    @Option(
            names = "--threads",
            paramLabel = "N",
            defaultValue = "1",
            description = "Threads that each operation may use (default: 1, best for small layers).")
    private int threads;

    @Override
    public Integer call() throws IOException {
        EngineOptions.checkThreads(threads);
        Terminal terminal = main.terminal();
        byte[] source = file == null ? ShippedModel.sample() : read(file);
        if (html != null && file != null && Files.exists(html) && Files.isSameFile(html, file)) {
            throw new InputException("--html " + html + ": is the source itself");
        }
        String name = file == null ? "Sample.java" : file.getFileName().toString();
        terminal.loadLibraries();
        Highlighting highlighting = highlight(terminal, source);
        HighlightedSource highlighted = new HighlightedSource(source, highlighting.classes());
        String summary = highlighting.summary(threads);
        if (html != null) {
            writePage(html, new HtmlPage(name, summary, highlighted, lines(source)));
        } else {
            print(terminal, source, highlighted);
        }
        terminal.message("%s: %s", name, summary);
        if (html != null) {
            terminal.message("Wrote %s", html);
        }
        return 0;
    }

    private static byte[] read(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) { // a device or a pipe may never end
            throw new FileSystemException(file.toString(), null, "is not a regular file");
        }
        if (Files.size(file) > LARGEST_FILE) {
            throw new InputException(file + ": is larger than " + LARGEST_FILE / 1_000_000 + " MB");
        }
        return Files.readAllBytes(file);
    }

    private Highlighting highlight(Terminal terminal, byte[] source) {
        if (!Windows.of(source.length).areMany()) {
            return Highlighting.of(source, threads, _ -> {});
        }
        try (Progress progress = Progress.of(terminal, "Colouring", source.length, "bytes")) {
            return Highlighting.of(source, threads, progress);
        }
    }

    private void print(Terminal terminal, byte[] source, HighlightedSource highlighted) throws IOException {
        boolean colored = switch (color) {
            case AUTO -> terminal.wantsColor();
            case ALWAYS -> true;
            case NEVER -> false;
        };
        OutputStream out = new BufferedOutputStream(terminal.out(), 1 << 16);
        if (colored) {
            highlighted.writeAnsi(out);
        } else {
            out.write(source);
        }
        out.flush();
    }

    private static void writePage(Path target, HtmlPage page) throws IOException {
        try (OutputFiles files = new OutputFiles()) {
            Writer writer = new OutputStreamWriter(files.create(target), StandardCharsets.UTF_8);
            page.write(writer);
            writer.flush();
            files.commit();
        }
    }

    private static int lines(byte[] source) {
        int lines = source.length > 0 && source[source.length - 1] != '\n' ? 1 : 0;
        for (byte b : source) {
            lines += b == '\n' ? 1 : 0;
        }
        return lines;
    }
}
