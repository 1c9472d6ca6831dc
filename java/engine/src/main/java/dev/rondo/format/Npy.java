package dev.rondo.format;

import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Objects;

/// Reading and writing of `.npy` files: one array each, as NumPy saves it.
///
/// The format is that of NumPy's `numpy.lib.format`, versions 1.0, 2.0 and 3.0. Elements are `f4`, `f8`, `i4`, `i8` in
/// either byte order, or `u1`; others, and structured ones and objects, are refused. A file must be exactly as long as
/// its header makes it, which is checked before anything is allocated.
///
/// Threads: none are kept; calls are independent of each other.
public final class Npy {
    private Npy() {}

    /// How a file has its elements.
    ///
    /// @param byteOrder    order of an element's bytes
    /// @param fortranOrder whether the first dimension is the innermost one, rather than the last
    public record Layout(ByteOrder byteOrder, boolean fortranOrder) {
        /// Little-endian and C order: how tensors are in memory.
        public static final Layout DEFAULT = new Layout(ByteOrder.LITTLE_ENDIAN, false);

        public Layout {
            Objects.requireNonNull(byteOrder, "byteOrder");
        }
    }

    /// Maps a file. The tensor is valid as long as the arena; it is a view of the file if that has the default
    /// layout, and else a copy. Nobody may shorten the file during that time: a tensor whose bytes are gone ends
    /// the reading thread with an [InternalError], or the process if native code reads it.
    ///
    /// @throws IOException            if the file cannot be read
    /// @throws MalformedFileException if it is not a sound `.npy` file, or has elements of another type
    public static Tensor read(Path file, Arena arena) throws IOException {
        return parse(InputFile.map(file, arena), file.toString(), arena);
    }

    /// Reads a file's bytes that are in memory already. The tensor is a view of them if they have the default
    /// layout, and else a copy in the arena's memory.
    ///
    /// @param name name of the file, for messages
    /// @throws MalformedFileException if the bytes are not a sound `.npy` file, or have elements of another type
    public static Tensor parse(MemorySegment bytes, String name, Arena arena) {
        NpyHeader header = NpyHeader.parse(bytes, bytes.byteSize(), name);
        return tensor(header, bytes.asSlice(header.dataOffset()), arena);
    }

    /// The tensor whose elements a file has as `data`: the same memory if the layout is the default one, or a
    /// copy of it.
    static Tensor tensor(NpyHeader header, MemorySegment data, Arena arena) {
        Layout layout = header.layout();
        if (layout.equals(Layout.DEFAULT)) {
            return new Tensor(header.shape(), header.type(), data);
        }
        Tensor tensor = Tensor.allocate(arena, header.shape(), header.type());
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment ordered = layout.fortranOrder() ? scratch.allocate(data.byteSize()) : tensor.data();
            Elements.copy(data, layout.byteOrder(), ordered, ByteOrder.nativeOrder(), header.type());
            if (layout.fortranOrder()) {
                Elements.transpose(ordered, Elements.reversed(header.shape()), header.type(), tensor.data());
            }
        }
        return tensor;
    }

    /// Writes a file in the default layout, which appears as a whole or not at all ([AtomicFiles]).
    ///
    /// @throws IOException              if the file cannot be written
    /// @throws IllegalArgumentException if the tensor has more than 64 dimensions
    public static void write(Path file, Tensor tensor) throws IOException {
        write(file, tensor, Layout.DEFAULT);
    }

    /// Writes a file, which appears as a whole or not at all ([AtomicFiles]). Fortran order needs memory for a
    /// copy.
    ///
    /// @throws IOException              if the file cannot be written
    /// @throws IllegalArgumentException if the tensor has more than 64 dimensions
    public static void write(Path file, Tensor tensor, Layout layout) throws IOException {
        try (AtomicFiles files = new AtomicFiles()) {
            write(files.createStream(file), tensor, layout);
            files.commit();
        }
    }

    /// Writes a file's bytes to a stream, which stays open. Fortran order needs memory for a copy.
    ///
    /// @throws IOException              from the stream
    /// @throws IllegalArgumentException if the tensor has more than 64 dimensions
    public static void write(OutputStream out, Tensor tensor, Layout layout) throws IOException {
        out.write(NpyHeader.encode(tensor.type(), layout, tensor.shape()));
        if (!layout.fortranOrder()) {
            Elements.write(tensor.data(), tensor.type(), layout.byteOrder(), out);
            return;
        }
        try (Arena scratch = Arena.ofConfined()) {
            MemorySegment transposed = scratch.allocate(tensor.data().byteSize());
            Elements.transpose(tensor.data(), tensor.shape(), tensor.type(), transposed);
            Elements.write(transposed, tensor.type(), layout.byteOrder(), out);
        }
    }
}
