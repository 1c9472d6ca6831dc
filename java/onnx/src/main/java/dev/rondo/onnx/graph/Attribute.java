package dev.rondo.onnx.graph;

import java.util.List;

/// The value of a node's attribute. Source: `AttributeProto` of onnx.proto.
public sealed interface Attribute {
    /// A number.
    record FloatValue(float value) implements Attribute {}

    /// An integer.
    record IntValue(long value) implements Attribute {}

    /// A text.
    record TextValue(String value) implements Attribute {}

    /// A tensor.
    record TensorValue(Constant value) implements Attribute {}

    /// A graph that the node runs.
    record GraphValue(Graph value) implements Attribute {}

    /// Numbers.
    record FloatValues(List<Float> values) implements Attribute {}

    /// Integers.
    record IntValues(List<Long> values) implements Attribute {}

    /// Texts.
    record TextValues(List<String> values) implements Attribute {}

    /// What Rondo has no use for: types, sparse tensors, lists of tensors or of graphs.
    record Other() implements Attribute {}
}
