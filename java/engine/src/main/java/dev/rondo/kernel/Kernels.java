package dev.rondo.kernel;

import dev.rondo.bindings.NativeLibraries;
import java.lang.foreign.MemorySegment;

/// What programs need beyond oneDNN's primitives: in native code, or in Java where the build has none.
///
/// Threads: any; nothing keeps state between calls.
public sealed interface Kernels permits NativeKernels, JavaKernels {
    /// The native kernels if this build has them, else those in Java.
    static Kernels available() {
        return NativeLibraries.load().hasKernels() ? NativeKernels.INSTANCE : JavaKernels.INSTANCE;
    }

    /// Embedding: `dst[i] = table[ids[i]]`.
    ///
    /// @param table (rows, width)
    /// @param ids   (count), 64-bit
    /// @param dst   (count, width)
    /// @return -1, or the position of the first id that is outside the table; then nothing is written
    long embedding(MemorySegment table, long rows, long width, MemorySegment ids, long count, MemorySegment dst);

    /// Softmax over rows, or its logarithm.
    ///
    /// @param src (rows, width)
    /// @param dst (rows, width); may be src
    void softmax(MemorySegment src, MemorySegment dst, long rows, long width, boolean logarithmic);

    /// The greatest elements of rows, the greatest first, equal ones in their order; and the logarithms of the rows'
    /// sums of exponentials.
    ///
    /// @param src   (rows, width)
    /// @param count of elements of each row
    /// @param ids   (rows, count), 64-bit: where they are, -1 where no more are above -∞
    /// @param norms (rows)
    void likeliest(MemorySegment src, long rows, long width, long count, MemorySegment ids, MemorySegment norms);
}
