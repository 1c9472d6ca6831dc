package dev.rondo.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class AtomicFilesTest {
    @TempDir
    Path folder;

    @Test
    void committedFilesAppear() throws IOException {
        Path a = folder.resolve("a");
        Path b = Files.writeString(folder.resolve("b"), "old and longer");
        try (AtomicFiles files = new AtomicFiles()) {
            OutputStream stream = files.createStream(a);
            stream.write("new a".getBytes());
            FileChannel channel = files.create(b);
            channel.write(ByteBuffer.wrap("new b".getBytes()));
            assertFalse(Files.exists(a));
            assertEquals("old and longer", Files.readString(b));
            files.commit();
            Expect.files(folder, "a", "b");
        }
        assertEquals("new a", Files.readString(a));
        assertEquals("new b", Files.readString(b));
        Expect.files(folder, "a", "b");
    }

    @Test
    void outputsMayBeClosedBeforeTheCommit() throws IOException {
        Path a = folder.resolve("a");
        Path b = folder.resolve("b");
        try (AtomicFiles files = new AtomicFiles()) {
            try (OutputStream stream = files.createStream(a);
                    FileChannel channel = files.create(b)) {
                stream.write(1);
                channel.write(ByteBuffer.wrap(new byte[2]));
            }
            files.commit();
        }
        assertEquals(1, Files.size(a));
        assertEquals(2, Files.size(b));
    }

    @Test
    void nothingAppearsWithoutACommit() throws IOException {
        Path a = folder.resolve("a");
        Path b = Files.writeString(folder.resolve("b"), "old");
        AtomicFiles files = new AtomicFiles();
        files.createStream(a).write(new byte[100_000]);
        files.createStream(b).write(1);
        try (Stream<Path> inFolder = Files.list(folder)) {
            assertEquals(
                    2,
                    inFolder.filter(file -> file.getFileName().toString().matches("\\.rondo-.{36}\\.tmp"))
                            .count());
        }
        files.close();
        files.close();
        Expect.files(folder, "b");
        assertEquals("old", Files.readString(b));
    }

    @Test
    void renamesWhatItCan() throws IOException {
        Path a = folder.resolve("a");
        Path b = folder.resolve("b");
        Path c = folder.resolve("c");
        try (AtomicFiles files = new AtomicFiles()) {
            for (Path target : new Path[] {a, b, c}) {
                files.createStream(target).write(1);
            }
            Files.createDirectories(b.resolve("in the way"));
            IOException e = assertThrows(IOException.class, files::commit);
            assertEquals(b.toAbsolutePath() + ": cannot be replaced", e.getMessage());
            assertEquals(0, e.getSuppressed().length);
        }
        Expect.files(folder, "a", "b", "c");
        Expect.files(b, "in the way");
    }

    @Test
    void reportsEveryFailedRenaming() throws IOException {
        try (AtomicFiles files = new AtomicFiles()) {
            for (String name : new String[] {"a", "b"}) {
                files.createStream(folder.resolve(name)).write(1);
                Files.createDirectories(folder.resolve(name).resolve("in the way"));
            }
            IOException e = assertThrows(IOException.class, files::commit);
            assertEquals(
                    folder.resolve("b").toAbsolutePath() + ": cannot be replaced", e.getSuppressed()[0].getMessage());
        }
        Expect.files(folder, "a", "b");
    }

    @Test
    void changesNothingIfATemporaryIsGone() throws IOException {
        Path a = Files.writeString(folder.resolve("a"), "old");
        try (AtomicFiles files = new AtomicFiles()) {
            files.createStream(a).write(1);
            files.createStream(folder.resolve("b")).write(1);
            try (Stream<Path> inFolder = Files.list(folder)) {
                for (Path file : inFolder.filter(file -> !file.equals(a)).toList()) {
                    if (Files.size(file) == 0) {
                        Files.delete(file);
                    }
                }
            }
            assertThrows(NoSuchFileException.class, files::commit);
        }
        Expect.files(folder, "a");
        assertEquals("old", Files.readString(a));
    }

    @Test
    void refusesADirectoryAsTarget() throws IOException {
        Path target = Files.createDirectory(folder.resolve("d"));
        try (AtomicFiles files = new AtomicFiles()) {
            FileSystemException e = assertThrows(FileSystemException.class, () -> files.create(target));
            assertEquals(target + ": is a directory, not a file", e.getMessage());
        }
        Expect.files(folder, "d");
    }

    @Test
    void refusesAMissingFolder() throws IOException {
        Path target = folder.resolve("none").resolve("a");
        try (AtomicFiles files = new AtomicFiles()) {
            NoSuchFileException e = assertThrows(NoSuchFileException.class, () -> files.create(target));
            assertEquals(target.getParent().toAbsolutePath().toString(), e.getFile());
        }
    }

    @Test
    void refusesAFileAsFolder() throws IOException {
        Path target = Files.createFile(folder.resolve("file")).resolve("a");
        try (AtomicFiles files = new AtomicFiles()) {
            assertThrows(NotDirectoryException.class, () -> files.create(target));
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void refusesAFolderThatCannotBeWrittenTo() throws IOException {
        Path target = Path.of("/proc/a"); // not even by the superuser
        try (AtomicFiles files = new AtomicFiles()) {
            FileSystemException e = assertThrows(FileSystemException.class, () -> files.create(target));
            assertEquals("/proc/a", e.getFile());
            assertEquals("cannot create files in its folder: ", e.getReason().replaceFirst("(: ).*", "$1"));
        }
    }

    @Test
    void refusesToDoThingsTwice() throws IOException {
        try (AtomicFiles files = new AtomicFiles()) {
            files.create(folder.resolve("a"));
            assertThrows(
                    IllegalStateException.class,
                    () -> files.create(folder.resolve("x").resolve("..").resolve("a")));
            files.commit();
            assertThrows(IllegalStateException.class, files::commit);
            assertThrows(IllegalStateException.class, () -> files.create(folder.resolve("b")));
        }
        Expect.files(folder, "a");
    }

    @FunctionalInterface
    private interface Writer {
        void write(Path file, Tensor good, Tensor bad) throws IOException;
    }

    static Stream<Arguments> writers() {
        Npy.Layout fortran = new Npy.Layout(ByteOrder.BIG_ENDIAN, true);
        return Stream.of(
                Arguments.of("safetensors", (Writer)
                        (file, good, bad) -> Safetensors.write(file, sorted(good, bad), Map.of())),
                Arguments.of("npy", (Writer) (file, good, bad) -> Npy.write(file, bad)),
                Arguments.of("npy, other layout", (Writer) (file, good, bad) -> Npy.write(file, bad, fortran)),
                Arguments.of("npz", (Writer) (file, good, bad) -> Npz.write(file, sorted(good, bad), false)),
                Arguments.of(
                        "npz, compressed", (Writer) (file, good, bad) -> Npz.write(file, sorted(good, bad), true)));
    }

    private static Map<String, Tensor> sorted(Tensor good, Tensor bad) {
        return new TreeMap<>(Map.of("a", good, "b", bad));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("writers")
    void aWriterThatFailsMidwayLeavesNothing(String name, Writer writer) throws IOException {
        Tensor good = Tensor.of(Shape.of(3), 1f, 2f, 3f);
        Tensor bad;
        try (Arena arena = Arena.ofConfined()) {
            bad = Tensor.allocate(arena, Shape.of(100_000), DataType.F32);
        }
        Path target = folder.resolve("target");
        assertThrows(IllegalStateException.class, () -> writer.write(target, good, bad)); // its memory is gone
        Expect.files(folder);
        Files.writeString(target, "old");
        assertThrows(IllegalStateException.class, () -> writer.write(target, good, bad));
        Expect.files(folder, "target");
        assertEquals("old", Files.readString(target));
        writer.write(target, good, good);
        Expect.files(folder, "target");
        assertFalse(Files.readString(target, StandardCharsets.ISO_8859_1).startsWith("old"));
    }
}
