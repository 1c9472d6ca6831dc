package dev.rondo.onnx.export;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.onnx.export.Twin.Size;
import dev.rondo.onnx.graph.Document;
import dev.rondo.onnx.graph.ElementType;
import dev.rondo.onnx.graph.Graph;
import dev.rondo.program.Op;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.program.View;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Writes what a model records as a graph of ONNX's operators.
///
/// The model is recorded twice, for inputs that differ in the sizes it leaves open. What is the same in both recordings
/// is fixed; what differs is told by the inputs' shapes, or by the place of a dimension.
public final class Exporter {
    /// The operator set that is written: the first with Gelu.
    public static final long OPSET = 20;

    private static final long[] FIRST_SIZES = {11, 17, 23, 31, 41, 47, 59, 67, 73, 83};
    private static final long[] SECOND_SIZES = {13, 19, 29, 37, 43, 53, 61, 71, 79, 89};

    private record Source(Op first, Op second, int output) {}

    private record Dimension(String input, int index) {}

    private final @Nullable Exporter outer; // of the graph around
    private final Writer writer;
    private final Operations operations;
    private final Map<Value, String> names = new IdentityHashMap<>(); // of the first recording's values
    private final Map<Value, String> wanted = new IdentityHashMap<>();
    private final Map<Value, Source> sources =
            new IdentityHashMap<>(); // those inside alone, where there is a graph around
    private final Map<Size, Dimension> open = new HashMap<>();
    private final Map<Size, String> sizes = new HashMap<>();
    private final Map<Size, String> symbols = new HashMap<>();

    private Exporter(@Nullable Exporter outer, Writer writer) {
        this.outer = outer;
        this.writer = writer;
        this.operations = new Operations(this, writer);
    }

    /// The model as a file has it.
    ///
    /// @throws IllegalArgumentException naming what ONNX has no operator for, or what depends on the inputs' sizes
    ///                                  in a way that cannot be written
    public static Document export(Model model, String name, Map<String, String> metadata) {
        return new Exporter(null, new Writer()).document(model, name, metadata);
    }

    private Document document(Model model, String name, Map<String, String> metadata) {
        Recorder first = Recorder.writing();
        Recorder second = Recorder.writing();
        Map<String, Value> outputs = model.record(first, shapes(model.inputs(), FIRST_SIZES));
        Map<String, Value> others = model.record(second, shapes(model.inputs(), SECOND_SIZES));
        pair(first.operations(), second.operations());
        List<Graph.Slot> inputs = new ArrayList<>();
        for (Input input : model.inputs()) {
            inputs.add(new Graph.Slot(input.name(), Writer.type(input.type()), input.dimensions()));
        }
        pairInputs(model.inputs(), first, second);
        outputs.forEach((output, value) -> wanted.putIfAbsent(value, output));
        List<Graph.Slot> slots = new ArrayList<>();
        outputs.forEach((output, value) -> {
            Twin twin = new Twin(value, others.get(output));
            String given = name(twin);
            if (!given.equals(output)) {
                writer.node("Identity", List.of(given), List.of(output));
            }
            slots.add(new Graph.Slot(output, Writer.type(value.type()), dimensions(twin)));
        });
        Graph graph = new Graph(name, writer.nodes(), writer.constants(), inputs, slots);
        return new Document(graph, Map.of("", OPSET), "Rondo", metadata);
    }

    private static List<Shape> shapes(List<Input> inputs, long... sizes) {
        Map<String, Long> symbols = new LinkedHashMap<>();
        List<Shape> shapes = new ArrayList<>();
        for (Input input : inputs) {
            shapes.add(Shape.of(input.dimensions().stream()
                    .mapToLong(dimension -> Character.isDigit(dimension.charAt(0))
                            ? Long.parseLong(dimension)
                            : symbols.computeIfAbsent(dimension, _ -> sizes[symbols.size() % sizes.length]))
                    .toArray()));
        }
        if (symbols.size() > sizes.length) {
            throw new IllegalArgumentException("a model with " + symbols.size() + " symbols cannot be written");
        }
        return shapes;
    }

    private void pair(List<Op> first, List<Op> second) {
        if (first.size() != second.size()) {
            throw new IllegalArgumentException("what the model does depends on the sizes of its inputs");
        }
        for (int i = 0; i < first.size(); i++) {
            Op one = first.get(i);
            Op other = second.get(i);
            if (one.getClass() != other.getClass()
                    || one.inputs().size() != other.inputs().size()) {
                throw new IllegalArgumentException("what the model does depends on the sizes of its inputs: " + one);
            }
            for (int k = 0; k < one.outputs().size(); k++) {
                sources.put(one.outputs().get(k), new Source(one, other, k));
            }
        }
    }

