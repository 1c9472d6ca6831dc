package dev.rondo.format;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The content of a safetensors file: named tensors, and free text about them.
///
/// The format is that of the safetensors library, version 0.4 and later: eight bytes with the header's length, a JSON
/// header, the tensors' data. Files are checked in full before anything is allocated for their tensors: the data
/// belongs to tensors byte for byte, without holes or overlaps, and every tensor's shape and type fit its bytes.
///
/// F32, F64, I32, I64 and U8 tensors are views of the file's bytes, without a copy; F16 and BF16 ones are widened to
/// F32 copies. Other types are refused. Views are aligned as the file has them, which may be not at all.
///
/// Threads: immutable; the tensors' memory is as its arena.
///
/// @param tensors  the tensors by name, in the order of their data; unmodifiable
/// @param metadata what the header says under `__metadata__`; unmodifiable, empty if it says nothing
public record Safetensors(Map<String, Tensor> tensors, Map<String, String> metadata) {
    private static final long MAX_HEADER_SIZE = 100_000_000;
    private static final int LENGTH_SIZE = Long.BYTES;
    private static final String METADATA = "__metadata__";
    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /// The element types a file may have here, by the names the format gives them.
    private enum Encoding {
        F32(DataType.F32, 4),
        F64(DataType.F64, 8),
        I32(DataType.I32, 4),
        I64(DataType.I64, 8),
        U8(DataType.U8, 1),
        F16(DataType.F32, 2),
        BF16(DataType.F32, 2);

        final DataType type;
        final int byteSize;

        Encoding(DataType type, int byteSize) {
            this.type = type;
            this.byteSize = byteSize;
        }
    }

    /// A tensor as the header describes it; `begin` and `end` count from the start of the data.
    private record Entry(String name, Encoding encoding, Shape shape, long begin, long end) {
        String quoted() {
            return MalformedFileException.quote(name);
        }
    }

    public Safetensors {
        tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
        metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    }

    /// Maps a file. The tensors are valid as long as the arena. Nobody may shorten the file during that time: a
    /// tensor whose bytes are gone ends the reading thread with an [InternalError], or the process if native code
    /// reads it.
    ///
    /// @throws IOException            if the file cannot be read
    /// @throws MalformedFileException if it is not a sound safetensors file
    public static Safetensors read(Path file, Arena arena) throws IOException {
        return parse(InputFile.map(file, arena), file.toString(), arena);
    }

    /// Reads a file's bytes that are in memory already. The tensors are valid as long as these.
    ///
    /// @param name name of the file, for messages
    /// @throws MalformedFileException if the bytes are not a sound safetensors file
    public static Safetensors parse(MemorySegment bytes, String name) {
        return parse(bytes, name, Arena.ofAuto());
    }

