package dev.rondo.nn;

import dev.rondo.op.Loop;
import dev.rondo.op.ScheduledSampling;
import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Writes a sequence of ids, each with its own past and the source in view: an embedding, a recurrent stack from
/// left to right, and scores for each id of its vocabulary.
///
/// With x the embedded id, h the top layer's state and c the context (of [Context]):
///
/// ```
/// INITIAL_STATE      h = rnn(x)                              logits = V h + b
/// EVERY_STEP         h = rnn([x; s])                         logits = V r + b
/// ATTENTION          h = rnn(x)          c = attend(h)       logits = V r + b
/// INPUT_FEEDING      h = rnn([x; r'])    c = attend(h)       logits = V r + b
/// CONTEXT_FEEDING    h = rnn([x; c])     c = attend(h')      logits = V r + b
///
/// r = tanh(W [c; h]), s in place of c for EVERY_STEP
/// ```
///
/// where s is the top layer's initial state, and r' and h' are those of the step before: r' is 0 at first. Without
/// feeding, all T steps are one recurrent layer and one attention; with it, they are recorded one after the other.
///
/// - ids: (T, N); logits: (T, N, vocabulary)
/// - parts: `embedding`, `rnn`, `attention`, `readout` (W, without bias), `output`
///
/// Source: Sutskever et al. 2014, arXiv 1409.3215; Cho et al. 2014, arXiv 1406.1078; Luong et al. 2015, arXiv
/// 1508.04025 (attention, input feeding); Bahdanau et al. 2015, arXiv 1409.0473 (context feeding).
public final class Decoder extends Module {
    /// How a decoder learns of its source.
    public enum Context {
        /// By its initial state alone.
        INITIAL_STATE,
        /// By its initial state, which it also reads at every step.
        EVERY_STEP,
        /// By attention after each step.
        ATTENTION,
        /// By attention after each step, whose result the next step reads.
        INPUT_FEEDING,
        /// By attention before each step, whose context the step reads.
        CONTEXT_FEEDING;

        /// Whether there is attention.
        public boolean attends() {
            return this != INITIAL_STATE && this != EVERY_STEP;
        }

        /// Whether a step reads what only the step before, or its state, tells.
        public boolean feeds() {
            return this == INPUT_FEEDING || this == CONTEXT_FEEDING;
        }
    }

    /// Where a decoder stands between two steps.
    ///
    /// @param h    hidden states (L, N, H)
    /// @param c    cell states (L, N, H), or null without
    /// @param feed (N, F): what a step reads beside its id, of EVERY_STEP and INPUT_FEEDING; else null
    public record State(
            Value h, @Nullable Value c, @Nullable Value feed) {}

    /// What a decoder gives.
    ///
    /// @param logits  (T, N, vocabulary)
    /// @param weights of attention (N, T, S), or null without
    /// @param state   after the last step
    public record Output(Value logits, @Nullable Value weights, State state) {}

    private final Embedding embedding;
    private final RNNBase rnn;
    private final Context context;
    private final @Nullable Attention attention;
    private final @Nullable Linear readout;
    private final Linear output;
    private final Dropout dropout;
    private final int hiddenSize;
    private final int readoutSize;
    private final int vocabulary;

    /// A decoder whose output layer has weights of its own.
    public Decoder(
            Embedding embedding,
            IntFunction<RNNBase> rnn,
            Context context,
            @Nullable Attention attention,
            int readoutSize,
            double dropout) {
        this(embedding, rnn, context, attention, readoutSize, dropout, false);
    }

    /// @param rnn         makes the recurrent stack for the width that it reads: left to right, time first, its
    ///                    layers of one width
    /// @param attention   where the context attends, else null
    /// @param readoutSize width of r; means nothing where only the initial state is read
    /// @param dropout     probability with which training drops an element of the embedded ids and of r
    /// @param tied        whether the output layer's weight is the embedding's table, which is then as wide as r
    /// @throws IllegalArgumentException if these do not go together
    public Decoder(
            Embedding embedding,
            IntFunction<RNNBase> rnn,
            Context context,
            @Nullable Attention attention,
            int readoutSize,
            double dropout,
            boolean tied) {
        if (context.attends() != (attention != null)) {
            throw new IllegalArgumentException(
                    context + (attention == null ? " needs attention" : " takes no attention"));
        }
        this.context = context;
        this.embedding = register("embedding", embedding);
        this.vocabulary = Math.toIntExact(embedding.weight().shape().size(0));
        int embeddingSize = Math.toIntExact(embedding.weight().shape().size(1));
        int fed = switch (context) {
            case INITIAL_STATE, ATTENTION -> 0;
            case EVERY_STEP -> rnn.apply(1).recurrence().hiddenSizes().getFirst();
            case INPUT_FEEDING -> readoutSize;
            case CONTEXT_FEEDING -> attention.memorySize();
        };
        this.rnn = register("rnn", rnn.apply(embeddingSize + fed));
        Recurrence recurrence = this.rnn.recurrence();
        Encoder.requireStates(this.rnn, "a decoder");
        this.hiddenSize = recurrence.hiddenSizes().getFirst();
        if (recurrence.directions().size() > 1 || recurrence.inputSize() != embeddingSize + fed) {
            throw new IllegalArgumentException("a decoder needs a stack from left to right that reads "
                    + (embeddingSize + fed) + " elements, not " + recurrence);
        }
        if (attention != null && attention.querySize() != hiddenSize) {
            throw new IllegalArgumentException("attention with queries of " + attention.querySize()
                    + " elements does not go with states of " + hiddenSize);
        }
        this.attention = attention == null ? null : register("attention", attention);
        boolean reads = context != Context.INITIAL_STATE;
        int contextSize = attention == null ? hiddenSize : attention.memorySize();
        this.readout = reads
                ? register("readout", new Linear(contextSize + hiddenSize, readoutSize, false, Activation.TANH))
                : null;
        this.readoutSize = reads ? readoutSize : hiddenSize;
        if (tied && this.readoutSize != embeddingSize) {
            throw new IllegalArgumentException("an embedding of " + embeddingSize
                    + " elements cannot be the output layer for " + this.readoutSize);
        }
        this.output = register("output", tied ? new Linear(embedding) : new Linear(this.readoutSize, vocabulary));
        this.dropout = new Dropout(dropout);
    }

