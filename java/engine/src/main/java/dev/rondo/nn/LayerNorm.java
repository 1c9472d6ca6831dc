package dev.rondo.nn;

import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import org.jspecify.annotations.Nullable;

/// Layer normalisation: `y = (x - mean) / sqrt(variance + eps) * weight + bias` over the last dimension, with the
/// biased variance.
///
/// - x, y: (…, normalizedSize)
/// - parameters: `weight`, `bias` (normalizedSize), where the layer is affine
/// - first values: 1 and 0
///
/// Source: Ba, Kiros and Hinton 2016, arXiv 1607.06450; PyTorch's `nn.LayerNorm`.
public final class LayerNorm extends Module {
    private final @Nullable Parameter weight;
    private final @Nullable Parameter bias;
    private final int normalizedSize;
    private final float eps;

    /// A layer with weight and bias, and an eps of 1e-5.
    public LayerNorm(int normalizedSize) {
        this(normalizedSize, 1e-5f, true, true);
    }

    /// @param eps    added to the variance
    /// @param affine whether there is a weight
    /// @param bias   whether there is a bias, too
    public LayerNorm(int normalizedSize, float eps, boolean affine, boolean bias) {
        Sizes.requirePositive(normalizedSize, "normalized size");
        Shape shape = Shape.of(normalizedSize);
        this.normalizedSize = normalizedSize;
        this.weight = affine ? register("weight", new Parameter(shape, Initializer.constant(1))) : null;
        this.bias = affine && bias ? register("bias", new Parameter(shape, Initializer.constant(0))) : null;
        this.eps = eps;
    }

    @Override
    public Value forward(Value x) {
        return x.recorder()
                .record(new dev.rondo.op.LayerNorm(
                        x,
                        normalizedSize,
                        weight == null ? null : weight(x, weight),
                        bias == null ? null : weight(x, bias),
                        eps))
                .output();
    }
}
