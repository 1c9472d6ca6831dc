package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Elements along one dimension by their indices, the same ones everywhere, or each element by its own:
///
/// ```
/// y[a, k, b] = x[a, ids[k], b]            ids (K)
/// y[a, k, b] = x[a, ids[a, k, b], b]      ids (…, K, …)
/// ```
///
/// x (…, D, …) of any type, y (…, K, …), ids 64-bit integers from 0 to D - 1. The gradient adds up what indices that
/// repeat receive, in the order of y's elements.
///
/// Source: PyTorch's `index_select` and `gather`.
public final class Gather extends Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    private final Value x;
    private final Value ids;
    private final int dimension;
    private final boolean each; // element has its own id
    private final long outer;
    private final long size; // D
    private final long count; // K
    private final long inner;

    private Gather(Value x, int dimension, Value ids, boolean each, long count) {
        super(List.of(Copy.dense(x), Shapes.requireIds(ids, "gather", "indices")));
        this.x = inputs().getFirst();
        this.ids = ids;
        this.dimension = x.shape().dimension(dimension);
        this.each = each;
        long before = 1;
        for (int i = 0; i < this.dimension; i++) {
            before *= x.shape().size(i);
        }
        long after = 1;
        for (int i = this.dimension + 1; i < x.shape().rank(); i++) {
            after *= x.shape().size(i);
        }
        this.outer = before;
        this.size = x.shape().size(dimension);
        this.count = count;
        this.inner = after;
        gives(x.recorder().allocate(x.shape().with(dimension, count), x.type()));
    }

    /// The same indices everywhere.
    ///
    /// @param ids (K)
    public static Gather select(Value x, int dimension, Value ids) {
        if (ids.shape().rank() != 1) {
            throw new IllegalArgumentException(
                    "selecting along a dimension needs indices (K), not of shape " + ids.shape());
        }
        return new Gather(x, dimension, ids, false, ids.shape().size(0));
    }

    /// Each element by its own index.
    ///
    /// @param ids of x's shape but for the dimension
    public static Gather each(Value x, int dimension, Value ids) {
        boolean fits = ids.shape().rank() == x.shape().rank()
                && x.shape().with(dimension, ids.shape().size(dimension)).equals(ids.shape());
        if (!fits) {
            throw new IllegalArgumentException("gather along dimension " + dimension + " of " + x.shape()
                    + " needs indices of that shape but for the dimension, not " + ids.shape());
        }
        return new Gather(x, dimension, ids, true, ids.shape().size(dimension));
    }

    /// Where the element of x lies that becomes element (a, k, b) of y.
    private long source(MemorySegment indices, long a, long k, long b) {
        long id = indices.getAtIndex(ValueLayout.JAVA_LONG, each ? (a * count + k) * inner + b : k);
        return (a * size + id) * inner + b;
    }

    private void check(MemorySegment indices) {
        for (long i = 0; i < ids.shape().elements(); i++) {
            long id = indices.getAtIndex(ValueLayout.JAVA_LONG, i);
            if (id < 0 || id >= size) {
                throw new IllegalArgumentException("index " + id + " at position " + i + " is not inside dimension "
                        + dimension + " of " + x.shape());
            }
        }
    }

    /// The dimension along which elements are picked.
    public int dimension() {
        return dimension;
    }

    /// Whether each element has its own index.
    public boolean isEach() {
        return each;
    }

    @Override
    public void forward(Emitter emitter) {
        emitter.kernel(this + " " + x.shape() + " by " + ids, "Java", inputs(), List.of(output()), memory -> {
            MemorySegment src = memory.segment(x);
            MemorySegment indices = memory.segment(ids);
            MemorySegment dst = memory.segment(output());
            long bytes = x.type().byteSize() * (each ? 1 : inner);
            return () -> {
                check(indices);
                long at = 0;
                for (long a = 0; a < outer; a++) {
                    for (long k = 0; k < count; k++) {
                        for (long b = 0; b < inner; b += each ? 1 : inner) {
                            long from = source(indices, a, k, b) * x.type().byteSize();
                            MemorySegment.copy(src, from, dst, at, bytes);
                            at += bytes;
                        }
                    }
                }
            };
        });
    }

    @Override
    public void backward(Gradients gradients) {
        gradients.add(
                x, x.recorder().record(new Backward(gradients.of(output()))).output());
    }

    /// Zeros, and the gradients of y added where they came from.
    private final class Backward extends Op {
        private final Value dy;

        Backward(Value dy) {
            super(List.of(Copy.dense(dy), ids, Gather.this.output())); // which it does not read, but has checked ids
            this.dy = inputs().getFirst();
            gives(x.recorder().allocate(x.shape(), DataType.F32));
        }

        @Override
        public void forward(Emitter emitter) {
            emitter.kernel(
                    "gradient of " + Gather.this + " " + x.shape() + " by " + ids,
                    "Java",
                    List.of(dy, ids),
                    List.of(output()),
                    memory -> {
                        MemorySegment diffDst = memory.segment(dy);
                        MemorySegment indices = memory.segment(ids);
                        MemorySegment diffSrc = memory.segment(output());
                        return () -> {
                            diffSrc.fill((byte) 0);
                            long at = 0;
                            for (long a = 0; a < outer; a++) {
                                for (long k = 0; k < count; k++) {
                                    for (long b = 0; b < inner; b++) {
                                        long to = source(indices, a, k, b);
                                        float sum = diffSrc.getAtIndex(F32, to) + diffDst.getAtIndex(F32, at++);
                                        diffSrc.setAtIndex(F32, to, sum);
                                    }
                                }
                            }
                        };
                    });
        }
    }

    @Override
    public String toString() {
        return "gather along dimension " + dimension;
    }
}