    /// How the decoder learns of its source.
    public Context context() {
        return context;
    }

    /// The recurrent stack's sizes.
    public Recurrence recurrence() {
        return rnn.recurrence();
    }

    /// Whether states have cells beside what is hidden.
    public boolean hasCellState() {
        return rnn instanceof LSTM;
    }

    /// How the decoder attends, or null.
    public @Nullable Attention attention() {
        return attention;
    }

    /// Number of ids that can be written.
    public int vocabulary() {
        return vocabulary;
    }

    /// F, the width of [State#feed()], or 0.
    public int feedSize() {
        return switch (context) {
            case EVERY_STEP -> hiddenSize;
            case INPUT_FEEDING -> readoutSize;
            default -> 0;
        };
    }

    /// Prepares what the decoder attends to, or null where it does not.
    ///
    /// @param memory  (S, N, M)
    /// @param lengths (N), I64, or null where all steps count
    public Attention.@Nullable Memory remember(Value memory, @Nullable Value lengths) {
        return attention == null ? null : attention.remember(memory, lengths);
    }

    /// The state before the first step.
    ///
    /// @param h (L, N, H)
    /// @param c (L, N, H), or null without cell states
    public State start(Value h, @Nullable Value c) {
        long batch = h.shape().size(1);
        Value feed = switch (context) {
            case EVERY_STEP -> h.select(0, h.shape().size(0) - 1);
            case INPUT_FEEDING ->
                h.recorder()
                        .constant(Tensor.allocate(Arena.ofAuto(), Shape.of(batch, readoutSize), DataType.F32)); // zeros
            default -> null;
        };
        return new State(h, c, feed);
    }

    /// The scores of what follows each of the given ids.
    ///
    /// The memory may have fewer sequences than there are rows of ids, if T is 1: then each has as many rows,
    /// one after the other, as beam search has hypotheses of a sentence.
    ///
    /// @param ids    (T, N), I64
    /// @param memory of [#remember]
    public Output forward(Value ids, State start, Attention.@Nullable Memory memory) {
        EmbeddedIds x = EmbeddedIds.of(embedding, dropout, ids);
        if (!context.feeds()) {
            return atOnce(x, start, memory);
        }
        if (ids.recorder().isWriting()) {
            return loop(embedding.forward(ids), start, memory);
        }
        List<Value> readouts = new ArrayList<>();
        List<Value> weights = new ArrayList<>();
        State state = start;
        for (long t = 0; t < x.steps(); t++) {
            Step step = step(x.at(t), state, memory);
            readouts.add(step.readout);
            weights.add(step.weights);
            state = step.state;
        }
        Value all = Functional.concat(readouts, 0);
        return new Output(output.forward(all), Functional.concat(weights, 1), state);
    }

    /// The steps as one loop.
    private Output loop(Value x, State start, Attention.Memory memory) {
        Loop loop = x.recorder().record(new Loop(present(start), List.of(x), given -> {
            Step step = step(EmbeddedIds.ofVectors(given.getLast().unsqueeze(0)), state(given, start), memory);
            List<Value> results = new ArrayList<>(present(step.state));
            results.add(step.readout.select(0, 0));
            results.add(step.weights.select(1, 0));
            return results;
        }));
        Value readouts = loop.outputs().get(loop.stateCount());
        return new Output(
                output.forward(readouts), loop.outputs().getLast().transpose(0, 1), state(loop.outputs(), start));
    }

    private static List<Value> present(State state) {
        return Stream.of(state.h, state.c, state.feed)
                .filter(value -> value != null)
                .toList();
    }

