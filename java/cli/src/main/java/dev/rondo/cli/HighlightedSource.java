package dev.rondo.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/// Source text in colours. Its bytes come out as they went in; those of one character have one class, the
/// first's.
final class HighlightedSource {
    private static final byte[] RESET = escape("0");
    private static final TokenClass[] CLASSES = TokenClass.values();

    /// Takes a stretch of bytes of one class.
    @FunctionalInterface
    interface RunVisitor {
        void visit(TokenClass tokenClass, int from, int to) throws IOException;
    }

    private final byte[] source;
    private final byte[] classes;

    HighlightedSource(byte[] source, byte[] classes) {
        this.source = source;
        this.classes = classes.clone();
        for (int i = 1; i < source.length; i++) {
            boolean continuesCharacter = (source[i] & 0xc0) == 0x80;
            if (continuesCharacter) {
                this.classes[i] = this.classes[i - 1];
            }
        }
    }

    /// Visits the text's stretches in order.
    void forEachRun(RunVisitor visitor) throws IOException {
        int from = 0;
        for (int i = 1; i <= source.length; i++) {
            if (i == source.length || classes[i] != classes[from]) {
                visitor.visit(CLASSES[classes[from]], from, i);
                from = i;
            }
        }
    }

    /// A stretch as text; bytes that are no UTF-8 become replacement characters.
    String text(int from, int to) {
        return new String(source, from, to - from, StandardCharsets.UTF_8);
    }

    /// Writes the text with the terminal's escape sequences, none of which spans a line's end.
    void writeAnsi(OutputStream out) throws IOException {
        forEachRun((tokenClass, from, to) -> {
            if (tokenClass.ansi().isEmpty()) {
                out.write(source, from, to - from);
                return;
            }
            byte[] colour = escape(tokenClass.ansi());
            for (int start = from; start < to; ) {
                int end = start;
                while (end < to && !isLineEnd(source[end])) {
                    end++;
                }
                if (end > start) {
                    out.write(colour);
                    out.write(source, start, end - start);
                    out.write(RESET);
                }
                while (end < to && isLineEnd(source[end])) {
                    out.write(source[end++]);
                }
                start = end;
            }
        });
    }

    private static boolean isLineEnd(byte b) {
        return b == '\n' || b == '\r';
    }

    private static byte[] escape(String parameters) {
        return ("\u001b[" + parameters + "m").getBytes(StandardCharsets.US_ASCII);
    }
}
