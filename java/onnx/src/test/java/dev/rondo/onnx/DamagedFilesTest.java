package dev.rondo.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.format.MalformedFileException;
import dev.rondo.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Files that are cut, altered or hostile are read or refused in words, and nothing else happens.
@Timeout(value = 120, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class DamagedFilesTest {
    private static final int MUTATIONS = 100;

    @TempDir
    private Path folder;

    private static byte[] resource(String name) throws IOException {
        try {
            return Files.readAllBytes(Path.of(
                    DamagedFilesTest.class.getResource("pytorch/" + name).toURI()));
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("model.onnx"), bytes);
    }

    private String refusal(byte[] bytes) throws IOException {
        Path file = file(bytes);
        MalformedFileException e = assertThrows(MalformedFileException.class, () -> OnnxModel.read(file));
        assertTrue(e.getMessage().startsWith(file + ": "), e.getMessage());
        return e.getMessage();
    }

    private static void assertContains(String part, String text) {
        assertTrue(text.contains(part), text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tagger_script.onnx", "voice.onnx", "classifier_script.onnx", "pooling.onnx"})
    void mutationsAreReadOrRefused(String name) throws IOException {
        byte[] bytes = resource(name);
        long seed = name.hashCode();
        Random random = new Random(seed);
        for (int i = 0; i < MUTATIONS; i++) {
            byte[] damaged = bytes.clone();
            int changes = 1 + random.nextInt(3);
            for (int k = 0; k < changes; k++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            if (random.nextInt(8) == 0) {
                damaged = Arrays.copyOf(damaged, random.nextInt(damaged.length));
            }
            try {
                record(OnnxModel.read(file(damaged)));
            } catch (MalformedFileException | IllegalArgumentException e) {
                continue; // as it should be
            } catch (RuntimeException e) {
                fail(name + ", seed " + seed + ", mutation " + i, e);
            }
        }
    }

    private static void record(OnnxModel read) {
        Shape[] shapes = read.inputs().stream()
                .map(Input::dimensions)
                .map(sizes -> Shape.of(sizes.stream()
                        .mapToLong(size -> Character.isDigit(size.charAt(0)) ? Long.parseLong(size) % 1000 : 4)
                        .toArray()))
                .toArray(Shape[]::new);
        try (Model model = read.model();
                Session session = model.session(shapes)) {
            assertTrue(session.byteSize() >= 0);
        }
    }

    @Test
    void emptyAndMissingFilesAreRefused() throws IOException {
        assertContains("no graph", refusal(new byte[0]));
        assertThrows(NoSuchFileException.class, () -> OnnxModel.read(folder.resolve("none.onnx")));
        assertThrows(IOException.class, () -> OnnxModel.read(folder));
    }

    private static ByteString field(int number, ByteString content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        out.writeBytes(number, content);
        out.flush();
        return ByteString.copyFrom(bytes.toByteArray());
    }

    private static ByteString text(int number, String text) throws IOException {
        return field(number, ByteString.copyFromUtf8(text));
    }

    private static ByteString bytes(int... bytes) {
        byte[] narrow = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            narrow[i] = (byte) bytes[i];
        }
        return ByteString.copyFrom(narrow);
    }

    @Test
    void depthIsBounded() throws IOException {
        ByteString graph = ByteString.EMPTY;
        for (int i = 0; i < 5000; i++) { // a graph in an attribute of a node of a graph, and so on
            graph = field(1, field(5, field(6, graph)));
        }
        assertContains("nested deeper", refusal(field(7, graph).toByteArray()));
    }

    private static Case one(String operator, String input, Object... attributes) {
        return new Case("c").input("x", 2).node(operator, input, "y", attributes);
    }

    @Test
    void namesTheNodeAndTheOperatorSet() throws IOException {
        assertEquals(
                folder.resolve("model.onnx") + ": node \"Frobnicate0\" (Frobnicate) is of an operator that Rondo does"
                        + " not know, in operator set 17",
                refusal(one("Frobnicate", "x").gives("y").bytes()));
        byte[] foreign = new Case("c")
                .input("x", 2)
                .nodeOf("acme", "Relu", "x", "y")
                .gives("y")
                .bytes();
        assertContains("(acme.Relu)", refusal(foreign));
        assertContains(
                "has the attribute \"slope\"",
                refusal(one("Relu", "x", "slope", 1).gives("y").bytes()));
        assertContains(
                "reads \"z\", which nothing before it gives",
                refusal(one("Relu", "z").gives("y").bytes()));
        assertContains("output \"w\"", refusal(one("Relu", "x").gives("w").bytes()));
        assertContains(
                "operator set 6", refusal(one("Relu", "x").opset(6).gives("y").bytes()));
    }

    @Test
    void namesTheNodeThatDoesNotFitItsInputs() {
        Case graph = new Case("c")
                .input("a", 2, 3)
                .input("b", 4)
                .node("Add", "a b", "y")
                .gives("y");
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> Comparison.rondo(graph.bytes(), graph.values));
        assertTrue(e.getMessage().startsWith("node \"Add0\" (Add): "), e.getMessage());
    }

    /// @param offset  of the tensor's 12 bytes in a file of 16
    /// @param problem in the message, or "none"
    @ParameterizedTest
    @CsvSource({
        "data.bin, 4, 12, none",
        "data.bin, 0, '', none",
        "data.bin, 8, 12, has only 16",
        "data.bin, 99, 12, has only 16",
        "data.bin, 0, 16, its shape takes 12",
        "data.bin, -1, 12, no number",
        "../data.bin, 0, 12, no file inside the model's folder",
        "sub/../../data.bin, 0, 12, no file inside the model's folder",
        "/etc/hostname, 0, 12, no file inside the model's folder",
        "link.bin, 0, 12, no file inside the model's folder",
        "none.bin, 0, 12, not there",
        "., 0, 12, no file inside the model's folder"
    })
    void tensorsInOtherFilesStayInTheFolder(String location, String offset, String length, String problem)
            throws IOException {
        Path inner = Files.createDirectory(folder.resolve("inner"));
        Files.write(folder.resolve("data.bin"), new byte[16]);
        Files.write(inner.resolve("data.bin"), new byte[16]);
        Files.createSymbolicLink(inner.resolve("link.bin"), folder.resolve("data.bin"));
        ByteString tensor = bytes(8, 3, 16, 1, 112, 1) // dims 3, FLOAT, external
                .concat(text(8, "w"))
                .concat(entry("location", location))
                .concat(entry("offset", offset))
                .concat(length.isEmpty() ? ByteString.EMPTY : entry("length", length));
        Path file = Files.write(inner.resolve("model.onnx"), withTensor(tensor));
        if (problem.equals("none")) {
            assertEquals(3, OnnxModel.read(file).parameterCount());
        } else {
            MalformedFileException e = assertThrows(MalformedFileException.class, () -> OnnxModel.read(file));
            assertContains("tensor \"w\"", e.getMessage());
            assertContains(problem, e.getMessage());
        }
    }

    private static ByteString entry(String key, String value) throws IOException {
        return field(13, text(1, key).concat(text(2, value)));
    }

    /// A file of one node and one tensor.
    private static byte[] withTensor(ByteString tensor) throws IOException {
        ByteString node = field(1, text(1, "x").concat(text(2, "y")).concat(text(4, "Relu")));
        ByteString type = field(1, bytes(8, 1).concat(field(2, ByteString.EMPTY)));
        ByteString input = field(11, text(1, "x").concat(field(2, type)));
        ByteString output = field(12, text(1, "y"));
        return field(7, node.concat(field(5, tensor)).concat(input).concat(output))
                .concat(field(8, bytes(16, 17)))
                .toByteArray();
    }

    @Test
    void shapesAreCheckedBeforeAnythingIsAllocated() throws IOException {
        ByteString huge = bytes(8, 255, 255, 255, 255, 15, 16, 1).concat(text(8, "w")); // 4 G elements
        assertContains("has 0 elements instead of 4294967295", refusal(withTensor(huge)));
        ByteString absurd = bytes(8, 255, 255, 255, 255, 255, 255, 255, 255, 127, 8, 4, 16, 1)
                .concat(text(8, "w"));
        assertContains("impossible shape", refusal(withTensor(absurd)));
    }
}
