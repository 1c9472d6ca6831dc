package dev.rondo.program;

/// An element-wise function, alone or after a linear layer.
public enum Activation {
    /// `max(x, 0)`
    RELU,
    /// `tanh(x)`
    TANH,
    /// `1 / (1 + exp(-x))`
    SIGMOID,
    /// `x * (1 + erf(x / sqrt(2))) / 2`
    GELU,
    /// `x` if positive, else `exp(x) - 1`
    ELU,
    /// `exp(x)`
    EXP,
    /// `log(x)`
    LOG,
    /// `|x|`
    ABS,
    /// `sqrt(x)`
    SQRT,
    /// `x * x`
    SQUARE,
    /// `-x`
    NEGATE
}
