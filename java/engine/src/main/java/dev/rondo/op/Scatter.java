package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Odometer;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.LongStream;

/// A tensor with some elements replaced by others, or combined with them:
///
/// ```
/// y = x;  y[ids[k, 0], …, ids[k, L-1], …] = updates[k, …]          slices
/// y = x;  y[a, ids[a, k, b], b] = updates[a, k, b]                 each element by its own index
/// ```
///
/// ids I64, negative ones count from the last. Source: ONNX's `ScatterND` and `ScatterElements`.
public final class Scatter extends Op {
    /// What becomes of an element and its update.
    public enum Combination {
        /// The update.
        REPLACE,
        ADD,
        MULTIPLY,
        MAXIMUM,
        MINIMUM;

        private double of(double old, double update) {
            return switch (this) {
                case REPLACE -> update;
                case ADD -> old + update;
                case MULTIPLY -> old * update;
                case MAXIMUM -> Math.max(old, update);
                case MINIMUM -> Math.min(old, update);
            };
        }

        private long of(long old, long update) {
            return switch (this) {
                case REPLACE -> update;
                case ADD -> old + update;
                case MULTIPLY -> old * update;
                case MAXIMUM -> Math.max(old, update);
                case MINIMUM -> Math.min(old, update);
            };
        }
    }

    private final Value x;
    private final Value ids;
    private final Value updates;
    private final Combination combination;
    private final int dimension; // or -1 for slices

    private Scatter(Value x, Value ids, Value updates, Combination combination, int dimension) {
        super(List.of(x, Copy.dense(ids), Copy.dense(updates)));
        this.x = x;
        this.ids = Shapes.requireIds(inputs().get(1), "scatter", "indices");
        this.updates = inputs().get(2);
        this.combination = combination;
        this.dimension = dimension;
        if (x.type() != updates.type()) {
            throw new IllegalArgumentException("scatter takes updates of type " + x.type() + ", not " + updates.type());
        }
        gives(x.recorder().allocate(x.shape(), x.type()));
    }

    /// Slices by their indices.
    ///
    /// @param ids     (K…, L)
    /// @param updates (K…, S…), S being x's dimensions behind the first L
    public static Scatter slices(Value x, Value ids, Value updates, Combination combination) {
        Scatter scatter = new Scatter(x, ids, updates, combination, -1);
        new SliceIndices(x, scatter.ids, 0, "scatter"); // checks them
        long[] shape = LongStream.concat(
                        LongStream.of(ids.shape().sizes()).limit(ids.shape().rank() - 1L),
                        LongStream.of(x.shape().sizes()).skip(ids.shape().size(-1)))
                .toArray();
        if (!updates.shape().equals(Shape.of(shape))) {
            throw new IllegalArgumentException(
                    "scatter needs updates of shape " + Shape.of(shape) + ", not " + updates.shape());
        }
        return scatter;
    }

    /// Each element by its own index.
    ///
    /// @param updates of the indices' shape
    public static Scatter each(Value x, int dimension, Value ids, Value updates, Combination combination) {
        boolean fits = ids.shape().equals(updates.shape())
                && ids.shape().rank() == x.shape().rank();
        int along = x.shape().dimension(dimension);
        for (int i = 0; fits && i < x.shape().rank(); i++) {
            fits = i == along || ids.shape().size(i) <= x.shape().size(i);
        }
        if (!fits) {
            throw new IllegalArgumentException("scatter into " + x.shape() + " along dimension " + dimension
                    + " cannot take indices " + ids.shape() + " and updates " + updates.shape());
        }
        return new Scatter(x, ids, updates, combination, along);
    }

    @Override
    public void forward(Emitter emitter) {
        emitter.copy(x, output());
        if (updates.shape().elements() == 0) {
            return;
        }
        String problem = "scatter " + updates + " into " + x.shape();
        List<Value> reads = List.of(ids, updates, output());
        emitter.kernel(problem, "Java", reads, List.of(output()), memory -> {
            MemorySegment indices = memory.segment(ids);
            MemorySegment source = memory.segment(updates);
            MemorySegment result = memory.segment(output());
            if (dimension >= 0) {
                Odometer at = new Odometer(updates.shape(), x.shape().strides());
                return () -> scatterEach(indices, source, result, at);
            }
            SliceIndices slices = new SliceIndices(x, ids, 0, "scatter");
            return () -> scatterSlices(slices, indices, source, result);
        });
    }

    private void scatterEach(MemorySegment indices, MemorySegment source, MemorySegment result, Odometer at) {
        long size = x.shape().size(dimension);
        long stride = x.shape().strides()[dimension];
        at.reset();
        for (long i = 0; i < updates.shape().elements(); i++) {
            long id = indices.getAtIndex(ValueLayout.JAVA_LONG, i);
            if (id < -size || id >= size) {
                throw new IllegalArgumentException(
                        "index " + id + " at position " + i + " is not inside a dimension of size " + size);
            }
            long position = at.at(0) + ((id < 0 ? id + size : id) - at.index(dimension)) * stride;
            combine(source, i, result, position);
            at.advance();
        }
    }

    private void scatterSlices(SliceIndices slices, MemorySegment indices, MemorySegment source, MemorySegment result) {
        long count = slices.count();
        long sliceSize = updates.shape().elements() / count;
        for (long i = 0; i < count; i++) {
            long to = slices.offset(indices, i);
            for (long k = 0; k < sliceSize; k++) {
                combine(source, i * sliceSize + k, result, to + k);
            }
        }
    }

    private void combine(MemorySegment source, long from, MemorySegment result, long to) {
        if (x.type() == DataType.F32) {
            float update = source.getAtIndex(ValueLayout.JAVA_FLOAT, from);
            double combined = combination.of(result.getAtIndex(ValueLayout.JAVA_FLOAT, to), update);
            result.setAtIndex(ValueLayout.JAVA_FLOAT, to, (float) combined);
        } else if (x.type() == DataType.I64) {
            long update = source.getAtIndex(ValueLayout.JAVA_LONG, from);
            result.setAtIndex(
                    ValueLayout.JAVA_LONG, to, combination.of(result.getAtIndex(ValueLayout.JAVA_LONG, to), update));
        } else {
            result.set(ValueLayout.JAVA_BYTE, to, source.get(ValueLayout.JAVA_BYTE, from));
        }
    }
}
