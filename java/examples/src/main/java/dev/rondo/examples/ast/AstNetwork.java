package dev.rondo.examples.ast;

import dev.rondo.examples.trees.Classifier;
import dev.rondo.nn.ChildSumTreeLSTM;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.Functional;
import dev.rondo.nn.PackedTrees;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.tree.TreeBatch;
import dev.rondo.tree.Trees;
import java.util.List;
import java.util.function.Function;

/// Reads a method along its syntax tree: a child-sum Tree-LSTM with an input at each node, whose state at the root is
/// the method's.
public final class AstNetwork extends Classifier<Sample> {
    private final Embedding embedding;
    private final ChildSumTreeLSTM tree;

    /// @param vocabulary how many symbols there are
    /// @param width      of a symbol's vector
    /// @param hidden     of a state
    public AstNetwork(int vocabulary, int width, int hidden, int classes) {
        super(Sample::name, hidden, classes);
        this.embedding = register("embedding", new Embedding(vocabulary, width));
        this.tree = register("tree", new ChildSumTreeLSTM(width, hidden));
    }

    @Override
    public void declare(Inputs inputs, int count, int length) {
        inputs.input("symbols", Shape.of((long) count * length), DataType.I64);
        inputs.input("parents", Shape.of((long) count * length), DataType.I64);
        inputs.input("roots", Shape.of(count), DataType.I64);
    }

    @Override
    protected Value states(Function<String, Value> inputs) {
        Value x = embedding.forward(inputs.apply("symbols"));
        Value h =
                tree.forward(new PackedTrees(x, inputs.apply("parents"), null)).h();
        return Functional.indexSelect(h, 0, inputs.apply("roots"));
    }

    @Override
    public void fill(Function<String, Tensor> inputs, List<Sample> batch, int count, int length) {
        int room = count * length;
        TreeBatch trees = TreeBatch.of(
                Trees.join(
                        batch.stream().map(sample -> Trees.of(sample.parents())).toList()),
                room);
        long[] symbols = new long[room];
        int at = 0;
        for (Sample sample : batch) {
            for (int symbol : sample.symbols()) {
                symbols[at++] = symbol;
            }
        }
        inputs.apply("symbols").copyFrom(symbols);
        inputs.apply("parents").copyFrom(trees.parents());
        inputs.apply("roots").copyFrom(trees.roots(count));
    }
}
