package dev.rondo.examples.structure;

import dev.rondo.nn.Functional;
import dev.rondo.nn.Losses;
import dev.rondo.nn.PackedSequence;
import dev.rondo.nn.SPINN;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.tree.Merges;
import dev.rondo.tree.Trees;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// A [TreeFinder] that is told the trees of the samples that it learns from: a SPINN. It learns classes along those
/// trees and, with the same weight, to predict the transitions that build them; otherwise it goes by its own.
///
/// @param <S> a sample
public final class ShiftReduceClassifier<S> extends TreeFinder<S> {
    private final Function<List<S>, Trees> known;
    private final SPINN tree;

    /// @param target     the class of a sample
    /// @param symbols    what it reads of a sample
    /// @param known      binary trees of samples, a leaf for each symbol
    /// @param vocabulary how many symbols there are
    /// @param width      of a symbol's vector
    /// @param hidden     of a state
    public ShiftReduceClassifier(
            ToIntFunction<S> target,
            Function<S, int[]> symbols,
            Function<List<S>, Trees> known,
            int vocabulary,
            int width,
            int hidden,
            int classes) {
        super(target, symbols, vocabulary, width, hidden, classes);
        this.known = known;
        this.tree = register("tree", new SPINN(width, hidden, hidden));
    }

    @Override
    public void declare(Inputs inputs, int count, int length) {
        super.declare(inputs, count, length);
        inputs.input("transitions", Shape.of(2L * length - 1, count), DataType.I64);
    }

    @Override
    public void fill(Function<String, Tensor> inputs, List<S> batch, int count, int length) {
        super.fill(inputs, batch, count, length);
        long[] own = Merges.transitions(known.apply(batch), length);
        long[] transitions = new long[(2 * length - 1) * count];
        Arrays.fill(transitions, Merges.NO_TRANSITION);
        for (int step = 0; step < 2 * length - 1; step++) {
            System.arraycopy(own, step * batch.size(), transitions, step * count, batch.size());
        }
        inputs.apply("transitions").copyFrom(transitions);
    }

    @Override
    public Value loss(Function<String, Value> inputs, Value targets) {
        Value transitions = inputs.apply("transitions");
        SPINN.Output told = tree.forward(sequences(inputs), transitions);
        return Functional.add(
                Losses.crossEntropy(classify(told.h()), targets), Losses.crossEntropy(told.scores(), transitions));
    }

    @Override
    protected Parse parse(PackedSequence sequences) {
        SPINN.Output found = tree.forward(sequences, null);
        return new Parse(found.h(), found.transitions());
    }

    @Override
    protected Trees trees(long[] steps, List<List<String>> tokens) {
        return Merges.ofTransitions(steps, tokens);
    }
}
