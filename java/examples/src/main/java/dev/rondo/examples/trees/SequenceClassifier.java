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
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/// Reads each sample from its first symbol to its last: a plain LSTM, whose last state is the sample's. It may learn
/// from the states on the way there, too.
///
/// @param <S> a sample
public final class SequenceClassifier<S> extends Classifier<S> {
    private final Function<S, int[]> symbols;
    private final @Nullable Function<S, int[]> labels;
    private final Embedding embedding;
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
        super(target, hidden, classes);
        this.symbols = symbols;
        this.labels = labels;
        this.embedding = register("embedding", new Embedding(vocabulary, width));
        this.lstm = register("lstm", new LSTM(width, hidden));
    }

    @Override
    public void declare(Inputs inputs, int count, int length) {
        inputs.input("symbols", Shape.of(length, count), DataType.I64);
        inputs.input("lengths", Shape.of(count), DataType.I64);
    }

    private LSTM.Output read(Function<String, Value> inputs) {
        Value x = embedding.forward(inputs.apply("symbols"));
        return lstm.forward(new PackedSequence(x, inputs.apply("lengths")));
    }

    @Override
    protected Value states(Function<String, Value> inputs) {
        return read(inputs).hN().select(0, 0);
    }

    @Override
    protected Value labelled(Function<String, Value> inputs) {
        return labels == null ? states(inputs) : read(inputs).output();
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

    @Override
    public void fill(Function<String, Tensor> inputs, List<S> batch, int count, int length) {
        List<int[]> read = batch.stream().map(symbols).toList();
        long[] lengths = new long[count];
        Arrays.fill(lengths, 1);
        for (int n = 0; n < read.size(); n++) {
            lengths[n] = read.get(n).length;
        }
        inputs.apply("symbols").copyFrom(columns(read, count, length, 0));
        inputs.apply("lengths").copyFrom(lengths);
    }

    /// Rows of unequal lengths as columns, padded: (length, count).
    private static long[] columns(List<int[]> rows, int count, int length, int padding) {
        long[] all = new long[length * count];
        Arrays.fill(all, padding);
        for (int n = 0; n < rows.size(); n++) {
            for (int t = 0; t < rows.get(n).length; t++) {
                all[t * count + n] = rows.get(n)[t];
            }
        }
        return all;
    }
}
