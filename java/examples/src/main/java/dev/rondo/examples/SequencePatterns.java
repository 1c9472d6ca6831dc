package dev.rondo.examples;

import dev.rondo.nn.Embedding;
import dev.rondo.nn.Functional;
import dev.rondo.nn.GRU;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.nn.RNNBase;
import dev.rondo.nn.Recurrence;
import dev.rondo.program.Value;
import java.util.Collections;

/// The shapes of recurrent networks' tasks, each in a few lines: how many steps go in, how many come out, and which
/// belong together. T steps, N samples, I features, C classes.
public final class SequencePatterns {
    private SequencePatterns() {}

    /// Many to one: x (T, N, I) gives scores (N, C), from the state after the last step. Is this sentence friendly?
    public static final class ManyToOne extends Module {
        private final GRU gru;
        private final Linear linear;

        public ManyToOne(int features, int hidden, int classes) {
            this.gru = register("gru", new GRU(features, hidden));
            this.linear = register("linear", new Linear(hidden, classes));
        }

        @Override
        public Value forward(Value x) {
            return linear.forward(gru.forwardWithStates(x).hN().select(0, 0));
        }
    }

    /// One to many: x (N, I) gives scores (T, N, C); every step reads the same input. Which melody goes with this
    /// picture?
    public static final class OneToMany extends Module {
        private final GRU gru;
        private final Linear linear;
        private final int steps;

        public OneToMany(int features, int hidden, int classes, int steps) {
            this.gru = register("gru", new GRU(features, hidden));
            this.linear = register("linear", new Linear(hidden, classes));
            this.steps = steps;
        }

        @Override
        public Value forward(Value x) {
            Value repeated = Functional.concat(Collections.nCopies(steps, x.unsqueeze(0)), 0);
            return linear.forward(gru.forward(repeated));
        }
    }

    /// Many to many, aligned: x (T, N, I) gives scores (T, N, C), one for each step. What part of speech is this word?
    public static final class Aligned extends Module {
        private final GRU gru;
        private final Linear linear;

        public Aligned(int features, int hidden, int classes) {
            this.gru = register("gru", new GRU(Recurrence.of(features, hidden).bidirectional()));
            this.linear = register("linear", new Linear(2 * hidden, classes));
        }

        @Override
        public Value forward(Value x) {
            return linear.forward(gru.forward(x));
        }
    }

    /// Many to many, not aligned: x (T, N, I) is read to its end, and the state after it is where a second network
    /// begins. It reads what it should have given before, ids (S, N), and gives scores (S, N, C).
    /// How do you say this in French?
    public static final class Unaligned extends Module {
        private final GRU encoder;
        private final Embedding embedding;
        private final GRU decoder;
        private final Linear linear;

        public Unaligned(int features, int hidden, int classes) {
            this.encoder = register("encoder", new GRU(features, hidden));
            this.embedding = register("embedding", new Embedding(classes, hidden));
            this.decoder = register("decoder", new GRU(hidden, hidden));
            this.linear = register("linear", new Linear(hidden, classes));
        }

        /// The scores of each next class.
        ///
        /// @param before the class before each: (S, N), the first of them some sign for the beginning
        public Value forward(Value x, Value before) {
            Value state = encoder.forwardWithStates(x).hN();
            RNNBase.Output decoded = decoder.forward(embedding.forward(before), state);
            return linear.forward(decoded.output());
        }

        @Override
        public Value forward(Value x) {
            throw new UnsupportedOperationException("needs the classes before, too");
        }
    }
}
