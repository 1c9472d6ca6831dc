package dev.rondo.onnx.operator;

import dev.rondo.program.Value;
import java.util.List;
import java.util.Set;

/// What Rondo does for one of ONNX's operators.
///
/// @param attributes names of the attributes it knows; a node with another one is refused
/// @param runsGraphs whether its attributes are graphs that it runs
/// @param rule       records it
public record Operator(Set<String> attributes, boolean runsGraphs, Rule rule) {
    /// Records a node.
    @FunctionalInterface
    public interface Rule {
        /// @return the outputs that there are, in the operator's order
        /// @throws IllegalArgumentException if the node cannot be recorded for its inputs
        List<Value> record(Call call);
    }

    /// Records a node with one output.
    @FunctionalInterface
    public interface SingleRule {
        /// @throws IllegalArgumentException if the node cannot be recorded for its inputs
        Value record(Call call);
    }

    /// Records a node.
    public List<Value> record(Call call) {
        return rule.record(call);
    }
}
