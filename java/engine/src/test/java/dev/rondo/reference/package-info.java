/// Recurrent networks in plain loops and double precision, written to be read next to the equations they stand for.
///
/// The engine is checked against this package, and this package against values from PyTorch. Nothing here is fast, and
/// nothing here shares code with the engine.
///
/// Sizes in comments: `T` time steps, `N` samples of a batch, `I` inputs, `H` units, `P` projected units, `R` width of
/// the recurrent state h (`P` with a projection, else `H`), `G` gates, `L` layers, `D` directions (2 when
/// bidirectional). Sequences are time first, `(T, N, I)`; weights are in PyTorch's layout and gate order.
package dev.rondo.reference;
