package dev.rondo.nn;

import dev.rondo.op.JoinedRows;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/// A recursive autoencoder: a parent is what its two children can be made of again. It needs no labels, and not even
/// trees, as it prefers to merge what it loses least of.
///
/// ```
/// p = tanh(W_e [a; b] + b_e), y = p / |p|         of children a and b
/// [a'; b'] = W_d y + b_d
/// error = (n_a |a - a'|² + n_b |b - b'|²) / (n_a + n_b)       n leaves below each
/// ```
///
/// The score of a merge is its error with the sign changed, so [dev.rondo.decode.TreeSearch] finds the trees to learn
/// from, greedily with a beam of 1. The unfolding autoencoder ([#unfolded]) decodes each node down to the leaves,
/// `[a'; b'] = tanh(W_d y + b_d)` at each level, and compares those alone.
///
/// - x: (T, N, H), leaves as they are; states (…, H)
/// - parameters: `encoder.weight` W_e (H, 2*H), `encoder.bias` (H), `decoder.weight` W_d (2*H, H), `decoder.bias`
///   (2*H)
/// - first values: those of [Linear]
///
/// With labels as well, a layer over the nodes makes it the semi-supervised one:
///
/// {@snippet :
/// RecursiveAutoencoder.Output all = autoencoder.forward(x, new MergeSteps(left, right));
/// Value mistakes = Losses.crossEntropy(classifier.forward(all.nodes()), labels); // -100 where there is no node
/// Value loss = Functional.add(
///         Functional.multiply(Functional.mean(all.errors()), 0.2), Functional.multiply(mistakes, 0.8));
/// }
///
/// Source: Socher, Pennington, Huang, Ng and Manning 2011, "Semi-supervised recursive autoencoders for predicting
/// sentiment distributions"; Socher, Huang, Pennington, Ng and Manning 2011, "Dynamic pooling and unfolding recursive
/// autoencoders for paraphrase detection".
public final class RecursiveAutoencoder extends Module implements TreeScorer {
    private static final float TINY = 1e-12f; // keeps the length of a parent of nothing from 0

    private final int hiddenSize;
    private final Linear encoder;
    private final Linear decoder;

    /// What it makes of trees.
    ///
    /// @param nodes  states of all nodes, leaves first: (T + S, N, H)
    /// @param errors of each step, 0 where it makes nothing: (S, N)
    public record Output(Value nodes, Value errors) {}

    public RecursiveAutoencoder(int hiddenSize) {
        this.hiddenSize = hiddenSize;
        this.encoder = register("encoder", new Linear(2 * hiddenSize, hiddenSize));
        this.decoder = register("decoder", new Linear(hiddenSize, 2 * hiddenSize));
    }

    @Override
    public int inputSize() {
        return hiddenSize;
    }

    @Override
    public int hiddenSize() {
        return hiddenSize;
    }

    @Override
    public Value leaves(Value x) {
        return x;
    }

    @Override
    public Parents compose(Value left, Value right, Value leftSizes, Value rightSizes) {
        Value y = encode(left, right);
        return new Parents(y, Functional.negate(error(left, right, leftSizes, rightSizes, y)));
    }

    private Value encode(Value left, Value right) {
        Value p = Functional.tanh(encoder.forward(Functional.concat(List.of(left, right), -1)));
        Value squared = Functional.sum(Functional.square(p), -1).unsqueeze(1);
        Value tiny = p.recorder().constant(Tensor.of(Shape.of(), TINY));
        return Functional.divide(p, Functional.sqrt(Functional.add(squared, tiny)));
    }

    /// (B); 0 for nothing, which has no leaves.
    private Value error(Value left, Value right, Value leftSizes, Value rightSizes, Value y) {
        Value again = decoder.forward(y);
        Value one = y.recorder().constant(Tensor.of(Shape.of(), 1f));
        Value all = Functional.maximum(Functional.add(leftSizes, rightSizes), one);
        Value ofLeft = Functional.multiply(leftSizes, distance(left, again.slice(-1, 0, hiddenSize)));
        Value ofRight = Functional.multiply(rightSizes, distance(right, again.slice(-1, hiddenSize, 2L * hiddenSize)));
        return Functional.divide(Functional.add(ofLeft, ofRight), all).select(-1, 0);
    }

    /// (B, 1)
    private static Value distance(Value a, Value b) {
        return Functional.sum(Functional.square(Functional.subtract(a, b)), -1).unsqueeze(1);
    }

    /// The nodes of trees, and what is lost at each.
    ///
    /// @param x (T, N, H)
    public Output forward(Value x, MergeSteps steps) {
        long length = x.shape().size(0);
        long batch = x.shape().size(1);
        Value sizes = ones(x, length, batch, 1);
        Value nothing = Functional.multiply(sizes, 0); // of a leaf, nothing is lost
        List<Value> all = steps.run(List.of(x, sizes, nothing), (left, right) -> {
            Value y = encode(left.get(0), right.get(0));
            Value error = error(left.get(0), right.get(0), left.get(1), right.get(1), y);
            return List.of(y, Functional.add(left.get(1), right.get(1)), error.unsqueeze(1));
        });
        long made = steps.left().shape().size(0);
        return new Output(
                all.get(0).reshape(length + made, batch, hiddenSize),
                all.get(2).reshape(length + made, batch).slice(0, length, length + made));
    }

    private static Value ones(Value x, long... sizes) {
        Shape shape = Shape.of(sizes);
        float[] ones = new float[Math.toIntExact(shape.elements())];
        Arrays.fill(ones, 1);
        return x.recorder().literal(Tensor.of(shape, ones));
    }

    /// What is lost where each node is decoded down to its leaves: for each leaf, the sum of `|x - x'|²` over the
    /// nodes above it.
    ///
    /// @param nodes  of [#forward(Value, MergeSteps)]
    /// @param places where each node hangs, `2 * parent + position` by numbers, -1 for roots and for nothing:
    ///               ((T + S) * N), I64, as [dev.rondo.tree.TreeBatch#places] has it
    /// @param levels the most edges from a node down to a leaf that count; T - 1 for all
    /// @return (T, N)
    public Value unfolded(Value x, Value nodes, Value places, int levels) {
        long leaves = x.shape().size(0) * x.shape().size(1);
        long rows = nodes.shape().size(0) * nodes.shape().size(1);
        Value flat = Functional.contiguous(x).reshape(leaves, hiddenSize);
        Value decoded = nodes.reshape(rows, hiddenSize); // what a node's ancestor so many levels above makes of it
        Value exists = ones(x, rows, 1); // whether there is one
        Value sum = null;
        for (int level = 1; level <= levels; level++) {
            Value children = Functional.tanh(decoder.forward(decoded)).reshape(2 * rows, hiddenSize);
            decoded = rows(children, places);
            exists = rows(Functional.concat(List.of(exists, exists), 1).reshape(2 * rows, 1), places);
            Value lost = Functional.multiply(
                    exists.slice(0, 0, leaves), distance(decoded.slice(0, 0, leaves), flat)); // (T * N, 1)
            sum = sum == null ? lost : Functional.add(sum, lost);
        }
        if (sum == null) {
            throw new IllegalArgumentException("unfolding needs one level at least, not " + levels);
        }
        return sum.reshape(x.shape().size(0), x.shape().size(1));
    }

    private static Value rows(Value all, Value ids) {
        return all.recorder().record(new JoinedRows(List.of(all), ids)).output();
    }

    @Override
    public Value forward(Value x) {
        throw new UnsupportedOperationException("an autoencoder needs the steps by which it composes");
    }
}
