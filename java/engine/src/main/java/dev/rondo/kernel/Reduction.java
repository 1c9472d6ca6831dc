package dev.rondo.kernel;

/// What becomes of the losses of single elements or rows.
public enum Reduction {
    /// All of them are the result.
    NONE,
    /// Their mean.
    MEAN,
    /// Their sum.
    SUM
}