    /// Writes a graph inside a node of this one: these operations, and none of those around.
    Exporter inner(Writer graph, List<Op> first, List<Op> second) {
        Exporter inner = new Exporter(this, graph);
        inner.pair(first, second);
        return inner;
    }

    private boolean isInside(Value value) {
        return names.containsKey(value)
                || sources.containsKey(value)
                || value.view() != null && isInside(value.view().of());
    }

    private void pairInputs(List<Input> inputs, Recorder first, Recorder second) {
        for (Input input : inputs) {
            Twin twin =
                    new Twin(first.inputs().get(input.name()), second.inputs().get(input.name()));
            names.put(twin.first(), input.name());
            for (int i = 0; i < twin.rank(); i++) {
                Size size = twin.size(i);
                if (!size.isFixed()) {
                    open.putIfAbsent(size, new Dimension(input.name(), i));
                    symbols.putIfAbsent(size, input.dimensions().get(i));
                }
            }
        }
    }

    private List<String> dimensions(Twin twin) {
        List<String> dimensions = new ArrayList<>();
        for (int i = 0; i < twin.rank(); i++) {
            Size size = twin.size(i);
            dimensions.add(size.isFixed() ? Long.toString(size.first()) : symbols.getOrDefault(size, ""));
        }
        return dimensions;
    }

    /// The name of a value, after what gives it has been written.
    String name(Twin twin) {
        String known = names.get(twin.first());
        if (known != null) {
            return known;
        }
        if (outer != null && !isInside(twin.first())) {
            return outer.name(twin);
        }
        String name;
        if (twin.isView() && twin.first().constant() == null) {
            name = view(twin, wantedName(twin.first(), "view"));
        } else if (sources.containsKey(twin.first())) {
            Source source = sources.get(twin.first());
            operations.write(source.first(), source.second());
            return names.get(twin.first());
        } else {
            name = constant(twin);
        }
        names.put(twin.first(), name);
        return name;
    }

    /// The name under which an output of an operation is written: from now on that of the value.
    String output(Value value) {
        String name = wantedName(value, "value");
        names.put(value, name);
        return name;
    }

    /// Gives an operation's output the name of another value.
    void alias(Value value, String name) {
        names.put(value, name);
    }

    private String wantedName(Value value, String stem) {
        String name = wanted.get(value);
        return name != null ? name : writer.fresh(stem);
    }

    private String constant(Twin twin) {
        Tensor tensor = twin.first().known();
        Tensor other = twin.second().known();
        if (tensor == null || other == null) {
            throw new IllegalArgumentException(
                    "a value of shape " + twin.first().shape() + " comes from nowhere");
        }
        if (tensor.shape().equals(other.shape()) && tensor.data().mismatch(other.data()) < 0) {
            Tensor own = twin.first().constant();
            return writer.constant("weight", own != null ? own : tensor);
        }
        String filled = filled(twin, number(tensor), number(other));
        if (filled == null && isTurned(tensor) && isTurned(other)) {
            String last = writer.single(
                    "Squeeze", List.of(writer.single("Sub", List.of(size(twin.size(0)), writer.integer(1)))));
            return writer.single("Range", List.of(last, writer.integer(-1), writer.integer(-1)));
        }
        if (filled == null) {
            throw new IllegalArgumentException(
                    "the model computes with numbers that follow from its inputs' sizes: give it inputs of fixed sizes");
        }
        return filled;
    }

    /// A tensor full of one number: always the same one, an input's size, or one divided by it, as means need it; or
    /// null.
    private @Nullable String filled(Twin twin, @Nullable Number number, @Nullable Number other) {
        if (number == null || other == null) {
            return null;
        }
        if (number.equals(other)) {
            return writer.single(
                    "ConstantOfShape",
                    List.of(sizes(twin)),
                    "value",
                    number instanceof Float one
                            ? Tensor.of(Shape.of(1), one)
                            : Tensor.of(Shape.of(1), number.longValue()));
        }
        for (Size size : open.keySet()) {
            if (number.equals(size.first()) && other.equals(size.second())) {
                return repeated(size(size), twin);
            }
            if (number.equals((float) (1.0 / size.first())) && other.equals((float) (1.0 / size.second()))) {
                String count = writer.single("Cast", List.of(size(size)), "to", ElementType.FLOAT.number());
                return repeated(writer.single("Reciprocal", List.of(count)), twin);
            }
        }
        return null;
    }

