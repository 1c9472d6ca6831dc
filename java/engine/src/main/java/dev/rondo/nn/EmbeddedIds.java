package dev.rondo.nn;

import dev.rondo.op.Lookup;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a recurrent stack reads of ids: their vectors, or the ids themselves where the stack keeps tables.
///
/// @param ids     (T, N), I64, or null where only the vectors are known
/// @param vectors (T, N, E), or null where there are tables
/// @param table   (V, E), or null without tables
record EmbeddedIds(
        @Nullable Value ids,
        @Nullable Value vectors,
        @Nullable Value table) {
    /// @param dropout of vectors
    static EmbeddedIds of(Embedding embedding, Dropout dropout, Value ids) {
        return ids.recorder().keepsTables() && Lookup.isAvailable()
                ? new EmbeddedIds(
                        ids, null, ids.recorder().weight(embedding.weight().tensor()))
                : new EmbeddedIds(ids, dropout.forward(embedding.forward(ids)), null);
    }

    /// Vectors (T, N, E), whatever they are of.
    static EmbeddedIds ofVectors(Value vectors) {
        return new EmbeddedIds(null, vectors, null);
    }

    private Value any() {
        return ids == null ? vectors : ids;
    }

    /// T
    long steps() {
        return any().shape().size(0);
    }

    /// N
    long batch() {
        return any().shape().size(1);
    }

    /// The vectors, also where there are tables.
    Value vectors(Embedding embedding) {
        return vectors == null ? embedding.forward(ids) : vectors;
    }

    /// One step.
    EmbeddedIds at(long t) {
        return new EmbeddedIds(
                ids == null ? null : ids.slice(0, t, t + 1),
                vectors == null ? null : vectors.slice(0, t, t + 1),
                table);
    }

    /// What the stack's input begins with beside [#input], or null.
    @Nullable
    Lookup lookup() {
        return table == null ? null : new Lookup(ids, table);
    }

    /// The stack's input, with something more at each step.
    ///
    /// @param more (T, N, …), or null
    Value input(@Nullable Value more) {
        if (vectors == null) {
            return more == null
                    ? ids.recorder()
                            .constant(Tensor.allocate(Arena.ofAuto(), Shape.of(steps(), batch(), 0), DataType.F32))
                    : more;
        }
        return more == null ? vectors : Functional.concat(List.of(vectors, more), 2);
    }
}
