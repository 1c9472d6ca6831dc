package dev.rondo.op;

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
import java.util.stream.Stream;

/// Rows of several values by their numbers, as if the values lay one below the other; zeros where the number is -1.
///
/// parts (R, W) each, ids (K), I64; y (K, W). What steps compute one after the other stays where it is, and what many
/// of them give the gradient of one part is added up in one array.
public final class JoinedRows extends Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG;

    private final List<Value> parts;
    private final Value ids;
    private final long[] firsts; // the first row of each part, and how many rows there are

    /// @param parts dense
    public JoinedRows(List<Value> parts, Value ids) {
        super(Stream.concat(parts.stream(), Stream.of(Copy.dense(ids))).toList());
        this.parts = List.copyOf(parts);
        this.ids = Shapes.requireIds(inputs().getLast(), "rows", "numbers");
        if (parts.isEmpty() || ids.shape().rank() != 1) {
            throw new IllegalArgumentException(
                    "rows by their numbers need some values, and numbers (K), not of shape " + ids.shape());
        }
        long width = parts.getFirst().shape().size(-1);
        this.firsts = new long[parts.size() + 1];
        for (int i = 0; i < parts.size(); i++) {
            long rows = parts.get(i).shape().size(0);
            Shapes.requireWeight(parts.get(i), Shape.of(rows, width), "rows by their numbers", "rows");
            firsts[i + 1] = firsts[i] + rows;
        }
        gives(ids.recorder().allocate(Shape.of(ids.shape().size(0), width), DataType.F32));
    }

    private long rows() {
        return firsts[parts.size()];
    }

    private long width() {
        return output().shape().size(1);
    }

    @Override
    public void forward(Emitter emitter) {
        long count = ids.shape().elements();
        emitter.kernel("rows " + output().shape() + " of " + rows(), "Java", inputs(), List.of(output()), memory -> {
            MemorySegment[] from = parts.stream().map(memory::segment).toArray(MemorySegment[]::new);
            MemorySegment numbers = memory.segment(ids);
            MemorySegment to = memory.segment(output());
            long bytes = width() * Float.BYTES;
            return () -> {
                for (long k = 0; k < count; k++) {
                    long id = numbers.getAtIndex(I64, k);
                    if (id < -1 || id >= rows()) {
                        throw new IllegalArgumentException(
                                "number " + id + " at position " + k + " is none of the rows 0 to " + (rows() - 1));
                    }
                    if (id < 0) {
                        for (long i = k * width(); i < (k + 1) * width(); i++) {
                            to.setAtIndex(F32, i, 0);
                        }
                    } else {
                        int part = part(id);
                        MemorySegment.copy(from[part], (id - firsts[part]) * bytes, to, k * bytes, bytes);
                    }
                }
            };
        });
    }

    private int part(long id) {
        int found = Arrays.binarySearch(firsts, id);
        while (found >= 0 && firsts[found + 1] == id) {
            found++; // empty parts begin where the next one does
        }
        return found >= 0 ? found : -found - 2;
    }

    @Override
    public void backward(Gradients gradients) {
        Value dy = Copy.dense(gradients.of(output()));
        for (int i = 0; i < parts.size(); i++) {
            Value part = parts.get(i);
            gradients.gather(
                    part,
                    new Piece(dy, ids, firsts[i]),
                    pieces -> part.recorder().record(new Backward(part, pieces)).output());
        }
    }

    /// What one operation gives the gradient of a part.
    ///
    /// @param dy    (K, W)
    /// @param ids   (K)
    /// @param first the number of the part's first row
    private record Piece(Value dy, Value ids, long first) {}

    private static final class Backward extends Op {
        private final List<Piece> pieces;

        Backward(Value part, List<Piece> pieces) {
            super(pieces.stream()
                    .flatMap(piece -> Stream.of(piece.dy, piece.ids))
                    .toList());
            this.pieces = List.copyOf(pieces);
            gives(part.recorder().allocate(part.shape(), DataType.F32));
        }

        @Override
        public void forward(Emitter emitter) {
            long rows = output().shape().size(0);
            int width = Math.toIntExact(output().shape().size(1));
            emitter.kernel("gradients of rows " + output().shape(), "Java", inputs(), List.of(output()), memory -> {
                MemorySegment[] given =
                        pieces.stream().map(piece -> memory.segment(piece.dy)).toArray(MemorySegment[]::new);
                MemorySegment[] numbers =
                        pieces.stream().map(piece -> memory.segment(piece.ids)).toArray(MemorySegment[]::new);
                MemorySegment sum = memory.segment(output());
                return () -> {
                    sum.fill((byte) 0);
                    for (int p = 0; p < given.length; p++) {
                        long first = pieces.get(p).first;
                        long count = numbers[p].byteSize() / Long.BYTES;
                        for (long k = 0; k < count; k++) {
                            long row = numbers[p].getAtIndex(I64, k) - first;
                            if (row >= 0 && row < rows) {
                                add(given[p], k * width, sum, row * width, width);
                            }
                        }
                    }
                };
            });
        }

        private static void add(MemorySegment from, long at, MemorySegment to, long place, int width) {
            for (int i = 0; i < width; i++) {
                to.setAtIndex(F32, place + i, to.getAtIndex(F32, place + i) + from.getAtIndex(F32, at + i));
            }
        }
    }
}
