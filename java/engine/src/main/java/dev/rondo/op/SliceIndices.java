package dev.rondo.op;

import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/// Indices of slices of a tensor, each over its leading dimensions; negative ones count from the last.
///
/// ids (…, L), I64; a slice has the dimensions that are left.
final class SliceIndices {
    private final Value ids;
    private final long[] sizes; // of the indexed dimensions
    private final long[] strides; // in elements

    /// @param x     what is indexed
    /// @param batch number of dimensions in front that x and ids share
    SliceIndices(Value x, Value ids, int batch, String operation) {
        Shapes.requireIds(ids, operation, "indices");
        Shape shape = x.shape();
        int rank = ids.shape().rank();
        boolean fits = rank > batch && ids.shape().size(-1) <= shape.rank() - batch;
        for (int i = 0; fits && i < batch; i++) {
            fits = ids.shape().size(i) == shape.size(i);
        }
        if (!fits) {
            throw new IllegalArgumentException(operation + " of " + shape + " cannot take indices of shape "
                    + ids.shape() + " with " + batch + " batch dimensions");
        }
        int length = Math.toIntExact(ids.shape().size(-1));
        this.ids = ids;
        this.sizes = Arrays.copyOfRange(shape.sizes(), batch, batch + length);
        this.strides = Arrays.copyOfRange(shape.strides(), batch, batch + length);
    }

    /// How many slices there are.
    long count() {
        long[] sizes = ids.shape().sizes();
        return Shape.of(Arrays.copyOf(sizes, sizes.length - 1)).elements();
    }

    /// Where a slice begins, in elements from the beginning of its part of the batch.
    ///
    /// @throws IllegalArgumentException if the index is not inside the tensor
    long offset(MemorySegment indices, long slice) {
        long offset = 0;
        for (int i = 0; i < sizes.length; i++) {
            long id = indices.getAtIndex(ValueLayout.JAVA_LONG, slice * sizes.length + i);
            if (id < -sizes[i] || id >= sizes[i]) {
                throw new IllegalArgumentException(
                        "index " + id + " of slice " + slice + " is not inside a dimension of size " + sizes[i]);
            }
            offset += (id < 0 ? id + sizes[i] : id) * strides[i];
        }
        return offset;
    }
}
