package dev.rondo.examples.trees;

import dev.rondo.nn.Embedding;
import dev.rondo.nn.PackedSequence;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.ToIntFunction;

/// Reads each sample as a sequence of symbols: how is what such networks differ in.
///
/// @param <S> a sample
public abstract class SequenceReader<S> extends Classifier<S> {
    private final Function<S, int[]> symbols;
    private final Embedding embedding;

    /// @param target     the class of a sample
    /// @param symbols    what it reads of a sample
    /// @param vocabulary how many symbols there are
    /// @param width      of a symbol's vector
    /// @param hidden     of a state
    @SuppressWarnings("this-escape") // to a method of Module, which only takes note of the part
    protected SequenceReader(
            ToIntFunction<S> target, Function<S, int[]> symbols, int vocabulary, int width, int hidden, int classes) {
        super(target, hidden, classes);
        this.symbols = symbols;
        this.embedding = register("embedding", new Embedding(vocabulary, width));
    }

    /// The state of each sequence, (count, H), of its symbols' vectors.
    protected abstract Value read(PackedSequence sequences);

    @Override
    public void declare(Inputs inputs, int count, int length) {
        inputs.input("symbols", Shape.of(length, count), DataType.I64);
        inputs.input("lengths", Shape.of(count), DataType.I64);
    }

    /// The sequences of vectors.
    protected final PackedSequence sequences(Function<String, Value> inputs) {
        return new PackedSequence(embedding.forward(inputs.apply("symbols")), inputs.apply("lengths"));
    }

    @Override
    protected final Value states(Function<String, Value> inputs) {
        return read(sequences(inputs));
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
    protected static long[] columns(List<int[]> rows, int count, int length, int padding) {
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