    /// As [#parse(MemorySegment, String)], with the widened copies from the allocator.
    static Safetensors parse(MemorySegment bytes, String name, SegmentAllocator allocator) {
        JsonField header = header(bytes, name);
        MemorySegment data = bytes.asSlice(dataOffset(bytes));
        Map<String, String> metadata = new LinkedHashMap<>();
        List<Entry> entries = new ArrayList<>();
        header.members().forEach((key, field) -> {
            if (key.equals(METADATA)) {
                field.members().forEach((k, v) -> metadata.put(k, v.asString()));
            } else {
                entries.add(entry(key, field, name));
            }
        });
        entries.sort(Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end));
        requireExactCover(entries, data.byteSize(), name);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        entries.forEach(entry -> tensors.put(entry.name, tensor(entry, data, allocator)));
        return new Safetensors(tensors, metadata);
    }

    private static long dataOffset(MemorySegment bytes) {
        return LENGTH_SIZE + bytes.get(LENGTH, 0);
    }

    private static JsonField header(MemorySegment bytes, String name) {
        long size = bytes.byteSize();
        if (size < LENGTH_SIZE) {
            throw new MalformedFileException(
                    name, "is cut: has " + size + " bytes, fewer than the header's length takes");
        }
        long length = bytes.get(LENGTH, 0);
        if (length < 0 || length > MAX_HEADER_SIZE) {
            throw new MalformedFileException(
                    name,
                    "has a header of " + Long.toUnsignedString(length) + " bytes, more than the format's limit of "
                            + MAX_HEADER_SIZE + " (is it a safetensors file?)");
        }
        if (length > size - LENGTH_SIZE) {
            throw new MalformedFileException(
                    name, "is cut: has " + (size - LENGTH_SIZE) + " bytes of its header's " + length);
        }
        if (length == 0 || bytes.get(ValueLayout.JAVA_BYTE, LENGTH_SIZE) != '{') {
            throw new MalformedFileException(name, "has a header that does not start with '{'");
        }
        byte[] header = bytes.asSlice(LENGTH_SIZE, length).toArray(ValueLayout.JAVA_BYTE);
        String source = name + ": header";
        return JsonField.of(Json.parse(header, source), source);
    }

    private static Entry entry(String name, JsonField field, String file) {
        String tensor = "tensor " + MalformedFileException.quote(name);
        String dtype = field.get("dtype").asString();
        Encoding encoding = Arrays.stream(Encoding.values())
                .filter(e -> e.name().equals(dtype))
                .findFirst()
                .orElseThrow(() -> new MalformedFileException(
                        file,
                        tensor + " has the type " + MalformedFileException.quote(dtype) + ", which is none of "
                                + Arrays.toString(Encoding.values())));
        long[] sizes = field.get("shape").asLongs();
        if (sizes.length > Elements.MAX_RANK) {
            throw new MalformedFileException(
                    file, tensor + " has " + sizes.length + " dimensions, more than " + Elements.MAX_RANK);
        }
        Shape shape;
        try {
            shape = Shape.of(sizes);
        } catch (IllegalArgumentException e) {
            throw new MalformedFileException(file, tensor + ": " + e.getMessage(), e);
        }
        long[] offsets = field.get("data_offsets").asLongs();
        if (offsets.length != 2 || offsets[0] < 0 || offsets[1] < offsets[0]) {
            throw field.get("data_offsets").malformed("should be a begin and an end");
        }
        long bytes = shape.elements() * encoding.byteSize;
        if (offsets[1] - offsets[0] != bytes) {
            throw new MalformedFileException(
                    file,
                    tensor + " of type " + encoding + " and shape " + shape + " takes " + bytes
                            + " bytes, but its offsets span " + (offsets[1] - offsets[0]));
        }
        return new Entry(name, encoding, shape, offsets[0], offsets[1]);
    }

    /// Checks that each entry begins where the one before ends, and the last where the data ends.
    private static void requireExactCover(List<Entry> entries, long dataSize, String file) {
        long covered = 0;
        String before = null;
        for (Entry entry : entries) {
            if (entry.begin > covered) {
                throw new MalformedFileException(
                        file,
                        "bytes " + covered + " to " + entry.begin + " of the data, before tensor " + entry.quoted()
                                + ", belong to no tensor");
            }
            if (entry.begin < covered) {
                throw new MalformedFileException(
                        file,
                        "tensor " + entry.quoted() + " begins at byte " + entry.begin + " of the data, but tensor "
                                + before + " before it ends at " + covered);
            }
            if (entry.end > dataSize) {
                throw new MalformedFileException(
                        file,
                        "is cut: tensor " + entry.quoted() + " ends at byte " + entry.end + " of the data, but only "
                                + dataSize + " bytes are there");
            }
            covered = entry.end;
            before = entry.quoted();
        }
        if (covered < dataSize) {
            throw new MalformedFileException(
                    file, "has " + (dataSize - covered) + " bytes after the last tensor, which belong to none");
        }
    }

    private static Tensor tensor(Entry entry, MemorySegment data, SegmentAllocator allocator) {
        MemorySegment stored = data.asSlice(entry.begin, entry.end - entry.begin);
        if (entry.encoding.byteSize == entry.encoding.type.byteSize()) {
            return new Tensor(entry.shape, entry.encoding.type, stored);
        }
        MemorySegment wide = allocator.allocate(stored.byteSize() * 2, Tensor.ALIGNMENT);
        if (entry.encoding == Encoding.F16) {
            Elements.widenF16(stored, wide);
        } else {
            Elements.widenBf16(stored, wide);
        }
        return new Tensor(entry.shape, DataType.F32, wide);
    }

    /// Writes a file, which appears as a whole or not at all ([AtomicFiles]).
    ///
    /// The data is in the order of the map, without gaps, and starts at a multiple of eight bytes; for every
    /// tensor to be aligned, put those with larger elements first.
    ///
    /// @param metadata free text, which may be empty
    /// @throws IOException              if the file cannot be written
    /// @throws IllegalArgumentException if a tensor is named `__metadata__` or has more than 64 dimensions, a name
    ///                                  or text is not well-formed Unicode, or the header is larger than the
    ///                                  format allows
    public static void write(Path file, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        try (AtomicFiles files = new AtomicFiles()) {
            write(files.createStream(file), tensors, metadata);
            files.commit();
        }
    }

    /// Writes a file's bytes to a stream, which stays open.
    ///
    /// @throws IOException              from the stream
    /// @throws IllegalArgumentException as for a file
    public static void write(OutputStream out, Map<String, Tensor> tensors, Map<String, String> metadata)
            throws IOException {
        byte[] header = encodeHeader(tensors, metadata);
        ByteBuffer length = ByteBuffer.allocate(LENGTH_SIZE).order(ByteOrder.LITTLE_ENDIAN);
        out.write(length.putLong(header.length).array());
        out.write(header);
        for (Tensor tensor : tensors.values()) {
            Elements.write(tensor.data(), tensor.type(), ByteOrder.LITTLE_ENDIAN, out);
        }
    }

    private static byte[] encodeHeader(Map<String, Tensor> tensors, Map<String, String> metadata) {
        Map<String, Json> header = new LinkedHashMap<>();
        if (!metadata.isEmpty()) {
            Map<String, Json> texts = new LinkedHashMap<>();
            metadata.forEach((key, text) -> texts.put(key, new Json.StringValue(text)));
            header.put(METADATA, new Json.ObjectValue(texts));
        }
        long offset = 0;
        for (Map.Entry<String, Tensor> named : tensors.entrySet()) {
            Tensor tensor = named.getValue();
            if (named.getKey().equals(METADATA) || tensor.shape().rank() > Elements.MAX_RANK) {
                throw new IllegalArgumentException(
                        "a safetensors file can have no tensor " + MalformedFileException.quote(named.getKey()) + " of "
                                + tensor.shape().rank() + " dimensions");
            }
            long end = Math.addExact(offset, tensor.data().byteSize());
            Map<String, Json> entry = new LinkedHashMap<>();
            entry.put("dtype", new Json.StringValue(tensor.type().name()));
            entry.put("shape", integers(tensor.shape().sizes()));
            entry.put("data_offsets", integers(offset, end));
            header.put(named.getKey(), new Json.ObjectValue(entry));
            offset = end;
        }
        byte[] json = new Json.ObjectValue(header).compact().getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(json, Math.ceilDiv(json.length, LENGTH_SIZE) * LENGTH_SIZE);
        Arrays.fill(padded, json.length, padded.length, (byte) ' ');
        if (padded.length > MAX_HEADER_SIZE) {
            throw new IllegalArgumentException(
                    "a header of " + padded.length + " bytes is more than the format's limit");
        }
        return padded;
    }

    private static Json integers(long... values) {
        return new Json.ArrayValue(
                Arrays.stream(values).<Json>mapToObj(Json.IntegerValue::new).toList());
    }
}
