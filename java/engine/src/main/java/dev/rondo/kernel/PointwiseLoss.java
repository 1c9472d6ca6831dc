package dev.rondo.kernel;

/// Losses of single elements, with x, target t and d = x - t.
public enum PointwiseLoss {
    /// `d²`
    MSE,
    /// `|d|`
    L1,
    /// `d² / 2` where `|d|` is less than the parameter δ, else `δ (|d| - δ / 2)`
    HUBER,
    /// `d² / (2 β)` where `|d|` is less than the parameter β, else `|d| - β / 2`
    SMOOTH_L1,
    /// `-(t log(x) + (1 - t) log(1 - x))` of a probability x, no logarithm below -100
    BINARY_CROSS_ENTROPY,
    /// The same of the probability `σ(x)`.
    BINARY_CROSS_ENTROPY_WITH_LOGITS
}
