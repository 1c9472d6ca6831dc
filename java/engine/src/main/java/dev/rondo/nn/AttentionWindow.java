package dev.rondo.nn;

import dev.rondo.op.Binary;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;

/// The part of a memory that a query looks at: steps around a position that it predicts.
///
/// ```
/// p = S sigmoid(v · tanh(W q))      near(s) = exp(-(s - p)² / 2 σ²),  σ = D / 2      |s - p| <= D
/// ```
///
/// S is the number of the memory's steps that count.
///
/// - query: (N, T, Q); position: (N, T, 1)
/// - parameters: `position.weight` (Q, Q), `v.weight` (1, Q)
///
/// Source: Luong, Pham and Manning 2015, arXiv 1508.04025 (predictive alignment, local-p).
final class AttentionWindow extends Module {
    private final int reach;
    private final Linear position;
    private final Linear v;

    /// @param reach D
    AttentionWindow(int querySize, int reach) {
        Sizes.requirePositive(reach, "reach of a window");
        this.reach = reach;
        position = register("position", new Linear(querySize, querySize, false, null));
        v = register("v", new Linear(querySize, 1, false, null));
    }

    /// How far the steps are from where each query looks: (N, T, S).
    Value distances(Value queries, Attention.Memory memory) {
        long steps = memory.values().shape().size(1);
        Value share = Functional.sigmoid(v.forward(Functional.tanh(position.forward(queries)))); // (N, T, 1)
        Value center = memory.mask() == null
                ? Functional.multiply(share, steps)
                : Functional.multiply(
                        share, Functional.sum(Functional.exp(memory.mask()), 2).unsqueeze(2));
        float[] all = new float[Math.toIntExact(steps)];
        for (int s = 0; s < steps; s++) {
            all[s] = s;
        }
        return Functional.subtract(queries.recorder().constant(Tensor.of(Shape.of(1, 1, steps), all)), center);
    }

    /// What is added to the scores: 0 in the window, -∞ outside.
    Value mask(Value distances) {
        Value bound = distances.recorder().constant(Tensor.of(Shape.of(), (float) reach));
        Value inside = distances
                .recorder()
                .record(new Binary(Binary.Function.NOT_LESS, bound, Functional.abs(Functional.detach(distances))))
                .output();
        return Functional.log(inside);
    }

    /// What weights are multiplied by.
    Value near(Value distances) {
        return Functional.exp(Functional.multiply(Functional.square(distances), -2.0 / ((double) reach * reach)));
    }

    /// The distance of each step of the memory, for queries that are the memory's own steps.
    @Override
    public Value forward(Value x) {
        throw new UnsupportedOperationException("a window belongs to an attention");
    }
}
