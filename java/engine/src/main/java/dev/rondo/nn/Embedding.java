package dev.rondo.nn;

import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Arrays;

/// A table of vectors, looked up by id: `y[…] = weight[ids[…]]`.
///
/// - ids: (…), 64-bit integers from 0 to numEmbeddings - 1; a run with another id throws
/// IllegalArgumentException
/// - y: (…, embeddingDim)
/// - parameters: `weight` (numEmbeddings, embeddingDim)
/// - first values: normal(0, 1)
///
/// With dropout, a run in training takes whole rows as zeros and divides the others by 1 - p: an id is dropped
/// wherever it stands.
///
/// Source: PyTorch's `nn.Embedding`; Gal and Ghahramani 2016, arXiv 1512.05287, and Merity, Keskar and Socher
/// 2017, arXiv 1708.02182 (dropout).
public final class Embedding extends Module {
    private final Parameter weight;
    private final int paddingIdx;
    private final Dropout dropout;

    /// A table whose rows are all trained.
    public Embedding(int numEmbeddings, int embeddingDim) {
        this(numEmbeddings, embeddingDim, -1);
    }

    /// @param paddingIdx an id whose row is looked up like any other but never trained, or -1 for none
    /// @throws IllegalArgumentException if the id is not in the table
    public Embedding(int numEmbeddings, int embeddingDim, int paddingIdx) {
        this(numEmbeddings, embeddingDim, paddingIdx, 0, 0);
    }

    /// @param paddingIdx an id whose row is never trained, or -1 for none
    /// @param dropout    probability with which training drops a row
    /// @param seed       what the dropped rows depend on
    /// @throws IllegalArgumentException if the id is not in the table, or the probability not between 0 and 1
    public Embedding(int numEmbeddings, int embeddingDim, int paddingIdx, double dropout, long seed) {
        Sizes.requirePositive(numEmbeddings, "number of embeddings");
        Sizes.requirePositive(embeddingDim, "embedding dimension");
        if (paddingIdx < -1 || paddingIdx >= numEmbeddings) {
            throw new IllegalArgumentException(
                    "padding index " + paddingIdx + " is not one of " + numEmbeddings + " embeddings");
        }
        this.weight = register("weight", new Parameter(Shape.of(numEmbeddings, embeddingDim), Initializer.normal()));
        this.paddingIdx = paddingIdx;
        this.dropout = new Dropout(dropout, seed, false);
    }

    @Override
    public Value forward(Value ids) {
        Value rows = lookUp(ids, weight(ids, weight), paddingIdx);
        float[] ones = new float[Math.toIntExact(weight.shape().size(0))];
        Arrays.fill(ones, 1);
        Value all = ids.recorder().constant(Tensor.of(Shape.of(ones.length, 1), ones));
        Value kept = dropout.forward(all);
        return kept == all ? rows : Functional.multiply(rows, lookUp(ids, kept, -1)); // (…, E) * (…, 1)
    }

    private static Value lookUp(Value ids, Value table, int paddingIdx) {
        return ids.recorder()
                .record(new dev.rondo.op.Embedding(ids, table, paddingIdx))
                .output();
    }

    /// The table.
    public Parameter weight() {
        return weight;
    }
}
