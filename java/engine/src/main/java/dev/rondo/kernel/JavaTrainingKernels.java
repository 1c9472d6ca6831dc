package dev.rondo.kernel;

import dev.rondo.program.Step;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// The same in Java, for builds without native code.
final class JavaTrainingKernels implements TrainingKernels {
    static final JavaTrainingKernels INSTANCE = new JavaTrainingKernels();

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    private JavaTrainingKernels() {}

    @Override
    public void embeddingBackward(
            MemorySegment diffDst, MemorySegment ids, long count, long width, long padding, MemorySegment diffTable) {
        for (long i = 0; i < count; i++) {
            long id = ids.getAtIndex(ValueLayout.JAVA_LONG, i);
            for (long j = 0; id != padding && j < width; j++) {
                float sum = diffTable.getAtIndex(F32, id * width + j) + diffDst.getAtIndex(F32, i * width + j);
                diffTable.setAtIndex(F32, id * width + j, sum);
            }
        }
    }

    @Override
    public void softmaxBackward(
            MemorySegment dst,
            MemorySegment diffDst,
            MemorySegment diffSrc,
            long rows,
            long width,
            boolean logarithmic) {
        for (long at = 0; at < rows * width; at += width) {
            double sum = 0;
            for (long i = at; i < at + width; i++) {
                sum += diffDst.getAtIndex(F32, i) * (logarithmic ? 1.0 : dst.getAtIndex(F32, i));
            }
            for (long i = at; i < at + width; i++) {
                double y = dst.getAtIndex(F32, i);
                double dy = diffDst.getAtIndex(F32, i);
                diffSrc.setAtIndex(F32, i, (float) (logarithmic ? dy - Math.exp(y) * sum : (dy - sum) * y));
            }
        }
    }

    @Override
    public LossKernel crossEntropy(CrossEntropyArguments arguments, Arena arena) {
        return new JavaCrossEntropy(arguments);
    }

    @Override
    public LossKernel ctc(CtcArguments arguments, Arena arena) {
        return new JavaCtc(arguments);
    }

    @Override
    public LossKernel pointwise(PointwiseLossArguments arguments) {
        return new JavaPointwiseLoss(arguments);
    }

    @Override
    public Step update(
            UpdateRule rule,
            UpdateSchedule schedule,
            MemorySegment parameter,
            MemorySegment gradient,
            List<MemorySegment> state,
            long count,
            Arena arena) {
        return new JavaUpdate(rule, schedule, parameter, gradient, state, count);
    }

    @Override
    public void dropout(
            MemorySegment src, MemorySegment dst, long repeats, long count, float p, long seed, long offset) {
        long threshold = (long) (p * 0x1p32);
        for (long i = 0; i < count; i++) {
            long word = Integer.toUnsignedLong(Philox.word(seed, offset + i));
            boolean kept = p < 1 && word >= threshold;
            for (long at = i; at < repeats * count; at += count) {
                dst.setAtIndex(F32, at, kept ? src.getAtIndex(F32, at) / (1 - p) : 0);
            }
        }
    }

    @Override
    public void clamp(MemorySegment x, long count, float bound) {
        for (long i = 0; i < count; i++) {
            x.setAtIndex(F32, i, Math.clamp(x.getAtIndex(F32, i), -bound, bound));
        }
    }

    @Override
    public void columnSums(MemorySegment x, long rows, long width, MemorySegment sums) {
        for (long j = 0; j < width; j++) {
            double sum = 0;
            for (long i = 0; i < rows; i++) {
                sum += x.getAtIndex(F32, i * width + j);
            }
            sums.setAtIndex(F32, j, (float) sum);
        }
    }

    @Override
    public double sumOfSquares(MemorySegment x, long count) {
        double sum = 0;
        for (long i = 0; i < count; i++) {
            double value = x.getAtIndex(F32, i);
            sum += value * value;
        }
        return sum;
    }

    @Override
    public long firstNonFinite(MemorySegment x, long count) {
        for (long i = 0; i < count; i++) {
            if (!Float.isFinite(x.getAtIndex(F32, i))) {
                return i;
            }
        }
        return -1;
    }
}
