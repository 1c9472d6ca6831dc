package dev.rondo.examples.structure;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.examples.trees.SequenceReader;
import dev.rondo.nn.GumbelTreeLSTM;
import dev.rondo.nn.PackedSequence;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tree.Merges;
import dev.rondo.tree.Trees;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// Reads each sample along a tree that it finds: a Gumbel Tree-LSTM, whose state at the root is the sample's.
///
/// {@snippet :
/// LatentTreeClassifier<Expression> network = new LatentTreeClassifier<>(
///         Expression::value, Expression::symbols, Expression.VOCABULARY.size(), 32, 64, 10, 1);
/// Trees found = network.trees(List.of(expression), e -> List.of(e.toString().split(" ")));
/// }
///
/// @param <S> a sample
public final class LatentTreeClassifier<S> extends SequenceReader<S> {
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
    protected Value read(PackedSequence sequences) {
        return tree.forward(sequences).h();
    }

    /// The trees that the network finds in samples, a leaf for each symbol.
    ///
    /// @param tokens what to write at the leaves of a sample, one for each symbol
    public Trees trees(List<S> samples, Function<S, List<String>> tokens) {
        List<List<String>> leaves = samples.stream().map(tokens).toList();
        int longest = leaves.stream().mapToInt(List::size).max().orElse(1);
        Map<String, Shape> shapes = new LinkedHashMap<>();
        List<Input> inputs = new ArrayList<>();
        declare(
                (name, shape, type) -> {
                    shapes.put(name, shape);
                    inputs.add(new Input(name, type, shape.rank() == 1 ? List.of("N") : List.of("T", "N")));
                },
                samples.size(),
                longest);
        Function<Map<String, Value>, Map<String, Value>> merges =
                in -> Map.of("merges", tree.forward(sequences(in::get)).merges());
        try (Model model = Model.of(inputs, merges::apply);
                Session session = model.session(shapes.values().toArray(Shape[]::new))) {
            fill(session::input, samples, samples.size(), longest);
            session.run();
            return Merges.trees(session.output("merges").toLongArray(), leaves);
        }
    }
}
