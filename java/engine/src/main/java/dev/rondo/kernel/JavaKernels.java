package dev.rondo.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The same in Java, for builds without native code.
final class JavaKernels implements Kernels {
    static final JavaKernels INSTANCE = new JavaKernels();

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    private JavaKernels() {}

    @Override
    public long embedding(
            MemorySegment table, long rows, long width, MemorySegment ids, long count, MemorySegment dst) {
        for (long i = 0; i < count; i++) {
            long id = ids.getAtIndex(ValueLayout.JAVA_LONG, i);
            if (id < 0 || id >= rows) {
                return i;
            }
        }
        long bytes = width * Float.BYTES;
        for (long i = 0; i < count; i++) {
            long id = ids.getAtIndex(ValueLayout.JAVA_LONG, i);
            MemorySegment.copy(table, id * bytes, dst, i * bytes, bytes);
        }
        return -1;
    }

    @Override
    public void softmax(MemorySegment src, MemorySegment dst, long rows, long width, boolean logarithmic) {
        for (long row = 0; row < rows; row++) {
            long at = row * width;
            float max = Float.NEGATIVE_INFINITY;
            for (long i = 0; i < width; i++) {
                max = Math.max(max, src.getAtIndex(F32, at + i));
            }
            double sum = 0;
            for (long i = 0; i < width; i++) {
                sum += Math.exp(src.getAtIndex(F32, at + i) - max);
            }
            double logSum = Math.log(sum);
            for (long i = 0; i < width; i++) {
                double shifted = src.getAtIndex(F32, at + i) - max;
                dst.setAtIndex(F32, at + i, (float) (logarithmic ? shifted - logSum : Math.exp(shifted) / sum));
            }
        }
    }

    @Override
    public String toString() {
        return "Java";
    }
}
