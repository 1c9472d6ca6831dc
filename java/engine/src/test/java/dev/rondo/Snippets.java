package dev.rondo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// Compiles what documentation shows.
public final class Snippets {
    private Snippets() {}

    /// Everything that this JVM finds classes in, as one class path.
    public static String classPath() {
        return Stream.of("java.class.path", "jdk.module.path")
                .map(property -> System.getProperty(property, ""))
                .collect(Collectors.joining(File.pathSeparator));
    }

    /// Compiles a class named Snippet, or fails with the compiler's words.
    public static void compile(Path folder, String code) throws IOException {
        Path source = Files.writeString(folder.resolve("Snippet.java"), code);
        StringWriter messages = new StringWriter();
        PrintWriter out = new PrintWriter(messages);
        int status = ToolProvider.findFirst("javac")
                .orElseThrow()
                .run(out, out, "-proc:none", "-cp", classPath(), "-d", folder.toString(), source.toString());
        assertEquals(0, status, () -> messages + "\n" + code);
    }
}
