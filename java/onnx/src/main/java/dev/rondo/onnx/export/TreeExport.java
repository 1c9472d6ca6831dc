package dev.rondo.onnx.export;

import dev.rondo.onnx.graph.ElementType;
import dev.rondo.onnx.graph.Graph;
import dev.rondo.op.TreeRecurrent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes networks over trees as ONNX's Loop: each round computes all nodes from the states of the round before, until
/// nothing changes any more, which is after as many rounds as there are levels. So trees stay an input. Those that are
/// none (with cycles, say) are not found out: no operator of ONNX fails on purpose.
final class TreeExport {
    private final Exporter exporter;
    private final Writer writer; // of the graph around
    private final TreeRecurrent first;
    private final TreeRecurrent second;
    private final boolean topDown;
    private final long hidden;
    private final String count; // N (1)
    private final String parent; // (N): each node's, or any where it has none
    private final String isEdge; // (N, 1): 1 where it has one
    private final String isNode; // (N, 1): 1 where there is a node
    private final @Nullable String type; // (N, 1), or null where there is but one
    private final String weights; // (H, types * G)
    private final String input; // (N, X)

    TreeExport(Exporter exporter, Writer writer, TreeRecurrent first, TreeRecurrent second) {
        this.exporter = exporter;
        this.writer = writer;
        this.first = first;
        this.second = second;
        this.topDown = first.schedule().topDown();
        this.hidden = first.weights().shape().size(2);
        Twin parents = new Twin(first.schedule().parents(), second.schedule().parents());
        String given = exporter.name(parents);
        this.count = exporter.size(parents.size(0));
        this.parent = writer.single("Max", List.of(given, writer.integer(0)));
        String edges = writer.single("GreaterOrEqual", List.of(given, writer.integer(0)));
        this.isEdge = column(edges);
        this.isNode = column(writer.single("GreaterOrEqual", List.of(given, writer.integer(-1))));
        this.type = first.schedule().typeCount() == 1 ? null : type(edges);
        String all = exporter.name(new Twin(first.weights(), second.weights()));
        String turned = writer.single("Transpose", List.of(all), "perm", new int[] {2, 0, 1});
        this.weights = writer.single("Reshape", List.of(turned, writer.integers(hidden, -1)));
        this.input = input(parents.size(0));
    }

    private String column(String truths) {
        String numbers = writer.single("Cast", List.of(truths), "to", ElementType.FLOAT.number());
        return writer.single("Unsqueeze", List.of(numbers, writer.integers(1)));
    }

    private String type(String edges) {
        String types = exporter.name(
                new Twin(first.schedule().types(), second.schedule().types()));
        String known = writer.single("Where", List.of(edges, types, writer.integer(0)));
        return writer.single("Unsqueeze", List.of(known, writer.integers(1)));
    }

    /// The bias, and the inputs of the nodes that have one.
    private String input(Twin.Size nodes) {
        Twin given = new Twin(first.input(), second.input());
        String all = exporter.name(given);
        if (!given.size(0).equals(nodes)) {
            String missing = writer.single("Sub", List.of(count, exporter.size(given.size(0))));
            String zeros = zeros(writer, missing, given.size(1).first());
            all = writer.single("Concat", List.of(all, zeros), "axis", 0);
        }
        return writer.single("Add", List.of(all, exporter.name(new Twin(first.bias(), second.bias()))));
    }

    private static String zeros(Writer graph, String rows, long width) {
        String shape = graph.single("Concat", List.of(rows, graph.integers(width)), "axis", 0);
        return graph.single("ConstantOfShape", List.of(shape));
    }

    void write() {
        String rounds = writer.single("Squeeze", List.of(count));
        List<String> inputs = new ArrayList<>(List.of(rounds, ""));
        first.outputs().forEach(_ -> inputs.add(zeros(writer, count, hidden)));
        Graph body = body();
        writer.node(
                "Loop", inputs, first.outputs().stream().map(exporter::output).toList(), "body", body);
    }

    private Graph body() {
        Writer graph = writer.inner();
        String h = graph.fresh("h");
        String c = graph.fresh("c");
        List<String> before = first.cell().hasCellState() ? List.of(h, c) : List.of(h);
        List<String> after = new ArrayList<>();
        for (String state : new Level(graph).states(h, c)) {
            after.add(graph.single("Mul", List.of(state, isNode)));
        }
        List<Graph.Slot> inputs = new ArrayList<>(List.of(
                new Graph.Slot(graph.fresh("round"), ElementType.INT64, List.of()),
                new Graph.Slot(graph.fresh("goes_on"), ElementType.BOOL, List.of())));
        before.forEach(state -> inputs.add(new Graph.Slot(state, ElementType.FLOAT, null)));
        List<Graph.Slot> outputs = new ArrayList<>();
        outputs.add(new Graph.Slot(changes(graph, before, after), ElementType.BOOL, List.of()));
        after.forEach(state -> outputs.add(new Graph.Slot(state, ElementType.FLOAT, null)));
        return new Graph("level", graph.nodes(), Map.of(), inputs, outputs);
    }

