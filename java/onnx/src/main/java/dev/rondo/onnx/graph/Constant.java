package dev.rondo.onnx.graph;

import dev.rondo.tensor.Tensor;

/// A tensor that a file holds.
///
/// @param type   the type of its elements in the file
/// @param tensor the elements in the engine's type
public record Constant(ElementType type, Tensor tensor) {}
