package dev.rondo.kernel;

import static dev.rondo.bindings.kernels.Kernels.*;

import dev.rondo.bindings.NativeLibraries;
import java.lang.foreign.MemorySegment;

/// The kernels of `librondo`.
final class NativeKernels implements Kernels {
    static final NativeKernels INSTANCE = new NativeKernels();

    private NativeKernels() {}

    @Override
    public long embedding(
            MemorySegment table, long rows, long width, MemorySegment ids, long count, MemorySegment dst) {
        return rondo_embedding_f32(table, rows, width, ids, count, dst);
    }

    @Override
    public void softmax(MemorySegment src, MemorySegment dst, long rows, long width, boolean logarithmic) {
        rondo_softmax_f32(src, dst, rows, width, logarithmic ? 1 : 0);
    }

    @Override
    public void likeliest(
            MemorySegment src, long rows, long width, long count, MemorySegment ids, MemorySegment norms) {
        rondo_likeliest_f32(src, rows, width, count, ids, norms);
    }

    @Override
    public String toString() {
        return "Rondo kernel " + NativeLibraries.load().kernelIsa();
    }
}
