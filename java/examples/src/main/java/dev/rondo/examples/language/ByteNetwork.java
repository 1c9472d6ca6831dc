package dev.rondo.examples.language;

import dev.rondo.nn.Embedding;
import dev.rondo.nn.Functional;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.nn.RNNBase;
import dev.rondo.nn.Recurrence;
import dev.rondo.program.Value;

/// A language model's network: a position's features side by side, an LSTM, and a score for each byte.
final class ByteNetwork extends Module {
    static final int BYTES = 256;

    private final Embedding embedding;
    private final LSTM lstm;
    private final Linear linear;

    /// @param orders features of a position
    /// @param rows   of the features' table
    /// @param width  of a row
    /// @param hidden of the LSTM
    ByteNetwork(int orders, int rows, int width, int hidden) {
        embedding = register("embedding", new Embedding(rows, width));
        lstm = register("lstm", new LSTM(Recurrence.of(orders * width, hidden)));
        linear = register("linear", new Linear(hidden, BYTES));
    }

    /// The scores of a state of zeros.
    ///
    /// @param ids (T, N, orders)
    /// @return (T, N, 256)
    @Override
    public Value forward(Value ids) {
        return linear.forward(lstm.forward(features(ids)));
    }

    /// (T, N, orders) to (T, N, orders * width)
    private Value features(Value ids) {
        return Functional.flatten(embedding.forward(ids), 2);
    }

    /// What a network gives that goes on from states.
    ///
    /// @param logits (T, N, 256)
    /// @param hN     (1, N, hidden)
    /// @param cN     (1, N, hidden)
    record Output(Value logits, Value hN, Value cN) {}

    /// The scores and the states after the last step.
    ///
    /// @param ids (T, N, orders)
    Output forward(Value ids, Value h0, Value c0) {
        RNNBase.Output y = lstm.forward(features(ids), h0, c0);
        return new Output(linear.forward(y.output()), y.hN(), y.cN());
    }
}