    /// A state of the same parts as another one, which come first among these values.
    private static State state(List<Value> values, State like) {
        int feed = like.c == null ? 1 : 2;
        return new State(
                values.getFirst(), like.c == null ? null : values.get(1), like.feed == null ? null : values.get(feed));
    }

    /// The scores of a decoder that, at each step but the first, reads with some probability the likeliest id by
    /// its own scores instead of the given one: scheduled sampling, so that it learns to go on from its own
    /// mistakes. All steps are recorded one after the other.
    ///
    /// {@snippet :
    /// Value probability = in.get("probability"); // 0 at first, more later: step.input("probability").copyFrom(p)
    /// Value logits = decoder.sampled(ids, start.state(), start.memory(), probability, 7).logits();
    /// }
    ///
    /// Source: Bengio et al. 2015, arXiv 1506.03099.
    ///
    /// @param ids         (T, N), I64
    /// @param probability a single number from 0 to 1
    /// @param seed        what the draws depend on, beside the number of the run
    public Output sampled(Value ids, State start, Attention.@Nullable Memory memory, Value probability, long seed) {
        List<Value> logits = new ArrayList<>();
        List<Value> weights = new ArrayList<>();
        State state = start;
        for (long t = 0; t < ids.shape().size(0); t++) {
            Value given = ids.slice(0, t, t + 1);
            Value read = t == 0
                    ? given
                    : ids.recorder()
                            .record(new ScheduledSampling(given, logits.getLast(), probability, seed))
                            .output();
            Output step = forward(read, state, memory);
            logits.add(step.logits);
            if (step.weights != null) {
                weights.add(step.weights);
            }
            state = step.state;
        }
        return new Output(
                Functional.concat(logits, 0), weights.isEmpty() ? null : Functional.concat(weights, 1), state);
    }

    /// @param readout (1, N, A)
    /// @param weights (N, 1, S), or (N', K, S) where rows share memories
    private record Step(Value readout, Value weights, State state) {}

    private Step step(EmbeddedIds x, State state, Attention.Memory memory) {
        if (context == Context.INPUT_FEEDING) {
            RNNBase.Output states = rnn(x, state.feed().unsqueeze(0), state);
            Attention.Output found = attend(states.output(), memory);
            Value r = readout(found.context(), states.output());
            return new Step(r, found.weights(), new State(states.hN(), states.cN(), r.select(0, 0)));
        }
        long layers = state.h().shape().size(0);
        Attention.Output found = attend(state.h().slice(0, layers - 1, layers), memory);
        RNNBase.Output states = rnn(x, rows(found.context(), x.batch()), state);
        Value r = readout(found.context(), states.output());
        return new Step(r, found.weights(), new State(states.hN(), states.cN(), null));
    }

    private Output atOnce(EmbeddedIds x, State start, Attention.@Nullable Memory memory) {
        if (context == Context.EVERY_STEP) {
            Value zeros = start.feed()
                    .recorder()
                    .literal(Tensor.allocate(Arena.ofAuto(), Shape.of(x.steps(), x.batch(), hiddenSize), DataType.F32));
            Value summary = Functional.add(zeros, start.feed().unsqueeze(0)); // (T, N, H)
            RNNBase.Output states = rnn(x, summary, start);
            Value r = readout(summary.transpose(0, 1), states.output());
            return new Output(output.forward(r), null, new State(states.hN(), states.cN(), start.feed()));
        }
        RNNBase.Output states = rnn(x, null, start);
        State end = new State(states.hN(), states.cN(), null);
        if (context == Context.INITIAL_STATE) {
            return new Output(output.forward(dropout.forward(states.output())), null, end);
        }
        Attention.Output found = attend(states.output(), memory);
        return new Output(output.forward(readout(found.context(), states.output())), found.weights(), end);
    }

    private RNNBase.Output rnn(EmbeddedIds x, @Nullable Value more, State state) {
        return rnn.record(x, more, null, state.h(), state.c());
    }

    /// @param h (T, N, H)
    private Attention.Output attend(Value h, Attention.Memory memory) {
        long rows = h.shape().size(1);
        return attention.attend(
                rows == memory.batch()
                        ? h.transpose(0, 1)
                        : Functional.contiguous(h).reshape(memory.batch(), rows / memory.batch(), hiddenSize),
                memory);
    }

    /// A context (N, T, M), or (N', K, M) where rows share memories, as (T, N, M).
    private static Value rows(Value context, long rows) {
        return rows == context.shape().size(0)
                ? context.transpose(0, 1)
                : context.reshape(1, rows, context.shape().size(2));
    }

    private Value readout(Value context, Value h) {
        Value both = Functional.concat(List.of(rows(context, h.shape().size(1)), h), 2);
        return dropout.forward(readout.forward(both));
    }

    /// @throws UnsupportedOperationException always: a decoder needs a state to start from
    @Override
    public Value forward(Value ids) {
        throw new UnsupportedOperationException("a decoder needs a state to start from");
    }
}
