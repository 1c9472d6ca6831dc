package dev.rondo.format;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;

/// Opening of files to be read.
final class InputFile {
    private InputFile() {}

    /// The size of a regular file, in bytes.
    ///
    /// @throws IOException naming the file if there is none, or it is a directory or device
    static long size(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        if (!attributes.isRegularFile()) {
            String problem = attributes.isDirectory() ? "is a directory, not a file" : "is not a regular file";
            throw new FileSystemException(file.toString(), null, problem);
        }
        return attributes.size();
    }

    /// A regular file's bytes, mapped read-only for as long as the arena lives.
    ///
    /// @throws IOException naming the file if there is none, or it is a directory or device
    static MemorySegment map(Path file, Arena arena) throws IOException {
        size(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
        }
    }
}
