package dev.rondo.program;

/// How the outputs of a recurrent layer's two directions are joined.
public enum Merge {
    /// Side by side, left to right first: (…, 2*R).
    CONCAT,
    /// Added: (…, R).
    SUM,
    /// Half of their sum: (…, R).
    MEAN,
    /// Multiplied, element by element: (…, R).
    PRODUCT,
    /// Not at all: (…, 2, R), left to right first.
    NONE
}
