package dev.rondo.onnx.record;

import dev.rondo.format.MalformedFileException;
import dev.rondo.onnx.graph.Constant;
import dev.rondo.onnx.graph.ElementType;
import dev.rondo.onnx.graph.Graph;
import dev.rondo.onnx.graph.Node;
import dev.rondo.onnx.operator.Call;
import dev.rondo.onnx.operator.Operator;
import dev.rondo.onnx.operator.Operators;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Records a graph's nodes for inputs of known shapes. Nodes that read nothing but known tensors are computed at once.
///
/// Threads: one.
public final class Recording {
    /// Unrolled loops are programs that have to stay small enough to be planned.
    private static final int MOST_NODES = 500_000;

    private final Operators operators;
    private final Recorder recorder;
    private final Derived derived;
    private final Fusion fusion = new Fusion();
    private int nodes;

    /// @param derived what has been made of the model's constants
    public Recording(Operators operators, Recorder recorder, Derived derived) {
        this.operators = operators;
        this.recorder = recorder;
        this.derived = derived;
    }

    /// Where operations are recorded.
    public Recorder recorder() {
        return recorder;
    }

    /// What has been made of the model's constants.
    public Derived derived() {
        return derived;
    }

    /// Products that later nodes may become part of.
    public Fusion fusion() {
        return fusion;
    }

    /// Names of values, and those of the graph around.
    public static final class Scope {
        private final @Nullable Scope outer;
        private final Map<String, Value> values = new HashMap<>();
        private final Map<String, Constant> constants = new HashMap<>();

        /// A scope inside another, or alone.
        public Scope(@Nullable Scope outer) {
            this.outer = outer;
        }

        /// The type that a constant has in the file, or null if there is no constant of that name.
        public @Nullable ElementType type(String name) {
            Constant constant = constants.get(name);
            return constant != null ? constant.type() : outer != null ? outer.type(name) : null;
        }

        private void put(String name, Constant constant, Recorder recorder) {
            constants.put(name, constant);
            values.put(name, recorder.constant(constant.tensor()));
        }

        /// Gives a value a name.
        public void put(String name, Value value) {
            values.put(name, value);
        }

        /// The value of a name, or null.
        public @Nullable Value get(String name) {
            Value value = values.get(name);
            return value == null && outer != null ? outer.get(name) : value;
        }
    }

    /// Records a graph.
    ///
    /// @param scope where its inputs are, and its values go
    /// @return the outputs, in the graph's order
    /// @throws IllegalArgumentException naming the node that cannot be recorded for these shapes
    public List<Value> record(Graph graph, Scope scope) {
        requireRoom("graph " + MalformedFileException.quote(graph.name())); // a loop's may have no nodes
        graph.constants().forEach((name, constant) -> scope.put(name, constant, recorder));
        for (Node node : graph.nodes()) {
            record(node, scope);
        }
        return graph.outputs().stream()
                .map(output -> required(scope, output.name()))
                .toList();
    }

    private static Value required(Scope scope, String name) {
        Value value = scope.get(name);
        if (value == null) {
            throw new IllegalArgumentException("nothing gives " + MalformedFileException.quote(name));
        }
        return value;
    }

    private void requireRoom(String place) {
        if (++nodes > MOST_NODES) {
            throw new IllegalArgumentException("its loops unroll to more than " + MOST_NODES + " nodes at " + place);
        }
    }

    private void record(Node node, Scope scope) {
        requireRoom(node.title());
        List<@Nullable Value> inputs = new ArrayList<>();
        for (String input : node.inputs()) {
            inputs.add(input.isEmpty() ? null : required(scope, input));
        }
        List<Value> outputs = outputs(node, inputs, scope);
        for (int i = 0; i < node.outputs().size(); i++) {
            String name = node.outputs().get(i);
            if (!name.isEmpty() && i >= outputs.size()) {
                throw new IllegalArgumentException(node.title() + " gives no output number " + i + ", " + name);
            }
            if (!name.isEmpty()) {
                scope.put(name, outputs.get(i));
            }
        }
    }

    private List<Value> outputs(Node node, List<@Nullable Value> inputs, Scope scope) {
        Operator operator = operators.of(node);
        try {
            if (!operator.runsGraphs() && inputs.stream().allMatch(input -> input == null || input.known() != null)) {
                List<Value> folded = Folding.fold(operators, operator, node, inputs, recorder);
                if (folded != null) {
                    return folded;
                }
            }
            return operator.record(new Call(node, operators.opset(node.domain()), inputs, this, scope));
        } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
            throw e instanceof NodeException ? (NodeException) e : new NodeException(node, e);
        }
    }

    /// A node that cannot be recorded.
    private static final class NodeException extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        NodeException(Node node, RuntimeException cause) {
            super(node.title() + ": " + cause.getMessage(), cause);
        }
    }
}
