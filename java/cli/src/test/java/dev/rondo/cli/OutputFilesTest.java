package dev.rondo.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OutputFilesTest {
    @TempDir
    private Path folder;

    @Test
    void leavesNoFolderBehindOnFailure() throws IOException {
        Path existing = Files.createDirectory(folder.resolve("existing"));
        Path deep = existing.resolve("a/../b/c");

        try (OutputFiles files = new OutputFiles()) {
            files.createFolders(deep);
            files.create(deep.resolve("x.npy")).write(1);
        }

        assertTrue(Files.isDirectory(existing));
        assertEquals(0, existing.toFile().list().length);
    }

    @Test
    void keepsFoldersThatAreNotItsOwnOrNotEmpty() throws IOException {
        Path mine = folder.resolve("a/mine");

        try (OutputFiles files = new OutputFiles()) {
            files.createFolders(folder);
            files.createFolders(mine);
            Samples.text(folder.resolve("a/theirs"), "x");
        }

        assertFalse(Files.exists(mine));
        assertTrue(Files.exists(folder.resolve("a/theirs")));
    }

    @Test
    void keepsFoldersWithOutputs() throws IOException {
        Path output = folder.resolve("a/b/x.npy");

        try (OutputFiles files = new OutputFiles()) {
            files.createFolders(output.getParent());
            files.create(output).write(1);
            files.commit();
        }

        assertTrue(Files.exists(output));
    }

    @Test
    void makesNoFolderInPlaceOfALink() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("link"), folder.resolve("nowhere"));

        try (OutputFiles files = new OutputFiles()) {
            assertThrows(FileAlreadyExistsException.class, () -> files.createFolders(link));
        }

        assertTrue(Files.isSymbolicLink(link));
    }
}
