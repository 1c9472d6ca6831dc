package dev.rondo.onnx.graph;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Nodes in the order in which they run, each reading what inputs, constants or nodes before it give. Source:
/// `GraphProto` of onnx.proto.
///
/// @param name      its name
/// @param nodes     in the order in which they run
/// @param constants by name: ONNX's initializers
/// @param inputs    those that are not constants
/// @param outputs   what the graph gives
public record Graph(
        String name, List<Node> nodes, Map<String, Constant> constants, List<Slot> inputs, List<Slot> outputs) {
    /// An input or an output.
    ///
    /// @param name       its name
    /// @param type       the type of its elements, or null if the file does not say it
    /// @param dimensions each a number, a symbol, or "" for any size; null if the file does not say how many
    public record Slot(
            String name,
            @Nullable ElementType type,
            @Nullable List<String> dimensions) {}
}
