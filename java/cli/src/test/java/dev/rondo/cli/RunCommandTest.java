package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.Npy;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {
    private static final float TOLERANCE = 1e-4f;

    @TempDir
    private Path folder;

    private Path model;
    private Path ids;
    private Path out;

    @BeforeEach
    void files() throws IOException {
        model = Samples.model(folder);
        ids = Samples.file(folder, "ids.npy");
        out = folder.resolve("out/deep");
    }

    private static Tensor read(Path file) throws IOException {
        return Npy.read(file, Arena.ofAuto());
    }

    private void assertLogits() throws IOException {
        Tensor logits = read(out.resolve("logits.npy"));
        Tensor expected = read(Samples.file(folder, "logits.npy"));
        assertEquals(expected.shape(), logits.shape());
        assertArrayEquals(expected.toFloatArray(), logits.toFloatArray(), TOLERANCE);
    }

    @Test
    void givesWhatPyTorchGives() throws IOException {
        Invocation invocation =
                Invocation.of("run", model, "-i", "ids=" + ids, "-o", out).succeeds();

        assertLogits();
        assertEquals("", invocation.out());
        assertEquals("", invocation.err());
        try (Stream<Path> files = Files.list(out)) {
            assertEquals(List.of(out.resolve("logits.npy")), files.toList());
        }
    }

    @Test
    void takesFilesWithoutNamesFoldersAndSeveralThreads() throws IOException {
        Invocation.of("run", folder, "-i", ids, "-o", out, "--threads", 2, "--precision", "f32")
                .succeeds();

        assertLogits();
    }

    @Test
    void takesIdsOf32Bits() throws IOException {
        Tensor narrow = Tensor.allocate(Arena.ofAuto(), Shape.of(1, 1912), DataType.I32);
        long[] values = read(ids).toLongArray();
        for (int i = 0; i < values.length; i++) {
            narrow.data().setAtIndex(ValueLayout.JAVA_INT, i, (int) values[i]);
        }
        Path file = Samples.npy(folder.resolve("narrow.npy"), narrow);

        Invocation.of("run", model, "-i", "ids=" + file, "-o", out).succeeds();

        assertLogits();
    }

    @Test
    void takesADescriptionFromElsewhere() throws IOException {
        Path config = Files.move(folder.resolve("model.json"), folder.resolve("other.json"));

        Invocation.of("run", model, "--config", config, "-i", ids, "-o", out).succeeds();

        assertLogits();
    }

    @Test
    void writesEveryOutput() throws IOException {
        String json = Files.readString(folder.resolve("model.json"));
        Samples.text(
                folder.resolve("model.json"),
                json.replaceFirst("\"layers\"", "\"outputs\": {\"h\": \"lstm.hn\", \"c\": \"lstm.cn\"}, \"layers\""));

        Invocation.of("run", model, "-i", ids, "-o", out).succeeds();

        assertLogits();
        assertEquals(Shape.of(4, 1, 96), read(out.resolve("h.npy")).shape());
        assertEquals(Shape.of(4, 1, 96), read(out.resolve("c.npy")).shape());
    }

    @Test
    void takesNamesUpToTheFileSystemsLimit() throws IOException {
        String longest = "é".repeat(125) + "x"; // 251 bytes, and 4 for the suffix
        String json = Files.readString(folder.resolve("model.json"));
        Samples.text(folder.resolve("model.json"), json.replaceFirst("\"logits\"", '"' + longest + '"'));
        Invocation.of("run", model, "-i", ids, "-o", out).succeeds();
        assertEquals(Shape.of(1, 1912, 10), read(out.resolve(longest + ".npy")).shape());

        Path other = folder.resolve("other");
        Samples.text(folder.resolve("model.json"), json.replaceFirst("\"logits\"", '"' + "é".repeat(126) + '"'));
        Invocation.of("run", model, "-i", ids, "-o", other).isBadInput("cannot be a file's name");
        assertFalse(Files.exists(other));
    }

    @Test
    void replacesEarlierOutputs() throws IOException {
        Files.createDirectories(out);
        Samples.text(out.resolve("logits.npy"), "earlier");

        Invocation.of("run", model, "-i", ids, "-o", out).succeeds();

        assertLogits();
    }

    @Test
    void takesEmptySequences() throws IOException {
        Path empty = Samples.npy(folder.resolve("empty.npy"), Tensor.of(Shape.of(1, 0), new long[0]));

        Invocation.of("run", model, "-i", empty, "-o", out).succeeds();

        assertEquals(Shape.of(1, 0, 10), read(out.resolve("logits.npy")).shape());
    }

    @Test
    void tellsAWatcherWhatItWrote() {
        Invocation invocation =
                Invocation.onTerminal("run", model, "-i", ids, "-o", out).succeeds();

        assertTrue(invocation.err().contains("logits.npy (F32 [1, 1912, 10])"), invocation.err());
        assertFalse(invocation.err().contains("error"), invocation.err());
    }
}
