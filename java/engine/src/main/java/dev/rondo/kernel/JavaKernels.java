package dev.rondo.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// The same in Java, for builds without native code.
final class JavaKernels implements Kernels {
    static final JavaKernels INSTANCE = new JavaKernels();

    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG;

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
    public void likeliest(
            MemorySegment src, long rows, long width, long count, MemorySegment ids, MemorySegment norms) {
        for (long row = 0; row < rows; row++) {
            long at = row * width;
            float max = Float.NEGATIVE_INFINITY;
            for (long i = 0; i < width; i++) {
                max = Math.max(max, src.getAtIndex(F32, at + i));
            }
            float base = max > Float.NEGATIVE_INFINITY ? max : 0;
            double sum = 0;
            long found = 0;
            for (long i = 0; i < width; i++) {
                float x = src.getAtIndex(F32, at + i);
                sum += Math.exp(x - base);
                if (x > (found < count ? Float.NEGATIVE_INFINITY : at(src, at, ids, row * count + count - 1))) {
                    long place = row * count + (found < count ? found++ : count - 1);
                    for (; place > row * count && at(src, at, ids, place - 1) < x; place--) {
                        ids.setAtIndex(I64, place, ids.getAtIndex(I64, place - 1));
                    }
                    ids.setAtIndex(I64, place, i);
                }
            }
            for (; found < count; found++) {
                ids.setAtIndex(I64, row * count + found, -1);
            }
            norms.setAtIndex(F32, row, (float) (max + Math.log(sum)));
        }
    }

    private static float at(MemorySegment src, long row, MemorySegment ids, long place) {
        return src.getAtIndex(F32, row + ids.getAtIndex(I64, place));
    }

    @Override
    public String toString() {
        return "Java";
    }
}
