package dev.rondo.examples.trees;

import dev.rondo.nn.LSTM;
import dev.rondo.nn.PackedSequence;
import dev.rondo.program.Value;
import java.util.function.Function;

/// Reads each sample from its first symbol to its last: a plain LSTM, whose last state is the sample's.
///
/// @param <S> a sample
public final class SequenceClassifier<S> extends SequenceReader<S> {
    private final LSTM lstm;

    /// @param symbols    what it reads of a sample
    /// @param vocabulary how many symbols there are
    /// @param width      of a symbol's vector
    /// @param hidden     of a state
    public SequenceClassifier(Function<S, int[]> symbols, int vocabulary, int width, int hidden, int classes) {
        super(symbols, vocabulary, width, hidden, classes);
        this.lstm = register("lstm", new LSTM(width, hidden));
    }

    @Override
    protected Value read(PackedSequence sequences) {
        return lstm.forward(sequences).hN().select(0, 0);
    }
}
