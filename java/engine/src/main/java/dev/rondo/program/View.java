package dev.rondo.program;

/// How a value looks at the memory of another one.
public sealed interface View {
    /// The value whose elements are looked at.
    Value of();

    /// Dimensions in another order.
    ///
    /// @param order for each dimension of the view, which of the value's it is
    record Permuted(Value of, int[] order) implements View {}

    /// A part along one dimension.
    record Sliced(Value of, int dimension, long from, long to) implements View {}

    /// One index of a dimension, which the view lacks.
    record Selected(Value of, int dimension, long index) implements View {}

    /// The same elements in another shape.
    record Reshaped(Value of) implements View {}
}
