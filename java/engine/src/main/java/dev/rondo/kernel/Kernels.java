package dev.rondo.kernel;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.program.Step;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// What programs need beyond oneDNN's primitives: in native code, or in Java where the build has none.
///
/// Threads: any; nothing keeps state between calls.
public sealed interface Kernels permits NativeKernels, JavaKernels {
    /// The native kernels if this build has them, else those in Java.
    static Kernels available() {
        return NativeLibraries.load().hasKernels() ? NativeKernels.INSTANCE : JavaKernels.INSTANCE;
    }

    /// Whether they are native code.
    boolean isNative();

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

    /// Recurrent weights of a GRU as [#gru] wants them.
    ///
    /// @param weights (3*H, H), gates in the order u, r, o
    MemorySegment packGru(Tensor weights, Arena arena);

    /// A GRU over sequences, prepared to run many times.
    ///
    /// @param arena memory for what the step needs, as long-lived as the step
    Step gru(GruArguments arguments, Arena arena);
}
