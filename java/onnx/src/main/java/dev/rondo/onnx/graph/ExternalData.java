package dev.rondo.onnx.graph;

import dev.rondo.format.MalformedFileException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.function.Function;

/// Elements of tensors in files beside the model's: inside its folder, wherever links lead. Source: ONNX's
/// ExternalData.md.
///
/// @param model the model's file
record ExternalData(Path model) {
    /// Reads the bytes of a tensor.
    ///
    /// @param location  the tensor's keys `location`, `offset` and `length`
    /// @param needed    how many bytes its shape asks for
    /// @param malformed makes an exception of a problem
    ByteBuffer read(Map<String, String> location, long needed, Function<String, MalformedFileException> malformed)
            throws IOException {
        String name = location.get("location");
        if (name == null) {
            throw malformed.apply("is in a file of its own, but does not say in which");
        }
        long offset = number(location.getOrDefault("offset", "0"), malformed);
        long length = number(location.getOrDefault("length", Long.toString(needed)), malformed);
        if (length != needed) {
            throw malformed.apply("says that " + length + " bytes are its own, but its shape takes " + needed);
        }
        Path file = inside(name, malformed);
        long size = Files.size(file);
        if (offset > size || needed > size - offset) {
            throw malformed.apply("takes bytes " + offset + " to " + (offset + needed) + " of "
                    + MalformedFileException.quote(name) + ", which has only " + size);
        }
        if (needed > Integer.MAX_VALUE - 8) {
            throw malformed.apply("has " + needed + " bytes, more than the 2 GiB of a single tensor Rondo reads");
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) needed);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, offset + bytes.position()) < 0) {
                    throw new EOFException(file + " became shorter while it was read");
                }
            }
        }
        return bytes.flip();
    }

    private static long number(String text, Function<String, MalformedFileException> malformed) {
        if (!text.matches("[0-9]{1,18}")) {
            throw malformed.apply("has the offset or length " + MalformedFileException.quote(text)
                    + " in its file, which is no number");
        }
        return Long.parseLong(text);
    }

    private Path inside(String name, Function<String, MalformedFileException> malformed) throws IOException {
        Path folder = model.toAbsolutePath().getParent().toRealPath();
        try {
            Path relative = Path.of(name);
            Path file = folder.resolve(relative);
            boolean inside = !relative.isAbsolute() && !relative.normalize().startsWith("..");
            if (inside && !Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                throw malformed.apply("is in the file " + MalformedFileException.quote(name) + ", which is not there");
            }
            if (!inside || !file.toRealPath().startsWith(folder) || !Files.isRegularFile(file)) {
                throw malformed.apply(
                        "is in " + MalformedFileException.quote(name) + ", which is no file inside the model's folder");
            }
            return file.toRealPath();
        } catch (InvalidPathException e) {
            throw malformed.apply("is in " + MalformedFileException.quote(name) + ", which is no file's name");
        }
    }
}
