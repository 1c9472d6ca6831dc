package dev.rondo.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.function.Executable;

/// What the format tests expect over and over.
final class Expect {
    private Expect() {}

    /// The action fails with exactly this one-line message.
    static void malformed(String message, Executable action) {
        assertEquals(message, assertThrows(MalformedFileException.class, action).getMessage());
        assertEquals(1, message.lines().count());
    }

    /// The folder has exactly these files.
    static void files(Path folder, String... names) {
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(
                    List.of(names),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
