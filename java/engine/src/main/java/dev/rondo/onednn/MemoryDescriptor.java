package dev.rondo.onednn;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.bindings.Handle;
import dev.rondo.bindings.dnnl.Dnnl;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// A float tensor's layout as oneDNN sees it: dimensions, strides or an opaque blocking.
///
/// [#NONE] stands for an argument that is left out.
public final class MemoryDescriptor implements AutoCloseable {
    /// An optional argument that is not given.
    public static final MemoryDescriptor NONE = new MemoryDescriptor(null);

    private final Handle handle;

    private MemoryDescriptor(Handle handle) {
        this.handle = handle;
    }

    /// A tensor with strides in elements.
    public static MemoryDescriptor strided(long[] dims, long[] strides) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sizes = arena.allocateFrom(ValueLayout.JAVA_LONG, dims);
            MemorySegment steps = arena.allocateFrom(ValueLayout.JAVA_LONG, strides);
            return new MemoryDescriptor(Handle.create(
                    "dnnl_memory_desc_create_with_strides",
                    () -> Arrays.toString(dims) + " strides " + Arrays.toString(strides),
                    slot -> dnnl_memory_desc_create_with_strides(slot, dims.length, sizes, dnnl_f32(), steps),
                    Dnnl::dnnl_memory_desc_destroy));
        }
    }

    /// A tensor in C order without gaps.
    public static MemoryDescriptor dense(long... dims) {
        long[] strides = new long[dims.length];
        long stride = 1;
        for (int i = dims.length - 1; i >= 0; i--) {
            strides[i] = stride;
            stride *= dims[i];
        }
        return strided(dims, strides);
    }

    /// A tensor whose layout the primitive shall choose.
    public static MemoryDescriptor any(long... dims) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sizes = arena.allocateFrom(ValueLayout.JAVA_LONG, dims);
            return new MemoryDescriptor(Handle.create(
                    "dnnl_memory_desc_create_with_tag",
                    () -> Arrays.toString(dims),
                    slot -> dnnl_memory_desc_create_with_tag(
                            slot, dims.length, sizes, dnnl_f32(), dnnl_format_tag_any()),
                    Dnnl::dnnl_memory_desc_destroy));
        }
    }

    /// A copy of a descriptor that some other object owns.
    static MemoryDescriptor copyOf(MemorySegment descriptor) {
        return new MemoryDescriptor(Handle.create(
                "dnnl_memory_desc_clone",
                () -> "a queried descriptor",
                slot -> dnnl_memory_desc_clone(slot, descriptor),
                Dnnl::dnnl_memory_desc_destroy));
    }

    /// Where the descriptor is, or NULL for [#NONE].
    public MemorySegment address() {
        return handle == null ? MemorySegment.NULL : handle.address();
    }

    /// Bytes that a tensor of this layout takes, padding included.
    public long byteSize() {
        return handle == null ? 0 : dnnl_memory_desc_get_size(handle.address());
    }

    /// Whether two descriptors are of the same layout.
    public boolean sameAs(MemoryDescriptor other) {
        return dnnl_memory_desc_equal(address(), other.address()) != 0;
    }

    /// A memory object of this layout over the caller's memory, which has to outlive it.
    public Handle memory(MemorySegment data) {
        return Handle.create(
                "dnnl_memory_create",
                () -> data.byteSize() + " bytes",
                slot -> dnnl_memory_create(slot, address(), Engine.address(), data),
                Dnnl::dnnl_memory_destroy);
    }

    @Override
    public void close() {
        if (handle != null) {
            handle.close();
        }
    }
}
