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

    public Embedding(int numEmbeddings, int embeddingDim) {
        this.weight = register("weight", new Parameter(Shape.of(numEmbeddings, embeddingDim), Initializer.normal()));
    }

    @Override
    public Value forward(Value ids) {
        return ids.recorder()
                .record(new dev.rondo.op.Embedding(ids, constant(ids, weight)))
                .output();
    }
}
