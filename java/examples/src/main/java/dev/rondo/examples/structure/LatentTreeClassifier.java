package dev.rondo.examples.structure;

import dev.rondo.nn.GumbelTreeLSTM;
import dev.rondo.nn.PackedSequence;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.tree.Merges;
import dev.rondo.tree.Trees;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// A [TreeFinder] that learns from classes alone which neighbours to merge: a Gumbel Tree-LSTM. In the course of the
/// training its temperature falls from 1 to 0.5, by the same factor each step, as in Choi, Yoo and Lee's program.
///
/// {@snippet :
/// LatentTreeClassifier<Expression> network = new LatentTreeClassifier<>(
///         Expression::value, Expression::symbols, Expression.VOCABULARY.size(), 32, 64, 10, 1);
/// Trees found = network.find(List.of(expression), e -> List.of(e.toString().split(" "))).trees();
/// }
///
/// @param <S> a sample
public final class LatentTreeClassifier<S> extends TreeFinder<S> {
    private static final double LAST_TEMPERATURE = 0.5;

    private final GumbelTreeLSTM tree;

    /// @param target     the class of a sample
    /// @param symbols    what it reads of a sample
    /// @param vocabulary how many symbols there are
    /// @param width      of a symbol's vector
    /// @param hidden     of a state
    /// @param seed       of the noise in training
    public LatentTreeClassifier(
            ToIntFunction<S> target,
            Function<S, int[]> symbols,
            int vocabulary,
            int width,
            int hidden,
            int classes,
            long seed) {
        super(target, symbols, vocabulary, width, hidden, classes);
        this.tree = register("tree", new GumbelTreeLSTM(width, hidden, 1, seed));
    }

    @Override
    public void declare(Inputs inputs, int count, int length) {
        super.declare(inputs, count, length);
        inputs.input("temperature", Shape.of(1), DataType.F32);
    }

    @Override
    public void anneal(Function<String, Tensor> inputs, double progress) {
        inputs.apply("temperature").copyFrom(new float[] {(float) Math.pow(LAST_TEMPERATURE, progress)});
    }

    @Override
    protected Value labelled(Function<String, Value> inputs) {
        return tree.forward(sequences(inputs), inputs.apply("temperature")).h();
    }

    @Override
    protected Parse parse(PackedSequence sequences) {
        GumbelTreeLSTM.Output found = tree.forward(sequences);
        return new Parse(found.h(), found.merges());
    }

    @Override
    protected Trees trees(long[] steps, List<List<String>> tokens) {
        return Merges.trees(steps, tokens);
    }
}