    /// A number (1) in a value's shape.
    private String repeated(String number, Twin twin) {
        return twin.rank() == 0
                ? writer.single("Squeeze", List.of(number))
                : writer.single("Expand", List.of(number, sizes(twin)));
    }

    /// Whether it is the numbers of elements from the last to the first.
    private static boolean isTurned(Tensor tensor) {
        if (tensor.type() != DataType.I64 || tensor.shape().rank() != 1) {
            return false;
        }
        long[] all = tensor.toLongArray();
        return IntStream.range(0, all.length).allMatch(i -> all[i] == all.length - 1 - i);
    }

    /// The number that a tensor is full of, Float or Long; or null.
    private static @Nullable Number number(Tensor tensor) {
        return switch (tensor.type()) {
            case F32 -> {
                float[] all = tensor.toFloatArray();
                boolean isFull = IntStream.range(0, all.length).allMatch(i -> Float.compare(all[i], all[0]) == 0);
                yield isFull ? (Number) (all.length == 0 ? 0f : all[0]) : null;
            }
            case I64 -> {
                long[] all = tensor.toLongArray();
                boolean isFull = Arrays.stream(all).allMatch(one -> one == all[0]);
                yield isFull ? (Number) (all.length == 0 ? 0L : all[0]) : null;
            }
            default -> null;
        };
    }

    private String view(Twin twin, String name) {
        Twin of = twin.viewed();
        String source = name(of);
        switch (twin.first().view()) {
            case View.Permuted(Value _, int[] order) ->
                writer.node("Transpose", List.of(source), List.of(name), "perm", order);
            case View.Reshaped _ -> writer.node("Reshape", List.of(source, shape(twin, of)), List.of(name));
            case View.Selected(Value _, int dimension, long index) -> {
                long other = ((View.Selected) twin.second().view()).index();
                long place = place(new Size(index, other), of.size(dimension));
                writer.node("Gather", List.of(source, writer.integer(place)), List.of(name), "axis", dimension);
            }
            case View.Sliced(Value _, int dimension, long from, long to) -> {
                View.Sliced other = (View.Sliced) twin.second().view();
                Size size = of.size(dimension);
                long start = place(new Size(from, other.from()), size);
                Size end = new Size(to, other.to());
                long stop = end.equals(size) && !end.isFixed() ? Long.MAX_VALUE : place(end, size);
                writer.node(
                        "Slice",
                        List.of(source, writer.integers(start), writer.integers(stop), writer.integers(dimension)),
                        List.of(name));
            }
        }
        return name;
    }

    /// A place along a dimension, counted from the first element or, where that varies, from the last: negative.
    private static long place(Size place, Size size) {
        if (place.isFixed()) {
            return place.first();
        }
        if (place.first() - size.first() != place.second() - size.second()) {
            throw new IllegalArgumentException(
                    "the model slices at places that cannot be told without its inputs' sizes");
        }
        return place.first() - size.first();
    }

    /// The shape that a value is reshaped to: sizes that vary are those of the same dimension before, or what is left.
    private String shape(Twin twin, Twin of) {
        long[] target = new long[twin.rank()];
        int left = -1;
        for (int i = 0; i < target.length; i++) {
            Size size = twin.size(i);
            if (size.isFixed() && size.first() != 0) {
                target[i] = size.first();
            } else if (i < of.rank() && size.equals(of.size(i))) {
                target[i] = 0;
            } else if (left < 0) {
                left = i;
                target[i] = -1;
            } else {
                return sizes(twin);
            }
        }
        return writer.integers(target);
    }

    /// A value's shape as a value of the graph.
    String sizes(Twin twin) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < twin.rank(); i++) {
            parts.add(size(twin.size(i)));
        }
        return writer.single("Concat", parts, "axis", 0);
    }

    /// A size as a value (1) of the graph.
    String size(Size size) {
        if (outer != null) {
            return outer.size(size);
        }
        if (size.isFixed()) {
            return writer.integers(size.first());
        }
        Dimension dimension = open.get(size);
        if (dimension == null) {
            throw new IllegalArgumentException(
                    "the model has a size that is none of its inputs', nor follows from the place of a dimension");
        }
        return sizes.computeIfAbsent(
                size,
                _ -> writer.single(
                        "Shape", List.of(dimension.input()), "start", dimension.index(), "end", dimension.index() + 1));
    }
}
