package dev.rondo.examples.trees;

import dev.rondo.nn.Embedding;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.PackedSequence;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/// Reads each sample from its first symbol to its last: a plain LSTM, whose last state is the sample's.
///
/// @param <S> a sample
public final class SequenceClassifier<S> extends Classifier<S> {
    private final Function<S, int[]> symbols;
    private final Embedding embedding;
    private final LSTM lstm;

    /// @param symbols    what it reads of a sample
    /// @param vocabulary how many symbols there are
    /// @param width      of a symbol's vector
    /// @param hidden     of a state
    public SequenceClassifier(Function<S, int[]> symbols, int vocabulary, int width, int hidden, int classes) {
        super(hidden, classes);
        this.symbols = symbols;
        this.embedding = register("embedding", new Embedding(vocabulary, width));
        this.lstm = register("lstm", new LSTM(width, hidden));
    }

    @Override
    public void declare(Inputs inputs, int count, int length) {
        inputs.input("symbols", Shape.of(length, count), DataType.I64);
        inputs.input("lengths", Shape.of(count), DataType.I64);
    }

    @Override
    protected Value states(Function<String, Value> inputs) {
        Value x = embedding.forward(inputs.apply("symbols"));
        return lstm.forward(new PackedSequence(x, inputs.apply("lengths"))).hN().select(0, 0);
    }

    @Override
    public void fill(Function<String, Tensor> inputs, List<S> batch, int count, int length) {
        long[] all = new long[length * count];
        long[] lengths = new long[count];
        Arrays.fill(lengths, 1);
        for (int n = 0; n < batch.size(); n++) {
            int[] own = symbols.apply(batch.get(n));
            lengths[n] = own.length;
            for (int t = 0; t < own.length; t++) {
                all[t * count + n] = own[t];
            }
        }
        inputs.apply("symbols").copyFrom(all);
        inputs.apply("lengths").copyFrom(lengths);
    }
}
