package dev.rondo.examples.trees;

import dev.rondo.nn.LSTM;
import dev.rondo.nn.PackedSequence;
import dev.rondo.program.Value;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/// Reads each sample from its first symbol to its last: a plain LSTM, whose last state is the sample's. It may learn
/// from the states on the way there, too.
///
/// @param <S> a sample
public final class SequenceClassifier<S> extends SequenceReader<S> {
    private final @Nullable Function<S, int[]> labels;
    private final LSTM lstm;

    /// @param target     the class of a sample
    /// @param symbols    what it reads of a sample
    /// @param labels     the class of the state after each symbol, [#UNKNOWN] where there is none; or null to learn
    ///                   from the samples' classes alone
    /// @param vocabulary how many symbols there are
    /// @param width      of a symbol's vector
    /// @param hidden     of a state
    public SequenceClassifier(
            ToIntFunction<S> target,
            Function<S, int[]> symbols,
            @Nullable Function<S, int[]> labels,
            int vocabulary,
            int width,
            int hidden,
            int classes) {
        super(target, symbols, vocabulary, width, hidden, classes);
        this.labels = labels;
        this.lstm = register("lstm", new LSTM(width, hidden));
    }

    @Override
    protected Value read(PackedSequence sequences) {
        return lstm.forward(sequences).hN().select(0, 0);
    }

    @Override
    protected Value labelled(Function<String, Value> inputs) {
        return labels == null ? states(inputs) : lstm.forward(sequences(inputs)).output();
    }

    @Override
    public int rows(int count, int length) {
        return labels == null ? count : length * count;
    }

    @Override
    public long[] targets(List<S> batch, int count, int length) {
        return labels == null
                ? super.targets(batch, count, length)
                : columns(batch.stream().map(labels).toList(), count, length, UNKNOWN);
    }
}
