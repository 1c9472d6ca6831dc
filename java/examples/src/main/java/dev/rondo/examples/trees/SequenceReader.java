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

/// Reads each sample as a sequence of symbols: how is what such networks differ in.
///
/// @param <S> a sample
public abstract class SequenceReader<S> extends Classifier<S> {
    private final Function<S, int[]> symbols;
    private final Embedding embedding;

    /// @param symbols    what it reads of a sample
    /// @param vocabulary how many symbols there are
    /// @param width      of a symbol's vector
    /// @param hidden     of a state
    @SuppressWarnings("this-escape") // to a method of Module, which only takes note of the part
    protected SequenceReader(Function<S, int[]> symbols, int vocabulary, int width, int hidden, int classes) {
        super(hidden, classes);
        this.symbols = symbols;
        this.embedding = register("embedding", new Embedding(vocabulary, width));
    }

    /// The state of each sequence, (count, H), of its symbols' vectors.
    protected abstract Value read(PackedSequence sequences);

    @Override
    public final void declare(Inputs inputs, int count, int length) {
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
    public final void fill(Function<String, Tensor> inputs, List<S> batch, int count, int length) {
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
