package dev.rondo.onnx;

import dev.rondo.onnx.graph.Attribute;
import dev.rondo.onnx.graph.Constant;
import dev.rondo.onnx.graph.Document;
import dev.rondo.onnx.graph.DocumentWriter;
import dev.rondo.onnx.graph.ElementType;
import dev.rondo.onnx.graph.Graph;
import dev.rondo.onnx.graph.Node;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/// A graph for a test and what its inputs are.
final class Case {
    /// The value of an attribute that is not to be there.
    static final Object LEFT_OUT = new Object();

    private final String name;
    private final Random random;
    private final Map<String, Long> opsets = new LinkedHashMap<>(Map.of("", 17L));
    private final List<Node> nodes = new ArrayList<>();
    private final Map<String, Constant> constants = new LinkedHashMap<>();
    private final List<Graph.Slot> inputs = new ArrayList<>();
    private final List<Graph.Slot> outputs = new ArrayList<>();
    final Map<String, Tensor> values = new LinkedHashMap<>();
    final Map<String, ElementType> types = new LinkedHashMap<>();

    Case(String name) {
        this.name = name;
        this.random = new Random(name.hashCode()); // which the name in a failure's message gives back
    }

    @Override
    public String toString() {
        return name;
    }

    Case opset(long version) {
        opsets.put("", version);
        return this;
    }

    Case domain(String domain) {
        opsets.put(domain, 1L);
        return this;
    }

    /// An input of random numbers between -1 and 1, of any size in all dimensions.
    Case input(String input, long... sizes) {
        return input(input, ElementType.FLOAT, floats(sizes));
    }

    /// An input of these integers.
    Case ids(String input, long[] sizes, long... elements) {
        return input(input, ElementType.INT64, Tensor.of(Shape.of(sizes), elements));
    }

    Case truths(String input, long... sizes) {
        return input(input, ElementType.BOOL, randomTruths(sizes));
    }

    Case input(String input, ElementType type, Tensor tensor) {
        List<String> dimensions = new ArrayList<>();
        for (int i = 0; i < tensor.shape().rank(); i++) {
            dimensions.add(input + "_d" + i);
        }
        inputs.add(new Graph.Slot(input, type, dimensions));
        values.put(input, tensor);
        types.put(input, type);
        return this;
    }

    /// An input of a graph in a node, which the node gives.
    Case slot(String input, ElementType type, String... dimensions) {
        inputs.add(new Graph.Slot(input, type, List.of(dimensions)));
        return this;
    }

    Tensor floats(long... sizes) {
        Shape shape = Shape.of(sizes);
        float[] elements = new float[(int) shape.elements()];
        for (int i = 0; i < elements.length; i++) {
            elements[i] = 2 * random.nextFloat() - 1;
        }
        return Tensor.of(shape, elements);
    }

    private Tensor randomTruths(long... sizes) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), Shape.of(sizes), DataType.U8);
        for (long i = 0; i < tensor.shape().elements(); i++) {
            tensor.data().set(ValueLayout.JAVA_BYTE, i, (byte) random.nextInt(2));
        }
        return tensor;
    }

    Case weights(String constant, long... sizes) {
        return constant(constant, floats(sizes));
    }

    Case constant(String constant, Tensor tensor) {
        ElementType type = tensor.type() == DataType.F32 ? ElementType.FLOAT : ElementType.INT64;
        return constant(constant, type, tensor);
    }

    Case constant(String constant, ElementType type, Tensor tensor) {
        constants.put(constant, new Constant(type, tensor));
        return this;
    }

    Case longs(String constant, long... elements) {
        return constant(constant, Tensor.of(Shape.of(elements.length), elements));
    }

    Case number(String constant, float element) {
        return constant(constant, Tensor.of(Shape.of(), element));
    }

    Case integer(String constant, long element) {
        return constant(constant, Tensor.of(Shape.of(), element));
    }

    /// A node.
    ///
    /// @param inputs     names, separated by blanks; `_` for one that is left out
    /// @param outputs    names, separated by blanks; `_` for one that is not wanted
    /// @param attributes names and values in turn
    Case node(String operator, String inputs, String outputs, Object... attributes) {
        nodes.add(node("", operator, inputs, outputs, attributes));
        return this;
    }

    Case nodeOf(String domain, String operator, String inputs, String outputs, Object... attributes) {
        domain(domain);
        nodes.add(node(domain, operator, inputs, outputs, attributes));
        return this;
    }

    private Node node(String domain, String operator, String inputs, String outputs, Object... attributes) {
        Map<String, Attribute> map = new LinkedHashMap<>();
        for (int i = 0; i < attributes.length; i += 2) {
            map.put((String) attributes[i], attributes[i + 1] == LEFT_OUT ? null : attribute(attributes[i + 1]));
        }
        if (operator.matches("RNN|GRU|LSTM") && !map.containsKey("hidden_size")) { // which ONNX Runtime insists on
            long hidden = constants.get(names(inputs).get(2)).tensor().shape().size(2);
            map.put("hidden_size", new Attribute.IntValue(hidden));
        }
        map.values().removeIf(value -> value == null);
        return new Node(operator + nodes.size(), domain, operator, names(inputs), names(outputs), map);
    }

    private static List<String> names(String names) {
        return names.isEmpty()
                ? List.of()
                : Arrays.stream(names.split(" "))
                        .map(one -> one.equals("_") ? "" : one)
                        .toList();
    }

    private static Attribute attribute(Object value) {
        return switch (value) {
            case Integer integer -> new Attribute.IntValue(integer);
            case Float number -> new Attribute.FloatValue(number);
            case String text -> new Attribute.TextValue(text);
            case long[] integers ->
                new Attribute.IntValues(Arrays.stream(integers).boxed().toList());
            case float[] numbers -> {
                List<Float> list = new ArrayList<>();
                for (float number : numbers) {
                    list.add(number);
                }
                yield new Attribute.FloatValues(list);
            }
            case String[] texts -> new Attribute.TextValues(List.of(texts));
            case Tensor tensor ->
                new Attribute.TensorValue(
                        new Constant(tensor.type() == DataType.F32 ? ElementType.FLOAT : ElementType.INT64, tensor));
            case Case inner -> new Attribute.GraphValue(inner.graph());
            default -> throw new IllegalArgumentException("no attribute: " + value);
        };
    }

    /// A constant.
    Tensor tensor(String constant) {
        return constants.get(constant).tensor();
    }

    /// Names the graph's outputs.
    Case gives(String... names) {
        return gives(ElementType.FLOAT, names);
    }

    Case gives(ElementType type, String... names) {
        for (String output : names) {
            outputs.add(new Graph.Slot(output, type, null));
        }
        return this;
    }

    private Graph graph() {
        return new Graph(name, nodes, constants, inputs, outputs);
    }

    /// The file.
    byte[] bytes() {
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DocumentWriter.write(new Document(graph(), opsets, "test", Map.of()), bytes);
            return bytes.toByteArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
