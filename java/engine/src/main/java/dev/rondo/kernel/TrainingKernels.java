package dev.rondo.kernel;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.program.Step;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// What training needs beyond oneDNN's primitives: in native code, or in Java where the build has none.
///
/// Threads: any; nothing keeps state between calls.
public sealed interface TrainingKernels permits NativeTrainingKernels, JavaTrainingKernels {
    /// The native kernels if this build has them, else those in Java.
    static TrainingKernels available() {
        return NativeLibraries.load().hasKernels() ? NativeTrainingKernels.INSTANCE : JavaTrainingKernels.INSTANCE;
    }

    /// The gradient of an embedding: `diffTable[ids[i]] += diffDst[i]`, in this order.
    ///
    /// @param padding an id that gets no gradient, or -1
    void embeddingBackward(
            MemorySegment diffDst, MemorySegment ids, long count, long width, long padding, MemorySegment diffTable);

    /// The gradient of softmax, or of its logarithm, from its result.
    void softmaxBackward(
            MemorySegment dst,
            MemorySegment diffDst,
            MemorySegment diffSrc,
            long rows,
            long width,
            boolean logarithmic);

    /// Cross entropy, prepared to run many times.
    LossKernel crossEntropy(CrossEntropyArguments arguments, Arena arena);

    /// Connectionist temporal classification, prepared to run many times.
    LossKernel ctc(CtcArguments arguments, Arena arena);

    /// A pointwise loss, prepared to run many times.
    LossKernel pointwise(PointwiseLossArguments arguments);

    /// An optimizer's step for one parameter, prepared to run many times.
    ///
    /// @param schedule read at each run
    /// @param state    as many arrays as the rule keeps
    Step update(
            UpdateRule rule,
            UpdateSchedule schedule,
            MemorySegment parameter,
            MemorySegment gradient,
            List<MemorySegment> state,
            long count,
            Arena arena);

    /// Dropout: `dst[r, i] = src[r, i] / (1 - p)` where element i is kept, else 0, for all rows r alike. The
    /// same seed and offset keep the same elements.
    ///
    /// @param src (repeats, count); may be dst
    void dropout(MemorySegment src, MemorySegment dst, long repeats, long count, float p, long seed, long offset);

    /// `x = min(max(x, -bound), bound)`; NaN stays.
    void clamp(MemorySegment x, long count, float bound);

    /// The sums of the columns of dense rows: `sums[j] = sum_i x[i, j]`.
    void columnSums(MemorySegment x, long rows, long width, MemorySegment sums);

    /// The sum of squares, in double precision.
    double sumOfSquares(MemorySegment x, long count);

    /// The position of the first NaN or infinity, or -1.
    long firstNonFinite(MemorySegment x, long count);
}