    /// Whether some state is another than before.
    private static String changes(Writer graph, List<String> before, List<String> after) {
        List<String> most = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            String same = graph.single("Equal", List.of(before.get(i), after.get(i)));
            String changed =
                    graph.single("Cast", List.of(graph.single("Not", List.of(same))), "to", ElementType.FLOAT.number());
            most.add(graph.single("ReduceMax", List.of(changed), "keepdims", 0));
        }
        return graph.single(
                "Cast",
                List.of(most.size() == 1 ? most.getFirst() : graph.single("Max", most)),
                "to",
                ElementType.BOOL.number());
    }

    /// The equations of a round. An edge is a row, that of its lower end: what it carries goes from the sender to the
    /// receiver, which are the node and its parent or, from the root down, the parent and the node.
    private final class Level {
        private final Writer graph;

        Level(Writer graph) {
            this.graph = graph;
        }

        private String sigmoid(String x) {
            return graph.single("Sigmoid", List.of(x));
        }

        private String tanh(String x) {
            return graph.single("Tanh", List.of(x));
        }

        private String add(String a, String b) {
            return graph.single("Add", List.of(a, b));
        }

        private String multiply(String a, String b) {
            return graph.single("Mul", List.of(a, b));
        }

        /// Columns of width H each.
        private String part(String x, long from, long to) {
            return graph.single(
                    "Slice", List.of(x, graph.integers(from * hidden), graph.integers(to * hidden), graph.integers(1)));
        }

        private String ofParent(String nodes) {
            return graph.single("Gather", List.of(nodes, parent), "axis", 0);
        }

        private String ofSender(String nodes) {
            return topDown ? ofParent(nodes) : nodes;
        }

        private String ofReceiver(String nodes) {
            return topDown ? nodes : ofParent(nodes);
        }

        /// What the nodes receive through their edges, added up.
        private String received(String edges, long width) {
            String there = multiply(edges, isEdge);
            if (topDown) {
                return there;
            }
            String rows = graph.single("Unsqueeze", List.of(parent, graph.integers(1)));
            return graph.single("ScatterND", List.of(zeros(graph, count, width), rows, there), "reduction", "add");
        }

        /// Of the middle dimension of (N, K, …), that of each edge's number (N, 1).
        private String picked(String x, String number) {
            return graph.single("GatherND", List.of(x, number), "batch_dims", 1);
        }

        private String slot() {
            return graph.single("Mod", List.of(type, graph.integer(first.slots())));
        }

        /// What goes through the edges: (N, G).
        private String messages(String h) {
            String products = graph.single("MatMul", List.of(ofSender(h), weights));
            if (type == null) {
                return products;
            }
            long width = first.weights().shape().size(1);
            String byType = graph.single("Reshape", List.of(products, graph.integers(0, -1, width)));
            return picked(byType, type);
        }

        /// The states of all nodes after the round.
        List<String> states(String h, String c) {
            String messages = messages(h);
            return switch (first.cell()) {
                case RNN -> List.of(tanh(add(input, received(messages, hidden))));
                case LSTM -> lstm(messages, c);
                case CHILD_SUM_LSTM -> childSum(messages, c);
                case GRU -> gru(messages, h);
                case TENSOR -> tensor(messages, h);
            };
        }

        private List<String> lstm(String messages, String c) {
            long slots = first.slots();
            String gates = add(input, received(messages, (3 + slots) * hidden));
            String f = ofReceiver(sigmoid(part(gates, 1, 1 + slots)));
            if (slots > 1) {
                f = picked(graph.single("Reshape", List.of(f, graph.integers(0, slots, hidden))), slot());
            }
            return lstm(part(gates, 0, 1), f, part(gates, 1 + slots, 2 + slots), part(gates, 2 + slots, 3 + slots), c);
        }

        private List<String> childSum(String messages, String c) {
            String gates = add(input, received(messages, 4 * hidden));
            String f = sigmoid(add(ofReceiver(part(input, 1, 2)), part(messages, 1, 2)));
            return lstm(part(gates, 0, 1), f, part(gates, 2, 3), part(gates, 3, 4), c);
        }

        /// @param f of each edge, activated
        private List<String> lstm(String i, String f, String g, String o, String c) {
            String kept = received(multiply(f, ofSender(c)), hidden);
            String next = add(multiply(sigmoid(i), tanh(g)), kept);
            return List.of(multiply(sigmoid(o), tanh(next)), next);
        }

        private List<String> gru(String messages, String h) {
            String r = sigmoid(add(ofReceiver(part(input, 0, 1)), part(messages, 0, 1)));
            String z = sigmoid(add(part(input, 1, 2), received(part(messages, 1, 2), hidden)));
            String reset = received(multiply(r, part(messages, 2, 3)), hidden);
            String n = tanh(add(part(input, 2, 3), reset));
            String change = graph.single("Sub", List.of(received(ofSender(h), hidden), n));
            return List.of(add(n, multiply(z, change)));
        }

        private List<String> tensor(String messages, String h) {
            long slots = first.slots();
            long width = hidden * slots * hidden;
            String own = received(part(messages, 0, 1), hidden);
            String tensors = ofReceiver(received(part(messages, 1, 1 + slots * hidden), width)); // (N, H * K * H)
            String matrices;
            if (slots == 1) {
                matrices = graph.single("Reshape", List.of(tensors, graph.integers(0, hidden, hidden)));
            } else {
                String split = graph.single("Reshape", List.of(tensors, graph.integers(0, hidden, slots, hidden)));
                matrices = picked(graph.single("Transpose", List.of(split), "perm", new int[] {0, 2, 1, 3}), slot());
            }
            String state = graph.single("Unsqueeze", List.of(ofSender(h), graph.integers(2)));
            String product = graph.single("MatMul", List.of(matrices, state)); // (N, H, 1)
            String through = received(graph.single("Squeeze", List.of(product, graph.integers(2))), hidden);
            return List.of(tanh(add(input, add(own, through))));
        }
    }
}
