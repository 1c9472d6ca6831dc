package dev.rondo.nn;

import dev.rondo.op.Gather;
import dev.rondo.op.ScatterAdd;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;

/// Lets a decoder copy steps of its source: mixes what it would write by itself with what it attends to.
///
/// ```
/// P(w) = g softmax(logits)_w + (1 - g) Σ a_s over the steps s that stand for w      g = sigmoid(w · [c; h; x] + b)
/// ```
///
/// - parameters: `gate.weight` (1, M + H + E), `gate.bias` (1)
///
/// Source: See, Liu and Manning 2017, arXiv 1704.04368.
final class Pointer extends Module {
    private static final float LEAST = 1e-30f; // of a probability whose logarithm is taken

    private final Linear gate;
    private final int vocabulary;
    private final Tensor copies; // (source's ids)

    /// @param copies for each id of the source, that of the target's or -1
    Pointer(int knownSize, int vocabulary, long[] copies) {
        for (int id = 0; id < copies.length; id++) {
            if (copies[id] < -1 || copies[id] >= vocabulary) {
                throw new IllegalArgumentException("id " + id + " cannot be copied as " + copies[id]
                        + ", which is none of " + vocabulary + " ids");
            }
        }
        this.gate = register("gate", new Linear(knownSize, 1));
        this.vocabulary = vocabulary;
        this.copies = Tensor.of(Shape.of(copies.length), copies);
    }

    /// What the steps of sources stand for.
    ///
    /// @param source (S, N), I64
    /// @return (N, S), I64
    Value copies(Value source) {
        long steps = source.shape().size(0);
        long batch = source.shape().size(1);
        Value ids = Functional.contiguous(source.transpose(0, 1)).reshape(batch * steps);
        Value table = source.recorder().constant(copies);
        return source.recorder().record(Gather.select(table, 0, ids)).output().reshape(batch, steps);
    }

    /// How much attention each id gets.
    ///
    /// @param weights (N, T, S)
    /// @return (N, T, vocabulary)
    Value copied(Value weights, Attention.Memory memory) {
        return weights.recorder()
                .record(new ScatterAdd(weights, memory.copies(), vocabulary))
                .output();
    }

    /// `log P`.
    ///
    /// @param logits (T, N, vocabulary)
    /// @param copied of the same shape
    /// @param known  [c; h; x], (T, N, …)
    Value mixed(Value logits, Value copied, Value known) {
        Value odds = gate.forward(known); // (T, N, 1)
        Value own = Functional.multiply(Functional.softmax(logits), Functional.sigmoid(odds));
        Value others = Functional.multiply(copied, Functional.sigmoid(Functional.negate(odds)));
        Value least = logits.recorder().constant(Tensor.of(Shape.of(), LEAST));
        return Functional.log(Functional.maximum(Functional.add(own, others), least));
    }

    /// @throws UnsupportedOperationException always
    @Override
    public Value forward(Value x) {
        throw new UnsupportedOperationException("a pointer belongs to a decoder");
    }
}
