package dev.rondo.nn;

import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The row convolution: each feature is a weighted sum of itself in this step and the R after it.
///
/// ```
/// y_t = Σ_j w_j x_{t+j}        j = 0 … R, element by element, with x = 0 behind the end
/// ```
///
/// Above layers from left to right it gives a network some of what the other direction would tell, at little cost. With
/// R = 0 it only scales.
///
/// In a [dev.rondo.StreamingSession] the results are R frames late; what the stream gives is what the whole sequence
/// gives at once, to the last bit.
///
/// - x and y: (T, N, H); sequences of equal lengths alone
/// - parameter: `weight` (R + 1, H)
/// - first values: uniform(±1/sqrt(R + 1))
///
/// Source: Wang et al. 2016, "Lookahead convolution layer for unidirectional recurrent neural networks"; Amodei et al.
/// 2015, arXiv 1512.02595 (Deep Speech 2).
public final class LookAheadConvolution extends Module {
    private final Parameter weight;
    private final int context;

    /// @param features H
    /// @param context  R, at least 0
    public LookAheadConvolution(int features, int context) {
        Sizes.requirePositive(features, "number of features");
        if (context < 0) {
            throw new IllegalArgumentException("a layer cannot look " + context + " steps ahead");
        }
        this.context = context;
        this.weight = register(
                "weight",
                new Parameter(Shape.of(context + 1, features), Initializer.uniform(1 / Math.sqrt(context + 1))));
    }

    @Override
    public Value forward(Value x) {
        Frames.Ahead frames = Frames.withFuture(this, x, context, 1);
        long steps = frames.given();
        Value all = frames.all();
        long missing = steps + context - all.shape().size(0);
        Value padded = missing == 0 ? all : Functional.concat(List.of(all, Frames.zeros(x, missing)), 0);
        Value w = weight(x, weight);
        @Nullable Value sum = null;
        for (int j = 0; j <= context; j++) {
            Value term = Functional.multiply(padded.slice(0, j, j + steps), w.select(0, j));
            sum = sum == null ? term : Functional.add(sum, term);
        }
        return sum;
    }
}
