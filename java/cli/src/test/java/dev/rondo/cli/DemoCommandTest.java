package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DemoCommandTest {
    @TempDir
    private Path folder;

    private static byte[] withoutColours(Invocation invocation) {
        return new String(invocation.outBytes(), StandardCharsets.ISO_8859_1)
                .replaceAll("\u001b\\[[0-9;]*m", "")
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    private void assertKept(byte[] source) throws IOException {
        Path file = Files.write(folder.resolve("Source.java"), source);
        assertArrayEquals(
                source,
                withoutColours(Invocation.of("demo", file, "--color", "always").succeeds()));
        assertArrayEquals(source, Invocation.of("demo", file).succeeds().outBytes());
    }

    @Test
    void coloursTheSampleForATerminal() {
        Invocation invocation =
                Invocation.onTerminal("demo", "--color", "always").succeeds();

        assertArrayEquals(ShippedModel.sample(), withoutColours(invocation));
        assertTrue(invocation.out().contains("\u001b[1;38;5;134mrecord\u001b[0m"), invocation.out());
        assertTrue(invocation.err().matches("(?s)Sample.java: 1,912 bytes in [0-9.,]+ ms, [0-9,]+ bytes/s, .*\\R"));
    }

    @Test
    void printsPlainTextElsewhere() {
        assertArrayEquals(
                ShippedModel.sample(), Invocation.of("demo").succeeds().outBytes());
        assertArrayEquals(
                ShippedModel.sample(),
                Invocation.onTerminal("demo", "--color", "NEVER").succeeds().outBytes());
    }

    @Test
    void keepsOddBytes() throws IOException {
        assertKept(new byte[0]);
        assertKept("x".getBytes(StandardCharsets.UTF_8));
        assertKept("// a\r\nint b;\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        assertKept("String s = \"naïve – 日本語 🎈\"; // é".getBytes(StandardCharsets.UTF_8));
        assertKept(new byte[] {(byte) 0x80, (byte) 0xff, 0, 'i', 'n', 't', (byte) 0xe9, '\n', (byte) 0xc3});
    }

    @Test
    void keepsLongFilesAndShowsProgress() throws IOException {
        byte[] source = new String(ShippedModel.sample(), StandardCharsets.UTF_8)
                .repeat(30)
                .substring(0, 50_000)
                .getBytes(StandardCharsets.UTF_8);
        Path file = Files.write(folder.resolve("Long.java"), source);

        Invocation invocation =
                Invocation.onTerminal("demo", file, "--color", "never").succeeds();

        assertArrayEquals(source, invocation.outBytes());
        assertTrue(invocation.err().contains("Colouring"), invocation.err());
        assertTrue(invocation.err().contains("windows"), invocation.err());
    }

    @Test
    void doesNotCutCharacters() {
        byte[] source = "aé".getBytes(StandardCharsets.UTF_8);
        byte[] classes = {6, 1, 2};
        StringBuilder runs = new StringBuilder();
        try {
            new HighlightedSource(source, classes)
                    .forEachRun((tokenClass, from, to) -> runs.append(tokenClass.word() + from + to + " "));
        } catch (IOException e) {
            throw new AssertionError(e);
        }

        assertEquals("type01 comment13 ", runs.toString());
    }

    @Test
    void writesAPage() throws IOException {
        Path page = folder.resolve("page.html");

        Invocation invocation = Invocation.of("demo", "--html", page).succeeds();

        String html = Files.readString(page);
        assertEquals("", invocation.out());
        assertTrue(html.startsWith("<!DOCTYPE html>"));
        assertTrue(html.contains("<meta charset=\"utf-8\">"));
        assertTrue(html.contains("prefers-color-scheme: dark"));
        assertTrue(html.contains("<span class=\"keyword\">record</span>"));
        assertFalse(html.contains("<h1 class=\"x\">"), "the source's own tags are escaped");
        assertFalse(html.contains("http"), "nothing is loaded from elsewhere");
        String text = html.substring(html.indexOf("<code>") + 6, html.indexOf("</code>"))
                .replaceAll("<[^>]*>", "")
                .replace("&lt;", "<")
                .replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&amp;", "&");
        assertEquals(new String(ShippedModel.sample(), StandardCharsets.UTF_8), text);
    }

    @Test
    void escapesNamesAndControlCharacters() throws IOException {
        Path file = Files.write(folder.resolve("<b>&.java"), new byte[] {'<', 27, '[', (byte) 0xff, 0, '&'});
        Path page = folder.resolve("page.html");

        Invocation.of("demo", file, "--html", page).succeeds();

        String html = Files.readString(page);
        assertTrue(html.contains("<title>&lt;b&gt;&amp;.java</title>"));
        assertFalse(html.contains("\u001b"));
        assertTrue(html.replaceAll("<[^>]*>", "").contains("&lt;␛[\ufffd␀&amp;"));
    }

    @Test
    void refusesBadInput() throws IOException {
        Path source = Samples.text(folder.resolve("A.java"), "class A {}");
        Path page = folder.resolve("page.html");
        Invocation.of("demo", folder.resolve("No.java")).isBadInput("No.java: no such file");
        Invocation.of("demo", folder).isBadInput(folder + ": is not a regular file");
        Invocation.of("demo", "/dev/zero").isBadInput("/dev/zero: is not a regular file");
        Invocation.of("demo", source, "--html", source).isBadInput("--html", "A.java");
        Invocation.of("demo", source, "--html", folder.resolve("no/page.html")).isBadInput("no: no such file");
        Invocation.of("demo", source, "--html", folder).isBadInput(folder.toString(), "directory");
        Invocation.of("demo", source, "--color", "blue").isBadInput("--color", "blue");
        Invocation.of("demo", source, "--threads", "0", "--html", page).isBadInput("--threads 0");
        assertEquals("class A {}", Files.readString(source));
        assertFalse(Files.exists(page));
    }
}
