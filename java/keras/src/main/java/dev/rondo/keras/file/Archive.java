package dev.rondo.keras.file;

import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/// What a `.keras` file holds: a zip archive of two JSON texts and an HDF5 file.
///
/// Source: Keras 3, `keras.saving`.
///
/// @param config  the network
/// @param version of the Keras that wrote the file, such as `3.15.1`
/// @param weights its tensors
public record Archive(JsonField config, String version, Weights weights) {
    // Keras stores its members as they are. Where somebody has compressed them, numbers do not get this much smaller.
    private static final long MOST_EXPANSION = 100;
    private static final long SMALL = 1 << 20;

    private static final long LONGEST_TEXT = 1 << 24;
    private static final int CHUNK = 1 << 16;

    /// Reads a file.
    ///
    /// @throws IOException            if it cannot be read
    /// @throws MalformedFileException if its content is at fault
    public static Archive read(Path file) throws IOException {
        if (Files.isDirectory(file)) {
            throw new FileSystemException(file.toString(), null, "is a directory, not a file");
        }
        String name = file.toString();
        try (ZipFile zip = new ZipFile(file.toFile());
                Arena arena = Arena.ofShared()) {
            JsonField metadata = json(zip, "metadata.json", arena, name);
            String version = metadata.get("keras_version").asString();
            if (!version.startsWith("3.")) {
                throw new MalformedFileException(
                        name,
                        "is of Keras " + MalformedFileException.quote(version) + "; Rondo reads those of Keras 3");
            }
            JsonField config = json(zip, "config.json", arena, name);
            return new Archive(
                    config,
                    version,
                    Weights.read(member(zip, "model.weights.h5", Integer.MAX_VALUE, arena, name), name));
        } catch (ZipException e) {
            throw new MalformedFileException(name, "is no sound zip archive: " + e.getMessage(), e);
        } catch (EOFException e) {
            throw new MalformedFileException(name, "ends too early", e);
        } catch (OutOfMemoryError e) {
            throw new MalformedFileException(name, "takes more memory than there is", e);
        }
    }

    private static JsonField json(ZipFile zip, String member, Arena arena, String file) throws IOException {
        ByteBuffer text = member(zip, member, LONGEST_TEXT, arena, file);
        byte[] bytes = new byte[text.remaining()];
        text.get(bytes);
        String origin = file + "!" + member;
        return JsonField.of(Json.parse(bytes, origin), origin);
    }

    private static ByteBuffer member(ZipFile zip, String member, long longest, Arena arena, String file)
            throws IOException {
        ZipEntry entry = zip.getEntry(member);
        if (entry == null) {
            throw new MalformedFileException(file, "has no " + member + ", so it is no model of Keras 3");
        }
        long size = entry.getSize();
        if (size < 0 || size > longest) {
            throw new MalformedFileException(
                    file, member + " of " + size + " bytes is larger than the " + longest + " that Rondo reads");
        }
        if (size > SMALL && size / MOST_EXPANSION > entry.getCompressedSize()) {
            throw new MalformedFileException(
                    file,
                    member + " would be " + size + " bytes, but is stored in " + entry.getCompressedSize()
                            + ": that is no honest archive");
        }
        MemorySegment bytes = arena.allocate(Math.max(1, size)).asSlice(0, size);
        CRC32 sum = new CRC32();
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] chunk = new byte[CHUNK];
            for (long at = 0; at < size; ) {
                int count = in.readNBytes(chunk, 0, (int) Math.min(CHUNK, size - at));
                if (count == 0) {
                    throw new EOFException();
                }
                sum.update(chunk, 0, count);
                MemorySegment.copy(MemorySegment.ofArray(chunk), 0, bytes, at, count);
                at += count;
            }
        }
        if (sum.getValue() != entry.getCrc()) {
            throw new MalformedFileException(file, member + " is damaged: its checksum is not that of the archive");
        }
        return bytes.asByteBuffer();
    }
}
