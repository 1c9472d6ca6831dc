package dev.rondo.op;

import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// What a recurrent layer reads beside its weights.
///
/// @param x         (T, N, I), or (N, T, I) batch first; what its input goes on with behind those looked up
/// @param lookup    what its input begins with, or null
/// @param h0        (D, N, R), or null for zeros
/// @param c0        (D, N, H), or null for zeros
/// @param parents   which rows of h0 and c0 sequences go on from, T being 1, or null for their own
/// @param attention (T, N), or (N, T) batch first, of cells that have it, or null
/// @param lengths   (N), I64 from 1 to T: number of steps of each sequence, or null where all have T
public record RecurrentInputs(
        Value x,
        @Nullable Lookup lookup,
        @Nullable Value h0,
        @Nullable Value c0,
        @Nullable Parents parents,
        @Nullable Value attention,
        @Nullable Value lengths) {
    /// What most layers read.
    public RecurrentInputs(Value x, @Nullable Value h0, @Nullable Value c0, @Nullable Value lengths) {
        this(x, null, h0, c0, null, null, lengths);
    }

    /// All values.
    Stream<Value> values() {
        return Stream.of(
                        x,
                        lookup == null ? null : lookup.ids(),
                        lookup == null ? null : lookup.table(),
                        h0,
                        c0,
                        parents == null ? null : parents.rows(),
                        attention,
                        lengths)
                .filter(value -> value != null);
    }

    /// The same with time first, where the samples are first.
    RecurrentInputs transposed() {
        Value scores = attention == null ? null : attention.transpose(0, 1);
        return new RecurrentInputs(x.transpose(0, 1), lookup, h0, c0, parents, scores, lengths);
    }

    /// @throws IllegalArgumentException unless such a layer can read this
    void require(Cell cell, int directions, boolean batchFirst, Recurrent.Weights weights) {
        String problem = cell.toString();
        long inputSize = weights.inputWeight().shape().size(1) - (lookup == null ? 0 : lookup.width());
        if (Shapes.requireFloat(x, problem).shape().rank() != 3 || x.shape().size(2) != inputSize) {
            throw new IllegalArgumentException(cell + " needs an input of shape " + (batchFirst ? "[N, T, " : "[T, N, ")
                    + inputSize + "], not " + x.shape());
        }
        long steps = x.shape().size(batchFirst ? 1 : 0);
        long samples = x.shape().size(batchFirst ? 0 : 1);
        if (h0 != null) {
            long width = weights.stateWeight().shape().size(1);
            Shapes.require(h0, Shape.of(directions, samples, width), problem, "h0");
        }
        if (c0 != null) {
            long width = weights.inputWeight().shape().size(0) / cell.gates();
            Shapes.require(c0, Shape.of(directions, samples, width), problem, "c0");
        }
        if (cell.hasCellState() && (h0 == null) != (c0 == null)) {
            throw new IllegalArgumentException(cell + " needs both h0 and c0, or neither");
        }
        if (parents != null
                && (steps != 1
                        || h0 == null
                        || lengths != null
                        || parents.rows().shape().elements() != samples)) {
            throw new IllegalArgumentException(
                    cell + " needs states that a step goes on from, one of them for each sequence");
        }
        if (cell.hasAttention() != (attention != null)) {
            throw new IllegalArgumentException(
                    cell + (attention == null ? " needs attention scores" : " takes no attention scores"));
        }
        if (attention != null) {
            Shapes.require(attention, Shape.of(x.shape().size(0), x.shape().size(1)), problem, "attention");
        }
        Shape perSequence = Shape.of(samples);
        if (lengths != null
                && (lengths.type() != DataType.I64 || !lengths.shape().equals(perSequence) || !lengths.isDense())) {
            throw new IllegalArgumentException(
                    cell + " needs lengths of type I64 and shape " + perSequence + ", not " + lengths);
        }
    }
}
