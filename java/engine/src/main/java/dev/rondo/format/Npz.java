package dev.rondo.format;

import dev.rondo.tensor.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/// Reading and writing of `.npz` files: zip archives of `.npy` files, as NumPy's `savez` and `savez_compressed` make
/// them. The name of an array is that of its entry without `.npy`; it is never used as a path, whatever it contains.
///
/// Archives are not trusted. An entry's header decides how many bytes are read of it, and has to agree with the
/// archive's directory before anything is allocated; entries that claim to be packed more tightly than deflate can, or
/// that share their packed bytes, are refused. So reading never allocates more than about 1,000 times the archive's
/// size, and up to three times that while an array in another layout is converted. Checksums are verified.
///
/// Threads: none are kept; calls are independent of each other.
public final class Npz {
    private static final String SUFFIX = ".npy";

    /// The most bytes deflate can make of one: 258 of two bits.
    private static final long MAX_DEFLATE_RATIO = 1032;

    /// The time stamp of every entry, so that equal arrays make equal files; a few weeks after the format's
    /// earliest time, which would be stored in a way that depends on the time zone.
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    private Npz() {}

    /// Reads a file of the default file system. The tensors are copies in the arena's memory.
    ///
    /// @return the tensors by name, in the order of the archive's directory; unmodifiable
    /// @throws IOException            if the file cannot be read
    /// @throws MalformedFileException if it is not a sound archive of sound `.npy` files with distinct names
    public static Map<String, Tensor> read(Path file, Arena arena) throws IOException {
        long size = InputFile.size(file);
        try (ZipFile zip = new ZipFile(file.toFile())) {
            List<ZipEntry> entries = zip.stream().<ZipEntry>map(entry -> entry).toList();
            requireBounded(entries, size, file);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (ZipEntry entry : entries) {
                String name = entry.getName();
                String key = name.endsWith(SUFFIX) ? name.substring(0, name.length() - SUFFIX.length()) : name;
                if (tensors.containsKey(key)) {
                    throw new MalformedFileException(
                            file.toString(), "has two entries " + MalformedFileException.quote(name));
                }
                tensors.put(key, read(zip, entry, file + ": entry " + MalformedFileException.quote(name), arena));
            }
            return Collections.unmodifiableMap(tensors);
        } catch (ZipException | EOFException e) { // the latter from a directory that points past the end
            throw new MalformedFileException(file.toString(), "is not a sound zip archive: " + reason(e), e);
        }
    }

    private static String reason(IOException e) {
        return e.getMessage() == null ? "it is cut" : e.getMessage();
    }

    /// Checks the directory's sizes against the file's.
    private static void requireBounded(List<ZipEntry> entries, long fileSize, Path file) {
        long left = fileSize;
        for (ZipEntry entry : entries) {
            String name = MalformedFileException.quote(entry.getName());
            long packed = entry.getCompressedSize();
            if (packed < 0 || packed > left) {
                throw new MalformedFileException(
                        file.toString(), "is not long enough for the " + packed + " bytes of its entry " + name);
            }
            left -= packed;
            long most = entry.getMethod() == ZipEntry.STORED ? packed : packed * MAX_DEFLATE_RATIO;
            if (entry.getSize() < 0 || entry.getSize() > most) {
                throw new MalformedFileException(
                        file.toString(),
                        "has the entry " + name + " of " + entry.getSize() + " bytes, more than its " + packed
                                + " packed bytes can hold");
            }
        }
    }

    private static Tensor read(ZipFile zip, ZipEntry entry, String name, Arena arena) throws IOException {
        CRC32 crc = new CRC32();
        try (InputStream in = new CheckedInputStream(zip.getInputStream(entry), crc);
                Arena scratch = Arena.ofConfined()) {
            byte[] start = in.readNBytes((int) Math.min(NpyHeader.MAX_SIZE, entry.getSize()));
            NpyHeader header = NpyHeader.parse(MemorySegment.ofArray(start), entry.getSize(), name);
            boolean converted = !header.layout().equals(Npy.Layout.DEFAULT);
            MemorySegment data = (converted ? scratch : arena).allocate(header.dataSize(), Tensor.ALIGNMENT);
            int headerSize = (int) header.dataOffset();
            MemorySegment.copy(start, headerSize, data, ValueLayout.JAVA_BYTE, 0, start.length - headerSize);
            fill(data.asSlice(start.length - headerSize), in, name);
            if (crc.getValue() != entry.getCrc()) {
                throw new MalformedFileException(name, "has another checksum than the archive says");
            }
            return Npy.tensor(header, data, arena);
        } catch (ZipException | EOFException e) {
            throw new MalformedFileException(name, "cannot be unpacked: " + reason(e), e);
        }
    }

    /// Fills the segment from a stream that must end exactly where the segment does.
    private static void fill(MemorySegment data, InputStream in, String name) throws IOException {
        byte[] chunk = new byte[1 << 16];
        long filled = 0;
        for (int length = in.read(chunk); length >= 0; length = in.read(chunk)) {
            if (length > data.byteSize() - filled) {
                throw new MalformedFileException(name, "unpacks to more bytes than the archive says");
            }
            MemorySegment.copy(chunk, 0, data, ValueLayout.JAVA_BYTE, filled, length);
            filled += length;
        }
        if (filled < data.byteSize()) {
            throw new MalformedFileException(name, "unpacks to fewer bytes than the archive says");
        }
    }

    /// Writes a file, which appears as a whole or not at all ([AtomicFiles]). Equal arguments make equal files.
    ///
    /// @param compressed whether arrays are deflated, as by `savez_compressed`, or stored, as by `savez`
    /// @throws IOException              if the file cannot be written
    /// @throws IllegalArgumentException if a name is not well-formed Unicode or longer than 65,531 bytes in UTF-8,
    ///                                  or a tensor has more than 64 dimensions
    public static void write(Path file, Map<String, Tensor> tensors, boolean compressed) throws IOException {
        try (AtomicFiles files = new AtomicFiles()) {
            try (ZipOutputStream zip = new ZipOutputStream(files.createStream(file))) {
                for (Map.Entry<String, Tensor> named : tensors.entrySet()) {
                    zip.putNextEntry(entry(named.getKey(), named.getValue(), compressed));
                    Npy.write(zip, named.getValue(), Npy.Layout.DEFAULT);
                    zip.closeEntry();
                }
            }
            files.commit();
        }
    }

    private static ZipEntry entry(String name, Tensor tensor, boolean compressed) throws IOException {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
            throw new IllegalArgumentException(
                    "the name " + MalformedFileException.quote(name) + " has a lone surrogate");
        }
        ZipEntry entry = new ZipEntry(name + SUFFIX);
        entry.setTimeLocal(TIME);
        if (!compressed) { // the size and checksum of what is stored come before it
            CRC32 crc = new CRC32();
            OutputStream sink = new CheckedOutputStream(OutputStream.nullOutputStream(), crc);
            Npy.write(sink, tensor, Npy.Layout.DEFAULT);
            int header = NpyHeader.encode(tensor.type(), Npy.Layout.DEFAULT, tensor.shape()).length;
            entry.setMethod(ZipEntry.STORED);
            entry.setSize(header + tensor.data().byteSize());
            entry.setCrc(crc.getValue());
        }
        return entry;
    }
}
