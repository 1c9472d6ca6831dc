package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// Columns added up by their ids: `y[n, t, v] = Σ x[n, t, s] over the s whose ids[n, s] = v`.
///
/// x (N, T, S), ids (N, S), 64-bit integers from 0 to V - 1, or -1 for columns that are left out; y (N, T, V).
///
/// Source: PyTorch's `scatter_add`, of zeros, with ids that all rows of a sample share.
public final class ScatterAdd extends Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    private final Value x;
    private final Value ids;
    private final long size; // V

    public ScatterAdd(Value x, Value ids, long size) {
        super(List.of(Copy.dense(Shapes.requireFloat(x, "scatter add")), Copy.dense(ids)));
        this.x = inputs().getFirst();
        this.ids = Shapes.requireIds(inputs().get(1), "scatter add", "ids");
        this.size = size;
        boolean fits = x.shape().rank() == 3
                && ids.shape().equals(Shape.of(x.shape().size(0), x.shape().size(2)));
        if (!fits) {
            throw new IllegalArgumentException(
                    "scatter add needs ids [N, S] for values [N, T, S], not " + ids.shape() + " for " + x.shape());
        }
        gives(x.recorder().allocate(x.shape().with(2, size), DataType.F32));
    }

    /// V, the number of ids.
    public long size() {
        return size;
    }

    private void check(MemorySegment indices) {
        for (long i = 0; i < ids.shape().elements(); i++) {
            long id = indices.getAtIndex(ValueLayout.JAVA_LONG, i);
            if (id < -1 || id >= size) {
                throw new IllegalArgumentException(
                        "id " + id + " at position " + i + " is not from -1 to " + (size - 1));
            }
        }
    }

    /// What becomes of an element of x, number `at`, and the element of y that it is added to, number `to`.
    @FunctionalInterface
    private interface Pair {
        void meet(long at, long to);
    }

    private void forEach(MemorySegment indices, Pair pair) {
        long rows = x.shape().size(1);
        long columns = x.shape().size(2);
        for (long row = 0; row < x.shape().size(0) * rows; row++) {
            for (long s = 0; s < columns; s++) {
                long id = indices.getAtIndex(ValueLayout.JAVA_LONG, row / rows * columns + s);
                if (id >= 0) {
                    pair.meet(row * columns + s, row * size + id);
                }
            }
        }
    }

    @Override
    public void forward(Emitter emitter) {
        emitter.kernel("scatter add " + x.shape() + " to " + size, "Java", inputs(), List.of(output()), memory -> {
            MemorySegment src = memory.segment(x);
            MemorySegment indices = memory.segment(ids);
            MemorySegment dst = memory.segment(output());
            Pair add = (at, to) -> dst.setAtIndex(F32, to, dst.getAtIndex(F32, to) + src.getAtIndex(F32, at));
            return () -> {
                check(indices);
                dst.fill((byte) 0);
                forEach(indices, add);
            };
        });
    }

    @Override
    public void backward(Gradients gradients) {
        gradients.add(
                x, x.recorder().record(new Backward(gradients.of(output()))).output());
    }

    /// Each column gets what its id gets; those that are left out get nothing.
    private final class Backward extends Op {
        private final Value dy;

        Backward(Value dy) {
            super(List.of(
                    Copy.dense(dy), ids, ScatterAdd.this.output())); // which it does not read, but has checked ids
            this.dy = inputs().getFirst();
            gives(x.recorder().allocate(x.shape(), DataType.F32));
        }

        @Override
        public void forward(Emitter emitter) {
            String what = "gradient of scatter add " + x.shape() + " to " + size;
            emitter.kernel(what, "Java", List.of(dy, ids), List.of(output()), memory -> {
                MemorySegment diffDst = memory.segment(dy);
                MemorySegment indices = memory.segment(ids);
                MemorySegment diffSrc = memory.segment(output());
                Pair take = (at, to) -> diffSrc.setAtIndex(F32, at, diffDst.getAtIndex(F32, to));
                return () -> {
                    diffSrc.fill((byte) 0);
                    forEach(indices, take);
                };
            });
        }
    }
}
