package dev.rondo.onnx.export;

import dev.rondo.onnx.graph.Attribute;
import dev.rondo.onnx.graph.Constant;
import dev.rondo.onnx.graph.ElementType;
import dev.rondo.onnx.graph.Graph;
import dev.rondo.onnx.graph.Node;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/// Nodes and constants of a graph that is being written.
final class Writer {
    private final List<Node> nodes = new ArrayList<>();
    private final Shared shared; // with the graphs inside

    /// What a graph and those inside it have in common: they see each other's constants, and their names have to
    /// differ.
    private static final class Shared {
        private final Map<String, Constant> constants = new LinkedHashMap<>();
        private final Map<Tensor, String> names = new IdentityHashMap<>();
        private final Map<Tensor, String> derived = new IdentityHashMap<>();
        private final Map<List<Long>, String> integers = new LinkedHashMap<>();
        private int count;
    }

    Writer() {
        this(new Shared());
    }

    private Writer(Shared shared) {
        this.shared = shared;
    }

    /// A graph inside a node of this one, which has the constants of both.
    Writer inner() {
        return new Writer(shared);
    }

    List<Node> nodes() {
        return nodes;
    }

    /// Those of the outermost graph, by name.
    Map<String, Constant> constants() {
        return shared.constants;
    }

    /// A name that nothing has yet.
    String fresh(String stem) {
        return stem + "_" + shared.count++;
    }

    /// Adds a node.
    ///
    /// @param attributes names and values in turn
    void node(String operator, List<String> inputs, List<String> outputs, Object... attributes) {
        Map<String, Attribute> map = new LinkedHashMap<>();
        for (int i = 0; i < attributes.length; i += 2) {
            map.put((String) attributes[i], attribute(attributes[i + 1]));
        }
        nodes.add(new Node(operator + "_" + nodes.size(), "", operator, inputs, outputs, map));
    }

    /// Whether a node of this graph gives a value.
    boolean gives(String name) {
        return nodes.stream().anyMatch(node -> node.outputs().contains(name));
    }

    /// Adds a node with one output, which gets a new name.
    String single(String operator, List<String> inputs, Object... attributes) {
        String output = fresh(operator.toLowerCase(Locale.ROOT));
        node(operator, inputs, List.of(output), attributes);
        return output;
    }

    private static Attribute attribute(Object value) {
        return switch (value) {
            case Attribute attribute -> attribute;
            case Integer integer -> new Attribute.IntValue(integer);
            case Float number -> new Attribute.FloatValue(number);
            case String text -> new Attribute.TextValue(text);
            case Tensor tensor -> new Attribute.TensorValue(new Constant(type(tensor.type()), tensor));
            case Graph graph -> new Attribute.GraphValue(graph);
            case long[] values ->
                new Attribute.IntValues(Arrays.stream(values).boxed().toList());
            case int[] values ->
                new Attribute.IntValues(
                        Arrays.stream(values).mapToObj(one -> (long) one).toList());
            case List<?> texts ->
                new Attribute.TextValues(texts.stream().map(Object::toString).toList());
            default -> throw new IllegalArgumentException("there is no attribute of " + value.getClass());
        };
    }

    /// A tensor of the graph; the same one for the same tensor.
    String constant(String stem, Tensor tensor) {
        return shared.names.computeIfAbsent(tensor, _ -> {
            String name = fresh(stem);
            shared.constants.put(name, new Constant(type(tensor.type()), tensor));
            return name;
        });
    }

    /// A tensor made of another one, written once for it.
    String derived(String stem, Tensor source, Supplier<Tensor> maker) {
        return shared.derived.computeIfAbsent(source, _ -> constant(stem, maker.get()));
    }

    static ElementType type(DataType type) {
        return switch (type) {
            case F32 -> ElementType.FLOAT;
            case U8 -> ElementType.BOOL;
            default -> ElementType.INT64;
        };
    }

    /// Integers (K).
    String integers(long... values) {
        return shared.integers.computeIfAbsent(
                Arrays.stream(values).boxed().toList(),
                _ -> constant("integers", Tensor.of(Shape.of(values.length), values)));
    }

    /// A single integer.
    String integer(long value) {
        return constant("integer", Tensor.of(Shape.of(), value));
    }
}
