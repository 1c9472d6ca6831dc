package dev.rondo.onnx;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.format.MalformedFileException;
import dev.rondo.onnx.graph.Constant;
import dev.rondo.onnx.graph.Document;
import dev.rondo.onnx.graph.DocumentReader;
import dev.rondo.onnx.graph.Graph;
import dev.rondo.onnx.graph.Node;
import dev.rondo.onnx.operator.Operators;
import dev.rondo.onnx.record.Derived;
import dev.rondo.onnx.record.Folding;
import dev.rondo.onnx.record.Recording;
import dev.rondo.program.Value;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A model as an `.onnx` file has it.
///
/// {@snippet :
/// try (Model model = OnnxModel.read(Path.of("tagger.onnx")).model();
///         Session session = model.session(Shape.of(1, 100))) {
///     session.input("ids").copyFrom(ids);
///     session.run();
///     float[] logits = session.output("logits").toFloatArray();
/// }
/// }
///
/// The engine's types stand for ONNX's: F32 for floats of any width, I64 for integers of any width, U8 for truth. Nodes
/// that read constants alone are computed once, those that read shapes alone when a session is made; what remains runs
/// on oneDNN wherever it has the operation.
///
/// Source: the ONNX specification (IR 3 and newer), operator sets 7 to 28.
public final class OnnxModel {
    private final Document document;
    private final Operators operators;
    private final List<Input> inputs = new ArrayList<>();
    private @Nullable Graph folded;

    private OnnxModel(Document document, String file) {
        this.document = document;
        this.operators = Operators.of(document, file);
        for (Graph.Slot slot : document.graph().inputs()) {
            inputs.add(input(slot, file));
        }
    }

    /// Reads a file. Tensors that it has in other files are read from the same folder.
    ///
    /// @throws IOException            if a file cannot be read
    /// @throws MalformedFileException if a file's content is at fault, or has an operator that Rondo does not know
    public static OnnxModel read(Path file) throws IOException {
        return new OnnxModel(DocumentReader.read(file), file.toString());
    }

    private static Input input(Graph.Slot slot, String file) {
        String title = "input " + MalformedFileException.quote(slot.name());
        if (slot.type() == null || slot.type().dataType() == null) {
            throw new MalformedFileException(file, title + " is not a tensor of numbers");
        }
        if (slot.dimensions() == null) {
            throw new MalformedFileException(file, title + " does not say how many dimensions it has");
        }
        List<String> dimensions = new ArrayList<>();
        for (int i = 0; i < slot.dimensions().size(); i++) {
            dimensions.add(dimension(slot.dimensions().get(i), slot.name() + "_" + i));
        }
        return new Input(slot.name(), slot.type().dataType(), dimensions);
    }

    /// A size, or a symbol: names that are none, and sizes left open, get one.
    private static String dimension(String given, String otherwise) {
        if (given.matches("[0-9]{1,18}")) {
            return given;
        }
        boolean isOpen = given.isEmpty() || given.startsWith("-") || given.equals("?");
        String symbol = (isOpen ? otherwise : given).replaceAll("[^A-Za-z_0-9]", "_");
        return symbol.matches("[0-9].*") ? "_" + symbol : symbol;
    }

    /// A model of the graph. Its outputs have the graph's names.
    public Model model() {
        Derived derived = new Derived();
        return Model.of(inputs, values -> record(values, derived));
    }

    private Map<String, Value> record(Map<String, Value> values, Derived derived) {
        Graph graph = folded();
        Recording.Scope scope = new Recording.Scope(null);
        values.forEach(scope::put);
        if (values.isEmpty()) {
            throw new IllegalArgumentException("the model has no inputs");
        }
        Value any = values.values().iterator().next();
        List<Value> outputs = new Recording(operators, any.recorder(), derived).record(graph, scope);
        Map<String, Value> results = new LinkedHashMap<>();
        for (int i = 0; i < outputs.size(); i++) {
            results.put(graph.outputs().get(i).name(), outputs.get(i));
        }
        return results;
    }

    private synchronized Graph folded() {
        if (folded == null) {
            folded = Folding.fold(document.graph(), operators);
        }
        return folded;
    }

    Graph graph() {
        return document.graph();
    }

    /// The inputs.
    public List<Input> inputs() {
        return List.copyOf(inputs);
    }

    /// Names of the outputs.
    public List<String> outputs() {
        return document.graph().outputs().stream().map(Graph.Slot::name).toList();
    }

    /// The graph's name.
    public String name() {
        return document.graph().name();
    }

    /// Name and version of the program that wrote the file; may be empty.
    public String producer() {
        return document.producer();
    }

    /// Texts that go with the model, by key.
    public Map<String, String> metadata() {
        return document.metadata();
    }

    /// Versions of operator sets by domain; "" is ONNX itself.
    public Map<String, Long> opsets() {
        return document.opsets();
    }

    /// How many nodes there are of each operator.
    public Map<String, Integer> operators() {
        Map<String, Integer> counts = new TreeMap<>();
        for (Node node : document.graph().nodes()) {
            counts.merge(node.operator(), 1, Integer::sum);
        }
        return counts;
    }

    /// Number of elements in the file's constants.
    public long parameterCount() {
        return document.graph().constants().values().stream()
                .map(Constant::tensor)
                .mapToLong(tensor -> tensor.shape().elements())
                .sum();
    }
}
