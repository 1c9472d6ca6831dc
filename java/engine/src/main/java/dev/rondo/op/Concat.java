package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Values side by side along one dimension; the other dimensions agree. Source: PyTorch's `cat`.
public final class Concat extends Op {
    private final List<Value> parts;
    private final int dimension;

    public Concat(List<Value> parts, int dimension) {
        super(parts);
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("concat needs at least one value");
        }
        this.parts = List.copyOf(parts);
        this.dimension = dimension;
        Shape first = parts.getFirst().shape();
        long size = 0;
        for (Value part : parts) {
            Shape shape = part.shape();
            if (part.type() != parts.getFirst().type()
                    || shape.rank() != first.rank()
                    || !shape.with(dimension, first.size(dimension)).equals(first)) {
                throw new IllegalArgumentException(
                        "concat along dimension " + dimension + " cannot join " + parts.getFirst() + " and " + part);
            }
            size += shape.size(dimension);
        }
        gives(parts.getFirst()
                .recorder()
                .allocate(first.with(dimension, size), parts.getFirst().type()));
    }

    /// Along which they are joined.
    public int dimension() {
        return dimension;
    }

    @Override
    public void forward(Emitter emitter) {
        if (isOutermost() && parts.stream().allMatch(Value::isDense)) {
            emitBlocks(emitter);
            return;
        }
        long from = 0;
        for (Value part : parts) {
            long to = from + part.shape().size(dimension);
            emitter.copy(part, output().slice(dimension, from, to));
            from = to;
        }
    }

    private boolean isOutermost() {
        Shape shape = output().shape();
        for (int i = 0; i < shape.dimension(dimension); i++) {
            if (shape.size(i) != 1) {
                return false;
            }
        }
        return true;
    }

    /// One instruction for all parts: there may be as many as a sequence has steps.
    private void emitBlocks(Emitter emitter) {
        if (output().shape().elements() == 0) {
            return;
        }
        emitter.kernel("join " + parts.size() + " parts to " + output(), "Java", parts, List.of(output()), memory -> {
            MemorySegment[] from = parts.stream().map(memory::segment).toArray(MemorySegment[]::new);
            MemorySegment to = memory.segment(output());
            return () -> {
                long at = 0;
                for (MemorySegment part : from) {
                    MemorySegment.copy(part, 0, to, at, part.byteSize());
                    at += part.byteSize();
                }
            };
        });
    }

    @Override
    public void backward(Gradients gradients) {
        Value dy = gradients.of(output());
        long from = 0;
        for (Value part : parts) {
            long to = from + part.shape().size(dimension);
            gradients.add(part, dy.slice(dimension, from, to));
            from = to;
        }
    }
}
