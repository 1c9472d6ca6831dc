package dev.rondo.op;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.TrainingKernels;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;

/// `y[…] = table[ids[…]]`: rows of a table.
///
/// ids (…), 64-bit integers from 0 to V - 1; table (V, E); y (…, E). Source: PyTorch's `nn.Embedding`.
public final class Embedding extends Op {
    private final Value ids;
    private final Value table;
    private final long padding;

    /// @param padding an id whose row is never changed, or -1
    public Embedding(Value ids, Value table, long padding) {
        super(List.of(ids, table));
        this.padding = padding;
        if (table.shape().rank() != 2) {
            throw new IllegalArgumentException("embedding needs a table of two dimensions, not " + table.shape());
        }
        Shapes.requireWeight(table, table.shape(), "embedding", "a table");
        if (ids.type() != DataType.I64) {
            throw new IllegalArgumentException("embedding takes I64 ids, not " + ids.type());
        }
        if (!ids.isDense()) {
            throw new IllegalArgumentException("embedding takes ids as they are given, not transposed or sliced");
        }
        this.ids = ids;
        this.table = table;
        long[] sizes = Arrays.copyOf(ids.shape().sizes(), ids.shape().rank() + 1);
        sizes[sizes.length - 1] = table.shape().size(1);
        gives(ids.recorder().allocate(Shape.of(sizes), DataType.F32));
    }

    @Override
    public void forward(Emitter emitter) {
        long count = ids.shape().elements();
        if (count == 0) {
            return;
        }
        Kernels kernels = Kernels.available();
        long rows = table.shape().size(0);
        long width = table.shape().size(1);
        emitter.kernel(
                "embedding " + rows + "x" + width + ", ids " + ids.shape(),
                kernels.toString(),
                List.of(ids, table),
                List.of(output()),
                memory -> {
                    MemorySegment weights = memory.segment(table);
                    MemorySegment indices = memory.segment(ids);
                    MemorySegment dst = memory.segment(output());
                    return () -> {
                        long bad = kernels.embedding(weights, rows, width, indices, count, dst);
                        if (bad >= 0) {
                            throw outside(ids.shape(), bad, indices.getAtIndex(ValueLayout.JAVA_LONG, bad), rows);
                        }
                    };
                });
    }

    @Override
    public void backward(Gradients gradients) {
        if (gradients.wants(table)) {
            gradients.add(
                    table,
                    ids.recorder().record(new Backward(gradients.of(output()))).output());
        }
    }

    /// The gradient of the table: zeros but for the rows that were looked up.
    private final class Backward extends Op {
        private final Value dy;

        Backward(Value dy) {
            super(List.of(ids, dy));
            this.dy = dy;
            gives(ids.recorder().allocate(table.shape(), DataType.F32));
        }

        @Override
        public void forward(Emitter emitter) {
            emitter.zero(output());
            long count = ids.shape().elements();
            if (count == 0) {
                return;
            }
            TrainingKernels kernels = TrainingKernels.available();
            Value given = emitter.dense(dy);
            long width = table.shape().size(1);
            emitter.kernel(
                    "gradient of embedding " + table.shape() + ", ids " + ids.shape(),
                    Kernels.available().toString(),
                    List.of(ids, given, output()),
                    List.of(output()),
                    memory -> {
                        MemorySegment indices = memory.segment(ids);
                        MemorySegment diffDst = memory.segment(given);
                        MemorySegment diffTable = memory.segment(output());
                        return () -> kernels.embeddingBackward(diffDst, indices, count, width, padding, diffTable);
                    });
        }
    }

    static IllegalArgumentException outside(Shape ids, long position, long id, long rows) {
        long[] strides = ids.strides();
        long[] index = new long[strides.length];
        long rest = position;
        for (int i = 0; i < index.length; i++) {
            index[i] = rest / strides[i];
            rest %= strides[i];
        }
        return new IllegalArgumentException(
                "id " + id + " at " + Arrays.toString(index) + " is not in the embedding's range 0.." + (rows - 1));
    }
}
