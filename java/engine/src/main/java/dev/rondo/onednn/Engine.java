package dev.rondo.onednn;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.bindings.Handle;
import dev.rondo.bindings.NativeLibraries;
import dev.rondo.bindings.Pointer;
import dev.rondo.bindings.Status;
import dev.rondo.bindings.dnnl.Dnnl;
import java.lang.foreign.MemorySegment;

/// oneDNN's CPU engine: one for the life of the JVM.
public final class Engine {
    // Programs own their primitives, so the library's own cache only has to bridge recording the same shape again.
    private static final int PRIMITIVE_CACHE_CAPACITY = 256;

    private static final MemorySegment ADDRESS = create();

    private Engine() {}

    private static MemorySegment create() {
        NativeLibraries.load();
        Status.check(
                dnnl_set_primitive_cache_capacity(PRIMITIVE_CACHE_CAPACITY),
                "dnnl_set_primitive_cache_capacity",
                () -> "capacity " + PRIMITIVE_CACHE_CAPACITY);
        return Pointer.address("dnnl_engine_create", () -> "cpu", slot -> dnnl_engine_create(slot, dnnl_cpu(), 0));
    }

    static MemorySegment address() {
        return ADDRESS;
    }

    /// A stream to execute primitives on; each session has its own.
    public static Handle stream() {
        return Handle.create(
                "dnnl_stream_create",
                () -> "cpu",
                slot -> dnnl_stream_create(slot, ADDRESS, dnnl_stream_in_order()),
                Dnnl::dnnl_stream_destroy);
    }

    /// Sets how many threads the parallel regions that the calling thread starts from now on have. OpenMP keeps
    /// the number per calling thread, so it is set on every way into native code.
    public static void setThreads(int threads) {
        omp_set_num_threads(threads);
    }
}
