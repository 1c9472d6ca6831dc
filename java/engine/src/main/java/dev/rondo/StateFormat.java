package dev.rondo;

import dev.rondo.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The states of streams as bytes, little-endian:
///
/// | bytes | content |
/// |---|---|
/// | 8 | `RNDSTATE` |
/// | 4 | version: 1 |
/// | 4 | number of states |
/// | 8 | number of streams, N |
/// | of each state | 4 bytes: length of its name; the name in UTF-8; 8 bytes: floats of one stream, W |
/// | of each state | N x W floats |
///
/// Threads: immutable.
final class StateFormat {
    private static final byte[] MAGIC = "RNDSTATE".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int FIXED_BYTES = 24;
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private record Header(long streams, Map<String, Long> widths) {}

    private final Header header;
    private final byte[] headerBytes;
    private final long byteSize;

    /// @param states (N, …) by name, of one N
    StateFormat(Map<String, Tensor> states) {
        Map<String, Long> widths = new LinkedHashMap<>();
        long streams = 0;
        long bytes = 0;
        for (var entry : states.entrySet()) {
            Tensor state = entry.getValue();
            streams = state.shape().size(0);
            widths.put(entry.getKey(), streams == 0 ? 0 : state.shape().elements() / streams);
            bytes += state.data().byteSize();
        }
        this.header = new Header(streams, widths);
        this.headerBytes = encoded(header);
        this.byteSize = headerBytes.length + bytes;
    }

    private static byte[] encoded(Header header) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(MAGIC);
        out.writeBytes(littleEndian(16)
                .putInt(VERSION)
                .putInt(header.widths().size())
                .putLong(header.streams())
                .array());
        header.widths().forEach((name, width) -> {
            byte[] utf8 = name.getBytes(StandardCharsets.UTF_8);
            out.writeBytes(littleEndian(Integer.BYTES).putInt(utf8.length).array());
            out.writeBytes(utf8);
            out.writeBytes(littleEndian(Long.BYTES).putLong(width).array());
        });
        return out.toByteArray();
    }

    private static ByteBuffer littleEndian(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    long byteSize() {
        return byteSize;
    }

    /// @throws IllegalArgumentException if there are more or fewer bytes than [#byteSize()]
    void write(Map<String, Tensor> states, MemorySegment into) {
        requireSize(into.byteSize(), "the memory for a snapshot");
        MemorySegment.copy(headerBytes, 0, into, ValueLayout.JAVA_BYTE, 0, headerBytes.length);
        long at = headerBytes.length;
        for (Tensor state : states.values()) {
            MemorySegment.copy(
                    state.data(),
                    ValueLayout.JAVA_FLOAT_UNALIGNED,
                    0,
                    into,
                    F32,
                    at,
                    state.shape().elements());
            at += state.data().byteSize();
        }
    }

    /// @throws IllegalArgumentException if these are no states, or those of others; then nothing has changed
    void read(MemorySegment from, Map<String, Tensor> states) {
        requireSame(from);
        requireSize(from.byteSize(), "the snapshot");
        long at = headerBytes.length;
        for (Tensor state : states.values()) {
            MemorySegment.copy(
                    from,
                    F32,
                    at,
                    state.data(),
                    ValueLayout.JAVA_FLOAT_UNALIGNED,
                    0,
                    state.shape().elements());
            at += state.data().byteSize();
        }
    }

    private void requireSize(long bytes, String what) {
        if (bytes != byteSize) {
            throw new IllegalArgumentException(what + " has " + bytes + " bytes, not " + byteSize);
        }
    }

    private void requireSame(MemorySegment from) {
        long length = headerBytes.length;
        if (from.byteSize() >= length && from.asSlice(0, length).mismatch(MemorySegment.ofArray(headerBytes)) < 0) {
            return;
        }
        Header other = header(from);
        if (other.streams() != header.streams()) {
            throw new IllegalArgumentException("the snapshot is of " + other.streams() + " streams, not of "
                    + header.streams() + " as this session has");
        }
        List<Map.Entry<String, Long>> theirs = List.copyOf(other.widths().entrySet());
        List<Map.Entry<String, Long>> ours = List.copyOf(header.widths().entrySet());
        for (int i = 0; i < Math.max(theirs.size(), ours.size()); i++) {
            String their = i < theirs.size() ? word(theirs.get(i)) : "missing";
            String our = i < ours.size() ? word(ours.get(i)) : "none";
            if (!their.equals(our)) {
                throw new IllegalArgumentException("the snapshot is of another network: its state " + (i + 1) + " is "
                        + their + ", where this one has " + our);
            }
        }
        throw new IllegalArgumentException("the snapshot has a damaged header");
    }

    private static String word(Map.Entry<String, Long> state) {
        return state.getKey() + " of width " + state.getValue();
    }

    /// @throws IllegalArgumentException if there is none
    private static Header header(MemorySegment from) {
        long most = Math.min(from.byteSize(), 1 << 20);
        ByteBuffer bytes = from.asSlice(0, most).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[MAGIC.length];
        if (most >= FIXED_BYTES) {
            bytes.get(magic);
        }
        if (!Arrays.equals(magic, MAGIC)) {
            throw new IllegalArgumentException("this is no snapshot of a stream's state: it does not begin with "
                    + new String(MAGIC, StandardCharsets.US_ASCII));
        }
        int version = bytes.getInt();
        if (version != VERSION) {
            throw new IllegalArgumentException(
                    "the snapshot has version " + version + ", but only version " + VERSION + " is known");
        }
        int count = bytes.getInt();
        long streams = bytes.getLong();
        Map<String, Long> widths = new LinkedHashMap<>();
        try {
            for (int i = 0; i < count; i++) {
                int length = bytes.getInt();
                if (length < 0 || length > bytes.remaining()) {
                    throw new BufferUnderflowException();
                }
                byte[] utf8 = new byte[length];
                bytes.get(utf8);
                widths.put(new String(utf8, StandardCharsets.UTF_8), bytes.getLong());
            }
        } catch (BufferUnderflowException e) {
            throw new IllegalArgumentException("the snapshot ends within its header", e);
        }
        return new Header(streams, widths);
    }
}
