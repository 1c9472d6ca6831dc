package dev.rondo.nn;

import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;

/// A table of vectors, looked up by id: `y[…] = weight[ids[…]]`.
///
/// - ids: (…), 64-bit integers from 0 to numEmbeddings - 1; a run with another id throws IllegalArgumentException
/// - y: (…, embeddingDim)
/// - parameters: `weight` (numEmbeddings, embeddingDim)
/// - first values: normal(0, 1)
///
/// Source: PyTorch's `nn.Embedding`.
public final class Embedding extends Module {
    private final Parameter weight;
    private final int paddingIdx;

    /// A table whose rows are all trained.
    public Embedding(int numEmbeddings, int embeddingDim) {
        this(numEmbeddings, embeddingDim, -1);
    }

    /// @param paddingIdx an id whose row is looked up like any other but never trained, or -1 for none
    /// @throws IllegalArgumentException if the id is not in the table
    public Embedding(int numEmbeddings, int embeddingDim, int paddingIdx) {
        Sizes.requirePositive(numEmbeddings, "number of embeddings");
        Sizes.requirePositive(embeddingDim, "embedding dimension");
        if (paddingIdx < -1 || paddingIdx >= numEmbeddings) {
            throw new IllegalArgumentException(
                    "padding index " + paddingIdx + " is not one of " + numEmbeddings + " embeddings");
        }
        this.weight = register("weight", new Parameter(Shape.of(numEmbeddings, embeddingDim), Initializer.normal()));
        this.paddingIdx = paddingIdx;
    }

    @Override
    public Value forward(Value ids) {
        return ids.recorder()
                .record(new dev.rondo.op.Embedding(ids, weight(ids, weight), paddingIdx))
                .output();
    }
}
