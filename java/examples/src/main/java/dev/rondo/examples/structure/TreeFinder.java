package dev.rondo.examples.structure;

import dev.rondo.LengthBuckets;
import dev.rondo.examples.trees.SequenceReader;
import dev.rondo.nn.Functional;
import dev.rondo.nn.PackedSequence;
import dev.rondo.program.Value;
import dev.rondo.train.Evaluation;
import dev.rondo.tree.Trees;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// Reads each sample along a tree that it finds by itself: its state at the root is the sample's.
///
/// @param <S> a sample
public abstract class TreeFinder<S> extends SequenceReader<S> {
    private static final int BATCH = 64;
    private static final int SHORTEST = 16;

    private final Function<S, int[]> symbols;

    /// What a network makes of samples.
    ///
    /// @param trees   a leaf for each symbol
    /// @param classes that it says they are of
    public record Found(Trees trees, int[] classes) {}

    /// What a network computes.
    ///
    /// @param h     of the roots, (N, H)
    /// @param steps (S, N), I64: what led to them
    protected record Parse(Value h, Value steps) {}

    /// @param target     the class of a sample
    /// @param symbols    what it reads of a sample
    /// @param vocabulary how many symbols there are
    /// @param width      of a symbol's vector
    /// @param hidden     of a state
    protected TreeFinder(
            ToIntFunction<S> target, Function<S, int[]> symbols, int vocabulary, int width, int hidden, int classes) {
        super(target, symbols, vocabulary, width, hidden, classes);
        this.symbols = symbols;
    }

    /// Finds trees.
    protected abstract Parse parse(PackedSequence sequences);

    /// The trees that steps come to.
    ///
    /// @param steps  (S, N)
    /// @param tokens of each of N sequences, its leaves
    protected abstract Trees trees(long[] steps, List<List<String>> tokens);

    @Override
    protected final Value read(PackedSequence sequences) {
        return parse(sequences).h();
    }

    /// The trees that the network finds in samples, and what it says of these.
    ///
    /// @param tokens what to write at the leaves of a sample, one for each symbol
    public final Found find(List<S> samples, Function<S, List<String>> tokens) {
        int[] lengths = samples.stream()
                .mapToInt(sample -> symbols.apply(sample).length)
                .toArray();
        int longest = Arrays.stream(lengths).max().orElse(1);
        Trees[] trees = new Trees[lengths.length];
        int[] classes = new int[lengths.length];
        Map<Integer, Evaluation> byLength = new TreeMap<>();
        try {
            for (LengthBuckets.Batch chosen : LengthBuckets.growing(Math.min(SHORTEST, longest), longest, 1.5)
                    .batches(lengths, BATCH)) {
                Evaluation evaluation = byLength.computeIfAbsent(chosen.steps(), this::evaluation);
                List<S> few =
                        Arrays.stream(chosen.samples()).mapToObj(samples::get).toList();
                fill(evaluation::input, few, BATCH, chosen.steps());
                evaluation.run();
                List<List<String>> leaves =
                        new ArrayList<>(few.stream().map(tokens).toList());
                leaves.addAll(Collections.nCopies(BATCH - few.size(), List.of("")));
                Trees found = trees(evaluation.output("steps").toLongArray(), leaves);
                float[] logits = evaluation.output("logits").toFloatArray();
                for (int n = 0; n < few.size(); n++) {
                    trees[chosen.samples()[n]] = found.tree(n);
                    classes[chosen.samples()[n]] = best(logits, n);
                }
            }
        } finally {
            byLength.values().forEach(Evaluation::close);
        }
        return new Found(Trees.join(List.of(trees)), classes);
    }

    private Evaluation evaluation(int length) {
        Evaluation.Builder builder = Evaluation.builder();
        declare(builder::input, BATCH, length);
        return builder.record(in -> {
            Parse parse = parse(sequences(in::get));
            Value logits = classify(parse.h());
            in.output("steps", parse.steps());
            in.output("logits", logits);
            return Functional.sum(logits);
        });
    }
}
