package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.LongStream;

/// Slices of a tensor by their indices: `y[b, k, …] = x[b, ids[b, k, 0], …, ids[b, k, L-1], …]`.
///
/// x (B…, D…, S…), ids (B…, K…, L), I64; y (B…, K…, S…). Source: ONNX's `GatherND`.
public final class GatherSlices extends Op {
    private final Value x;
    private final Value ids;
    private final int batch;
    private final SliceIndices indices;
    private final long batches;
    private final long sliceSize;

    /// @param batch number of dimensions in front that x and ids share
    public GatherSlices(Value x, Value ids, int batch) {
        super(List.of(Copy.dense(x), Copy.dense(ids)));
        this.x = inputs().get(0);
        this.ids = inputs().get(1);
        this.batch = batch;
        this.indices = new SliceIndices(x, this.ids, batch, "gather of slices");
        long[] sizes = x.shape().sizes();
        long[] places = ids.shape().sizes();
        int indexed = batch + Math.toIntExact(ids.shape().size(-1));
        this.batches = LongStream.of(sizes).limit(batch).reduce(1, (a, b) -> a * b);
        this.sliceSize = LongStream.of(sizes).skip(indexed).reduce(1, (a, b) -> a * b);
        long[] result = LongStream.concat(
                        LongStream.of(places).limit(places.length - 1L),
                        LongStream.of(sizes).skip(indexed))
                .toArray();
        gives(x.recorder().allocate(Shape.of(result), x.type()));
    }

    /// How many dimensions in front x and ids share.
    public int batch() {
        return batch;
    }

    @Override
    public void forward(Emitter emitter) {
        long count = indices.count();
        if (output().shape().elements() == 0) {
            return;
        }
        long bytes = x.type().byteSize();
        long batchSize = x.shape().elements() / batches;
        emitter.kernel("slices of " + x + " by " + ids, "Java", inputs(), List.of(output()), memory -> {
            MemorySegment src = memory.segment(x);
            MemorySegment segment = memory.segment(ids);
            MemorySegment dst = memory.segment(output());
            return () -> {
                for (long i = 0; i < count; i++) {
                    long from = i / (count / batches) * batchSize + indices.offset(segment, i);
                    MemorySegment.copy(src, from * bytes, dst, i * sliceSize * bytes, sliceSize * bytes);
                }
            };
        });
    }
}
