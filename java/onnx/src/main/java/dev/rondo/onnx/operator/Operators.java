package dev.rondo.onnx.operator;

import dev.rondo.format.MalformedFileException;
import dev.rondo.onnx.graph.Attribute;
import dev.rondo.onnx.graph.Document;
import dev.rondo.onnx.graph.Graph;
import dev.rondo.onnx.graph.Node;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// The operators that Rondo knows, in the versions that a file asks for.
public final class Operators {
    private static final long OLDEST = 7;
    private static final long NEWEST = 28;

    private static final Map<String, Operator> KNOWN = new HashMap<>();

    static {
        Elementwise.register(KNOWN);
        Logic.register(KNOWN);
        Products.register(KNOWN);
        Shapes.register(KNOWN);
        Parts.register(KNOWN);
        Selection.register(KNOWN);
        Reductions.register(KNOWN);
        Normalization.register(KNOWN);
        Windows.register(KNOWN);
        Recurrences.register(KNOWN);
        Quantization.register(KNOWN);
        Control.register(KNOWN);
    }

    private final String file;
    private final Map<String, Long> opsets;

    private Operators(String file, Map<String, Long> opsets) {
        this.file = file;
        this.opsets = opsets;
    }

    /// The operators of a file, each of whose nodes is known.
    ///
    /// @throws MalformedFileException naming the first node at fault
    public static Operators of(Document document, String file) {
        Operators operators = new Operators(file, document.opsets());
        long version = operators.opset("");
        if (version < OLDEST || version > NEWEST) {
            throw new MalformedFileException(
                    file,
                    "is of ONNX's operator set " + version + "; Rondo knows those from " + OLDEST + " to " + NEWEST);
        }
        operators.check(document.graph(), Set.of());
        return operators;
    }

    /// Adds an operator with several outputs.
    static void add(Map<String, Operator> into, String name, String attributes, Operator.Rule rule) {
        into.put(name, new Operator(names(attributes), false, rule));
    }

    /// Adds an operator with one output.
    static void single(Map<String, Operator> into, String name, String attributes, Operator.SingleRule rule) {
        into.put(name, new Operator(names(attributes), false, call -> List.of(rule.record(call))));
    }

    static Set<String> names(String attributes) {
        return attributes.isEmpty() ? Set.of() : Set.of(attributes.split(" "));
    }

    /// The version of a domain's operator set that the file asks for.
    public long opset(String domain) {
        return opsets.getOrDefault(domain, domain.isEmpty() ? 0L : 1L);
    }

    /// The operator of a node.
    public Operator of(Node node) {
        return KNOWN.get(key(node));
    }

    private static String key(Node node) {
        return node.domain().isEmpty() ? node.operator() : node.domain() + "." + node.operator();
    }

    private void check(Graph graph, Set<String> outer) {
        Set<String> given = new HashSet<>(outer);
        graph.inputs().forEach(input -> given.add(input.name()));
        given.addAll(graph.constants().keySet());
        for (Node node : graph.nodes()) {
            check(node);
            for (String input : node.inputs()) {
                if (!input.isEmpty() && !given.contains(input)) {
                    throw malformed(
                            node, "reads " + MalformedFileException.quote(input) + ", which nothing before it gives");
                }
            }
            for (Attribute attribute : node.attributes().values()) {
                if (attribute instanceof Attribute.GraphValue(Graph inner)) {
                    check(inner, given);
                }
            }
            given.addAll(node.outputs());
        }
        for (Graph.Slot output : graph.outputs()) {
            if (!given.contains(output.name())) {
                throw new MalformedFileException(
                        file,
                        "has the output " + MalformedFileException.quote(output.name()) + ", which nothing gives");
            }
        }
    }

    private void check(Node node) {
        Operator operator = of(node);
        if (operator == null) {
            throw malformed(
                    node, "is of an operator that Rondo does not know, in operator set " + opset(node.domain()));
        }
        for (String attribute : node.attributes().keySet()) {
            if (!operator.attributes().contains(attribute)) {
                throw malformed(
                        node,
                        "has the attribute " + MalformedFileException.quote(attribute)
                                + ", which Rondo does not know, in operator set " + opset(node.domain()));
            }
        }
    }

    private MalformedFileException malformed(Node node, String problem) {
        return new MalformedFileException(file, node.title() + " " + problem);
    }
}
