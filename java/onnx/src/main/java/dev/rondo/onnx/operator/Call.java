package dev.rondo.onnx.operator;

import dev.rondo.format.MalformedFileException;
import dev.rondo.onnx.graph.Attribute;
import dev.rondo.onnx.graph.ElementType;
import dev.rondo.onnx.graph.Graph;
import dev.rondo.onnx.graph.Node;
import dev.rondo.onnx.record.Derived;
import dev.rondo.onnx.record.Fusion;
import dev.rondo.onnx.record.Recording;
import dev.rondo.op.Pointwise;
import dev.rondo.program.Op;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A node that is being recorded: its inputs and attributes, checked where they are asked for.
public final class Call {
    private final Node node;
    private final long opset;
    private final List<@Nullable Value> inputs;
    private final Recording recording;
    private final Recording.Scope scope;

    /// @param opset  version of the node's operator set
    /// @param inputs null where one is left out
    /// @param scope  names of values around the node
    public Call(Node node, long opset, List<@Nullable Value> inputs, Recording recording, Recording.Scope scope) {
        this.node = node;
        this.opset = opset;
        this.inputs = inputs;
        this.recording = recording;
        this.scope = scope;
    }

    long opset() {
        return opset;
    }

    Recorder recorder() {
        return recording.recorder();
    }

    Derived derived() {
        return recording.derived();
    }

    Fusion fusion() {
        return recording.fusion();
    }

    int inputCount() {
        return inputs.size();
    }

    int outputCount() {
        return node.outputs().size();
    }

    /// Whether an output is wanted.
    boolean wants(int output) {
        return output < node.outputs().size() && !node.outputs().get(output).isEmpty();
    }

    /// An input that has to be there.
    Value input(int index) {
        Value input = optional(index);
        if (input == null) {
            throw new IllegalArgumentException("its input number " + index + " is missing");
        }
        return input;
    }

    /// An input that may be left out.
    @Nullable
    Value optional(int index) {
        return index < inputs.size() ? inputs.get(index) : null;
    }

    /// All inputs; none is left out.
    List<Value> inputs() {
        if (inputs.isEmpty() || inputs.contains(null)) {
            throw new IllegalArgumentException("one of its inputs is missing");
        }
        return List.copyOf(inputs);
    }

    /// An input whose elements have to be known when the node is recorded.
    Tensor known(int index, String what) {
        Tensor tensor = input(index).known();
        if (tensor == null) {
            throw new IllegalArgumentException(
                    "its " + what + " depends on the content of the model's inputs, which only a run will tell");
        }
        return tensor;
    }

    /// A known input as a source of derived tensors: the same one each time if it is a constant.
    Tensor source(int index) {
        Tensor constant = input(index).constant();
        return constant != null ? constant : known(index, "weight");
    }

    /// Integers that have to be known when the node is recorded.
    long[] knownLongs(int index, String what) {
        Tensor tensor = known(index, what);
        if (tensor.type() != DataType.I64) {
            throw new IllegalArgumentException("its " + what + " is of type " + tensor.type() + ", not I64");
        }
        return tensor.toLongArray();
    }

    /// A single integer that has to be known when the node is recorded.
    long knownLong(int index, String what) {
        long[] values = knownLongs(index, what);
        if (values.length != 1) {
            throw new IllegalArgumentException("its " + what + " has " + values.length + " elements instead of one");
        }
        return values[0];
    }

    /// A single number that has to be known when the node is recorded.
    double knownNumber(int index, String what) {
        Tensor tensor = known(index, what);
        if (tensor.shape().elements() != 1) {
            throw new IllegalArgumentException("its " + what + " has " + tensor.shape() + " elements instead of one");
        }
        return switch (tensor.type()) {
            case F32 -> tensor.toFloatArray()[0];
            case U8 -> tensor.data().get(ValueLayout.JAVA_BYTE, 0);
            default -> tensor.toLongArray()[0];
        };
    }

    private @Nullable Attribute attribute(String name) {
        return node.attributes().get(name);
    }

    private IllegalArgumentException wrongType(String name) {
        return new IllegalArgumentException("its attribute " + name + " is of the wrong type");
    }

    boolean has(String name) {
        return node.attributes().containsKey(name);
    }

    long integer(String name, long otherwise) {
        return switch (attribute(name)) {
            case null -> otherwise;
            case Attribute.IntValue(long value) -> value;
            default -> throw wrongType(name);
        };
    }

    boolean flag(String name, boolean otherwise) {
        return integer(name, otherwise ? 1 : 0) != 0;
    }

    float real(String name, float otherwise) {
        return switch (attribute(name)) {
            case null -> otherwise;
            case Attribute.FloatValue(float value) -> value;
            default -> throw wrongType(name);
        };
    }

    String text(String name, String otherwise) {
        return switch (attribute(name)) {
            case null -> otherwise;
            case Attribute.TextValue(String value) -> value;
            default -> throw wrongType(name);
        };
    }

    long @Nullable [] integers(String name) {
        return switch (attribute(name)) {
            case null -> null;
            case Attribute.IntValues(List<Long> values) ->
                values.stream().mapToLong(Long::longValue).toArray();
            default -> throw wrongType(name);
        };
    }

    List<Float> reals(String name) {
        return switch (attribute(name)) {
            case null -> List.of();
            case Attribute.FloatValues(List<Float> values) -> values;
            case Attribute.IntValues(List<Long> values) when values.isEmpty() -> List.of();
            default -> throw wrongType(name);
        };
    }

    List<String> texts(String name) {
        return switch (attribute(name)) {
            case null -> List.of();
            case Attribute.TextValues(List<String> values) -> values;
            default -> throw wrongType(name);
        };
    }

    @Nullable
    Tensor tensor(String name) {
        return switch (attribute(name)) {
            case null -> null;
            case Attribute.TensorValue value -> value.value().tensor();
            default -> throw wrongType(name);
        };
    }

    Graph graph(String name) {
        if (attribute(name) instanceof Attribute.GraphValue(Graph graph)) {
            return graph;
        }
        throw new IllegalArgumentException("its attribute " + name + ", a graph, is missing");
    }

    /// Records a graph inside the node.
    ///
    /// @param given what its inputs are, in order
    List<Value> run(Graph graph, List<Value> given) {
        Recording.Scope inner = new Recording.Scope(scope);
        if (given.size() != graph.inputs().size()) {
            throw new IllegalArgumentException("its graph " + MalformedFileException.quote(graph.name()) + " has "
                    + graph.inputs().size() + " inputs instead of " + given.size());
        }
        for (int i = 0; i < given.size(); i++) {
            inner.put(graph.inputs().get(i).name(), given.get(i));
        }
        return recording.record(graph, inner);
    }

    /// Records an operation of one output.
    Value record(Op op) {
        return recorder().record(op).output();
    }

    /// The type that an input has in the file, or null if it is not a constant of it.
    @Nullable
    ElementType elementType(int index) {
        return scope.type(node.inputs().get(index));
    }

    /// Integers that are known now.
    Value literal(Shape shape, long... values) {
        return recorder().literal(Tensor.of(shape, values));
    }

    /// Numbers that are known now.
    Value literal(Shape shape, float... values) {
        return recorder().literal(Tensor.of(shape, values));
    }

    /// A number that is known now, in a type.
    Value literal(DataType type, double number) {
        return switch (type) {
            case F32 -> literal(Shape.of(), (float) number);
            case I64 -> literal(Shape.of(), (long) number);
            default -> record(Pointwise.cast(literal(Shape.of(), (long) number), type));
        };
    }
}
