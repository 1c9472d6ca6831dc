package dev.rondo.onnx.graph;

import java.util.List;
import java.util.Map;

/// A whole file. Source: `ModelProto` of onnx.proto.
///
/// @param graph     what the model computes
/// @param opsets    versions of operator sets by domain; "" is ONNX itself
/// @param producer  name and version of the program that wrote the file
/// @param metadata  free texts
/// @param functions operators that the file defines itself
public record Document(
        Graph graph,
        Map<String, Long> opsets,
        String producer,
        Map<String, String> metadata,
        List<Function> functions) {

    /// An operator that a file defines by a graph. Source: `FunctionProto` of onnx.proto.
    ///
    /// @param inputs     names that the nodes have for what the function is given
    /// @param outputs    names of what it gives
    public record Function(String domain, String name, List<String> inputs, List<String> outputs, List<Node> nodes) {}
}
