package dev.rondo.nn;

import dev.rondo.program.Value;
import org.jspecify.annotations.Nullable;

/// Reads a sequence of ids: an embedding, and a recurrent stack in one or both directions.
///
/// - ids: (S, N); output: (S, N, M), 0 beyond a sequence's length; states: (L*D, N, H)
/// - parts: `embedding`, `rnn`
///
/// Source: Sutskever, Vinyals and Le 2014, arXiv 1409.3215; Cho et al. 2014, arXiv 1406.1078.
public final class Encoder extends Module {
    private final Embedding embedding;
    private final RNNBase rnn;
    private final Dropout dropout;

    /// @param rnn     as wide as the embedding; time first, its layers all of one width
    /// @param dropout probability with which training drops an element of what the stack reads
    public Encoder(Embedding embedding, RNNBase rnn, double dropout) {
        this.embedding = register("embedding", embedding);
        this.rnn = register("rnn", rnn);
        this.dropout = new Dropout(dropout);
        requireStates(rnn, "an encoder");
    }

    /// Final states are to be had only of time-first layers of one width.
    static void requireStates(RNNBase rnn, String what) {
        Recurrence recurrence = rnn.recurrence();
        if (recurrence.isBatchFirst()
                || recurrence.hiddenSizes().stream().distinct().count() > 1
                || recurrence.projSize() > 0) {
            throw new IllegalArgumentException(
                    what + " needs layers of one width, with time first and without projection");
        }
    }

    /// The recurrent stack's sizes.
    public Recurrence recurrence() {
        return rnn.recurrence();
    }

    boolean hasCellState() {
        return rnn instanceof LSTM;
    }

    /// M, the width of a step's output.
    public int outputSize() {
        Recurrence recurrence = rnn.recurrence();
        return recurrence.outputSize(recurrence.hiddenSizes().size() - 1);
    }

    /// The output and the final states.
    ///
    /// @param ids     (S, N), I64
    /// @param lengths (N), I64 from 1 to S: how many ids of each sequence count; null where all do
    public RNNBase.Output forward(Value ids, @Nullable Value lengths) {
        return rnn.record(EmbeddedIds.of(embedding, dropout, ids), null, lengths, null, null, null);
    }

    @Override
    public Value forward(Value ids) {
        return forward(ids, null).output();
    }
}
