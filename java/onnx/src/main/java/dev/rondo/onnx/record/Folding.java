package dev.rondo.onnx.record;

import dev.rondo.nn.Functional;
import dev.rondo.onnx.graph.Attribute;
import dev.rondo.onnx.graph.Constant;
import dev.rondo.onnx.graph.ElementType;
import dev.rondo.onnx.graph.Graph;
import dev.rondo.onnx.graph.Node;
import dev.rondo.onnx.operator.Call;
import dev.rondo.onnx.operator.Operator;
import dev.rondo.onnx.operator.Operators;
import dev.rondo.op.Copy;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Computes nodes that read nothing but known tensors, by the operations that a program would run.
public final class Folding {
    /// What is larger, and larger than what it is made of, is left to the program.
    private static final long MOST_ELEMENTS = 1L << 24;

    private Folding() {}

    /// The graph with all that follows from its constants alone made constants, in the graphs inside it as well.
    public static Graph fold(Graph graph, Operators operators) {
        return fold(graph, operators, new LinkedHashMap<>());
    }

    private static Graph fold(Graph graph, Operators operators, Map<String, Constant> outer) {
        Map<String, Constant> known = new LinkedHashMap<>(outer);
        graph.inputs().forEach(input -> known.remove(input.name()));
        known.putAll(graph.constants());
        Map<String, Constant> own = new LinkedHashMap<>(graph.constants());
        List<Node> left = new ArrayList<>();
        for (Node node : graph.nodes()) {
            Operator operator = operators.of(node);
            List<@Nullable Constant> inputs = node.inputs().stream()
                    .filter(input -> !input.isEmpty())
                    .<@Nullable Constant>map(known::get)
                    .toList();
            boolean isKnown = !operator.runsGraphs() && inputs.stream().allMatch(Objects::nonNull);
            Map<String, Constant> results = isKnown ? compute(operators, operator, node, known) : null;
            if (results == null) {
                node.outputs().forEach(known::remove);
                left.add(operator.runsGraphs() ? withFoldedGraphs(node, operators, known) : node);
            } else {
                known.putAll(results);
                own.putAll(results);
            }
        }
        return new Graph(graph.name(), left, own, graph.inputs(), graph.outputs());
    }

    private static Node withFoldedGraphs(Node node, Operators operators, Map<String, Constant> known) {
        Map<String, Attribute> attributes = new LinkedHashMap<>();
        node.attributes()
                .forEach((name, attribute) -> attributes.put(
                        name,
                        attribute instanceof Attribute.GraphValue(Graph inner)
                                ? new Attribute.GraphValue(fold(inner, operators, known))
                                : attribute));
        return new Node(node.name(), node.domain(), node.operator(), node.inputs(), node.outputs(), attributes);
    }

    private static @Nullable Map<String, Constant> compute(
            Operators operators, Operator operator, Node node, Map<String, Constant> known) {
        List<@Nullable Tensor> inputs = new ArrayList<>();
        for (String name : node.inputs()) {
            inputs.add(name.isEmpty() ? null : known.get(name).tensor());
        }
        List<Tensor> outputs;
        try {
            outputs = compute(operators, operator, node, inputs);
        } catch (IllegalArgumentException | ArithmeticException | IndexOutOfBoundsException e) {
            return null; // the recording will say what is wrong, if the node matters
        }
        if (outputs == null) {
            return null;
        }
        Map<String, Constant> results = new LinkedHashMap<>();
        for (int i = 0; i < Math.min(outputs.size(), node.outputs().size()); i++) {
            if (!node.outputs().get(i).isEmpty()) {
                results.put(node.outputs().get(i), new Constant(type(node, outputs.get(i)), outputs.get(i)));
            }
        }
        return results;
    }

    private static ElementType type(Node node, Tensor tensor) {
        if (node.attributes().get("value") instanceof Attribute.TensorValue(Constant value)) {
            return value.type(); // of a node Constant, or ConstantOfShape
        }
        return switch (tensor.type()) {
            case F32 -> ElementType.FLOAT;
            case U8 -> ElementType.BOOL;
            default -> ElementType.INT64;
        };
    }

    /// A node's outputs as literals of a recording, or null if they are too large.
    static @Nullable List<Value> fold(
            Operators operators, Operator operator, Node node, List<@Nullable Value> inputs, Recorder recorder) {
        List<@Nullable Tensor> tensors = new ArrayList<>();
        for (Value input : inputs) {
            tensors.add(input == null ? null : input.known());
        }
        List<Tensor> outputs = compute(operators, operator, node, tensors);
        return outputs == null ? null : outputs.stream().map(recorder::literal).toList();
    }

    private static @Nullable List<Tensor> compute(
            Operators operators, Operator operator, Node node, List<@Nullable Tensor> inputs) {
        Recorder recorder = new Recorder();
        List<@Nullable Value> values = new ArrayList<>();
        long largest = MOST_ELEMENTS;
        for (Tensor input : inputs) {
            values.add(input == null ? null : recorder.constant(input));
            largest = Math.max(largest, input == null ? 0 : input.shape().elements());
        }
        Recording recording = new Recording(operators, recorder, new Derived());
        List<Value> outputs = operator.record(
                new Call(node, operators.opset(node.domain()), values, recording, new Recording.Scope(null)));
        for (Value output : outputs) {
            if (output.shape().elements() > largest) {
                return null;
            }
        }
        return outputs.stream().allMatch(output -> output.known() != null)
                ? outputs.stream().map(Value::known).toList()
                : run(recorder, outputs);
    }

    private static List<Tensor> run(Recorder recorder, List<Value> outputs) {
        for (int i = 0; i < outputs.size(); i++) {
            Value dense = Functional.contiguous(outputs.get(i));
            recorder.output(
                    Integer.toString(i),
                    dense.isComputed()
                            ? dense
                            : recorder.record(new Copy(dense)).output());
        }
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined()) {
            Replay replay = program.replay(arena);
            try {
                replay.run();
                return replay.outputs().values().stream()
                        .map(tensor -> Tensor.allocate(Arena.ofAuto(), tensor.shape(), tensor.type())
                                .copyFrom(tensor))
                        .toList();
            } finally {
                replay.close();
            }
        }
    }
}
