package dev.rondo.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CorpusTest {
    private static List<String> names(Corpus corpus) {
        return corpus.texts().stream().map(Corpus.Text::name).toList();
    }

    @Test
    void readsTheJdksSources() throws IOException {
        Assumptions.assumeTrue(Files.exists(Corpus.sourcesOfJdk()));

        Corpus corpus = Corpus.ofJava(name -> name.startsWith("java.base/java/util/concurrent/locks/"));

        assertTrue(names(corpus).contains("java.base/java/util/concurrent/locks/ReentrantLock.java"));
        assertTrue(names(corpus).stream().allMatch(name -> name.startsWith("java.base/java/util/concurrent/locks/")));
        assertEquals(names(corpus).stream().sorted().toList(), names(corpus));
        assertEquals(Corpus.sourcesOfJdk().toString(), corpus.origin());
    }

    @Test
    void bringsItsOwnSources() throws IOException {
        Corpus corpus = Corpus.ofRondo(name -> name.endsWith("/Session.java"));

        assertEquals(List.of("dev.rondo/dev/rondo/Session.java"), names(corpus));
        String text = new String(corpus.joined(), StandardCharsets.UTF_8);
        assertTrue(text.contains("public final class Session"), text);
    }

    @Test
    void readsFilesInTheirOrder(@TempDir Path folder) throws IOException {
        Path b = Files.writeString(folder.resolve("b"), "first");
        Path a = Files.writeString(folder.resolve("a"), "second");

        Corpus corpus = Corpus.ofFiles(List.of(b, a));

        assertEquals(List.of(b.toString(), a.toString()), names(corpus));
        assertArrayEquals("firstsecond".getBytes(StandardCharsets.UTF_8), corpus.joined());
        assertEquals(11, corpus.byteSize());
        assertThrows(NoSuchFileException.class, () -> Corpus.ofFiles(List.of(folder.resolve("none"))));
        assertThrows(FileSystemException.class, () -> Corpus.ofFiles(List.of(folder)));
    }

    @Test
    void splitsAndShuffles() {
        Corpus all = new Corpus(
                "numbers",
                IntStream.range(0, 100)
                        .mapToObj(i -> new Corpus.Text(i % 3 + "/" + i, new byte[] {(byte) i}))
                        .toList());

        Corpus some = all.where(name -> name.startsWith("0/"));
        Corpus others = all.where(name -> !name.startsWith("0/"));
        Corpus shuffled = others.shuffled(7);

        assertEquals(100, some.texts().size() + others.texts().size());
        assertFalse(names(others).stream().anyMatch(Set.copyOf(names(some))::contains));
        assertEquals(Set.copyOf(names(others)), names(shuffled).stream().collect(Collectors.toSet()));
        assertNotEquals(names(others), names(shuffled));
        assertEquals(names(shuffled), names(others.shuffled(7)));
        assertNotEquals(names(shuffled), names(others.shuffled(8)));
        assertNotEquals(others.fingerprint(), shuffled.fingerprint());
        assertEquals(shuffled.fingerprint(), others.shuffled(7).fingerprint());
    }
}
