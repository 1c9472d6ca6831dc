package dev.rondo.onednn;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.bindings.Handle;
import dev.rondo.bindings.NativeLibraries;
import dev.rondo.bindings.Pointer;
import dev.rondo.bindings.Status;
import dev.rondo.bindings.dnnl.Dnnl;
import java.lang.foreign.MemorySegment;
import java.util.function.IntSupplier;

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

    /// The instruction set that oneDNN generates code for, as `ONEDNN_MAX_CPU_ISA` may have capped it.
    public static String isa() {
        NativeLibraries.load();
        int isa = dnnl_get_effective_cpu_isa();
        record Level(String name, IntSupplier code) {}
        Level[] levels = {
            new Level("sse41", Dnnl::dnnl_cpu_isa_sse41),
            new Level("avx", Dnnl::dnnl_cpu_isa_avx),
            new Level("avx2", Dnnl::dnnl_cpu_isa_avx2),
            new Level("avx2_vnni", Dnnl::dnnl_cpu_isa_avx2_vnni),
            new Level("avx2_vnni_2", Dnnl::dnnl_cpu_isa_avx2_vnni_2),
            new Level("avx512_core", Dnnl::dnnl_cpu_isa_avx512_core),
            new Level("avx512_core_vnni", Dnnl::dnnl_cpu_isa_avx512_core_vnni),
            new Level("avx512_core_bf16", Dnnl::dnnl_cpu_isa_avx512_core_bf16),
            new Level("avx512_core_fp16", Dnnl::dnnl_cpu_isa_avx512_core_fp16),
            new Level("avx512_core_amx", Dnnl::dnnl_cpu_isa_avx512_core_amx),
            new Level("avx512_core_amx_fp16", Dnnl::dnnl_cpu_isa_avx512_core_amx_fp16),
        };
        for (Level level : levels) {
            if (level.code().getAsInt() == isa) {
                return level.name();
            }
        }
        return "isa 0x" + Integer.toHexString(isa);
    }

    /// Sets how many threads the parallel regions that the calling thread starts from now on have. OpenMP keeps
    /// the number per calling thread, so it is set on every way into native code.
    public static void setThreads(int threads) {
        omp_set_num_threads(threads);
    }
}
