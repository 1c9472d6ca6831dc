package dev.rondo.examples.listops;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.examples.trees.Classifier;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.Functional;
import dev.rondo.nn.NaryTreeLSTM;
import dev.rondo.nn.PackedTrees;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.tree.TreeBatch;
import dev.rondo.tree.Trees;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/// Reads each expression along its tree: a binary Tree-LSTM, whose state at the root is the expression's. It learns
/// from the expressions' values alone, or from those of all lists within them, complete or not.
public final class TreeNetwork extends Classifier<Expression> {
    private final Embedding embedding;
    private final NaryTreeLSTM tree;
    private final Labels labels;

    /// @param width  of a token's vector
    /// @param hidden of a state
    public TreeNetwork(Labels labels, int width, int hidden) {
        super(Expression::value, hidden, 10);
        this.labels = labels;
        this.embedding = register("embedding", new Embedding(Expression.VOCABULARY.size(), width));
        this.tree = register("tree", new NaryTreeLSTM(width, hidden));
    }

    @Override
    public void declare(Inputs inputs, int count, int length) {
        inputs.input("tokens", Shape.of((long) count * length), DataType.I64);
        inputs.input("parents", Shape.of(2L * count * length), DataType.I64);
        inputs.input("positions", Shape.of(2L * count * length), DataType.I64);
        inputs.input("roots", Shape.of(count), DataType.I64);
    }

    /// The states of all nodes, leaves first.
    private Value nodes(Function<String, Value> inputs) {
        Value x = embedding.forward(inputs.apply("tokens"));
        return tree.forward(new PackedTrees(x, inputs.apply("parents"), inputs.apply("positions")))
                .h();
    }

    @Override
    protected Value states(Function<String, Value> inputs) {
        return Functional.indexSelect(nodes(inputs), 0, inputs.apply("roots"));
    }

    @Override
    protected Value labelled(Function<String, Value> inputs) {
        if (labels == Labels.ROOT) {
            return super.labelled(inputs);
        }
        Value all = nodes(inputs); // lists behind as many tokens
        return all.slice(0, all.shape().size(0) / 2, all.shape().size(0));
    }

    @Override
    public int rows(int count, int length) {
        return labels == Labels.ROOT ? count : count * length;
    }

    @Override
    public long[] targets(List<Expression> batch, int count, int length) {
        if (labels == Labels.ROOT) {
            return super.targets(batch, count, length);
        }
        Trees trees = Expression.trees(batch);
        long[] targets = new long[count * length];
        Arrays.fill(targets, UNKNOWN);
        int list = 0;
        for (int node = 0; node < trees.nodes(); node++) {
            String label = trees.label(node);
            if (label != null) {
                targets[list++] = Integer.parseInt(label);
            }
        }
        return targets;
    }

    @Override
    public void fill(Function<String, Tensor> inputs, List<Expression> batch, int count, int length) {
        int room = count * length;
        TreeBatch trees = TreeBatch.leavesFirst(Expression.trees(batch), room, 2 * room);
        long[] tokens = new long[room];
        int at = 0;
        for (Expression expression : batch) {
            for (byte token : expression.tokens()) {
                tokens[at++] = token;
            }
        }
        inputs.apply("tokens").copyFrom(tokens);
        inputs.apply("parents").copyFrom(trees.parents());
        inputs.apply("positions").copyFrom(trees.positions());
        inputs.apply("roots").copyFrom(trees.roots(count));
    }

    /// What to write at each node of an expression's tree: tokens, and at lists what the network says that they come
    /// to, with what they do where it is wrong. Lists are complete ones unless it has learned from others, too.
    String[] captions(Expression expression, Trees trees) {
        Map<String, Shape> shapes = new LinkedHashMap<>();
        List<Input> inputs = new ArrayList<>();
        int length = expression.tokens().length;
        declare(
                (name, shape, type) -> {
                    shapes.put(name, shape);
                    inputs.add(new Input(name, type, List.of(Long.toString(shape.size(0)))));
                },
                1,
                length);
        String[] captions = new String[trees.nodes()];
        try (Model model = Model.of(inputs, in -> Map.of("logits", classify(nodes(in::get))));
                Session session = model.session(shapes.values().toArray(Shape[]::new))) {
            fill(session::input, List.of(expression), 1, length);
            session.run();
            float[] logits = session.output("logits").toFloatArray();
            TreeBatch batch = TreeBatch.leavesFirst(trees, length, 2 * length);
            for (int node = 0; node < captions.length; node++) {
                if (trees.isLeaf(node)) {
                    captions[node] = trees.token(node);
                } else if (labels == Labels.ROOT && !"]".equals(trees.token(trees.child(node, 1)))) {
                    captions[node] = "·";
                } else {
                    String said = Integer.toString(best(logits, batch.number(node)));
                    captions[node] = said.equals(trees.label(node)) ? said : said + " ≠ " + trees.label(node);
                }
            }
        }
        return captions;
    }
}
