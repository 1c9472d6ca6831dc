package dev.rondo.onnx.graph;

import dev.rondo.format.MalformedFileException;
import java.util.List;
import java.util.Map;

/// An operation of a graph. Source: `NodeProto` of onnx.proto.
///
/// @param name       its name, or "" if it has none
/// @param domain     where its operator is defined; "" is ONNX itself
/// @param operator   the operator's name
/// @param inputs     names of values; "" where an optional one is left out
/// @param outputs    names of values; "" where one is not wanted
/// @param attributes by name
public record Node(
        String name,
        String domain,
        String operator,
        List<String> inputs,
        List<String> outputs,
        Map<String, Attribute> attributes) {
    /// The node as messages show it.
    public String title() {
        String given =
                outputs.stream().filter(output -> !output.isEmpty()).findFirst().orElse("");
        String called = name.isEmpty()
                ? "the node that gives " + MalformedFileException.quote(given)
                : "node " + MalformedFileException.quote(name);
        return called + " (" + (domain.isEmpty() ? "" : domain + ".") + operator + ")";
    }
}
