package dev.rondo.nn;

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
/// A decoder that copies may write an id because attention is at a step of the source that stands for it:
///
/// ```
/// P(w) = g softmax(logits)_w + (1 - g) Σ a_s over the steps s that stand for w      g = sigmoid(w · [c; h; x] + b)
/// ```
///
/// Then `log P` takes the place of the logits. What is at steps that stand for no id is lost, so that P may sum to less
/// than 1; all that reads logits takes their softmax, which is P divided by its sum.
///
/// - ids: (T, N); logits: (T, N, vocabulary)
/// - parts: `embedding`, `rnn`, `attention`, `readout` (W, without bias), `output`, `pointer`
///
/// Source: Sutskever et al. 2014, arXiv 1409.3215; Cho et al. 2014, arXiv 1406.1078; Luong et al. 2015, arXiv
/// 1508.04025 (attention, input feeding); Bahdanau et al. 2015, arXiv 1409.0473 (context feeding); See, Liu and Manning
/// 2017, arXiv 1704.04368 (copying, as their pointer-generator does).
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
    /// @param h       hidden states (L, N, H)
    /// @param c       cell states (L, N, H), or null without
    /// @param feed    (N, F): what a step reads beside its id, of EVERY_STEP and INPUT_FEEDING; else null
    /// @param past    (N, P): what attention has to know of the steps before; null where that is nothing
    /// @param parents (N), I64: which rows of these sequences go on from, several maybe from one;
    ///                null for their own
    public record State(
            Value h,
            @Nullable Value c,
            @Nullable Value feed,
            @Nullable Value past,
            @Nullable Value parents) {
        /// A state of which each sequence goes on from its own row.
        public State(Value h, @Nullable Value c, @Nullable Value feed, @Nullable Value past) {
            this(h, c, feed, past, null);
        }

        /// The rows that sequences go on from.
        private @Nullable Value own(@Nullable Value value, int dimension) {
            return value == null || parents == null ? value : Functional.indexSelect(value, dimension, parents);
        }
    }

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
    private final @Nullable Pointer pointer; // null unless it copies
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
        this(embedding, rnn, context, attention, readoutSize, dropout, false, null);
    }

    /// @param rnn         makes the recurrent stack for the width that it reads: left to right, time first, its
    ///                    layers of one width
    /// @param attention   where the context attends, else null
    /// @param readoutSize width of r; means nothing where only the initial state is read
    /// @param dropout     probability with which training drops an element of the embedded ids and of r
    /// @param tied        whether the output layer's weight is the embedding's table, which is then as wide as r
    /// @param copies      for each id of the source, the id that is written when it is copied, or -1 where there is
    ///                    none; null where nothing is copied
    /// @throws IllegalArgumentException if these do not go together
    public Decoder(
            Embedding embedding,
            IntFunction<RNNBase> rnn,
            Context context,
            @Nullable Attention attention,
            int readoutSize,
            double dropout,
            boolean tied,
            long @Nullable [] copies) {
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
        if (copies != null && attention == null) {
            throw new IllegalArgumentException("copying needs attention, which " + context + " has not");
        }
        this.pointer = copies == null
                ? null
                : register("pointer", new Pointer(contextSize + hiddenSize + embeddingSize, vocabulary, copies));
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
    /// @param source  (S, N), I64: the ids whose encoding the memory is
    public Attention.@Nullable Memory remember(Value memory, @Nullable Value lengths, Value source) {
        if (attention == null) {
            return null;
        }
        Attention.Memory remembered = attention.remember(memory, lengths);
        return pointer == null ? remembered : remembered.copying(pointer.copies(source));
    }

    /// Whether the readout alone reads contexts, as they are. Then it does not matter whether its weights multiply them
    /// at each step, or the memory's values before: `W [Σ a_s m_s; h] = Σ a_s (W_c m_s) + W_h h`.
    public boolean canRead() {
        return (context == Context.ATTENTION || context == Context.INPUT_FEEDING)
                && pointer == null
                && attention.score() != Attention.Score.SCALED;
    }

    /// The memory for many steps of inference: with values `W_c m`, that steps need not multiply any more.
    ///
    /// @param memory of [#remember]
    /// @return the memory as it is unless the decoder [#canRead]
    public Attention.Memory read(Attention.Memory memory) {
        return canRead() && !memory.isRead() ? memory.read(readout.part(memory.values(), 0, null, null)) : memory;
    }

    /// Whether the decoder copies.
    public boolean isCopying() {
        return pointer != null;
    }

    /// The state before the first step.
    ///
    /// @param h (L, N, H)
    /// @param c (L, N, H), or null without cell states
    /// @param memory of [#remember]
    public State start(Value h, @Nullable Value c, Attention.@Nullable Memory memory) {
        long batch = h.shape().size(1);
        Value feed = switch (context) {
            case EVERY_STEP -> h.select(0, h.shape().size(0) - 1);
            case INPUT_FEEDING ->
                h.recorder()
                        .constant(Tensor.allocate(Arena.ofAuto(), Shape.of(batch, readoutSize), DataType.F32)); // zeros
            default -> null;
        };
        return new State(h, c, feed, attention == null ? null : attention.start(memory));
    }

    /// The scores of what follows each of the given ids.
    ///
    /// The memory may have fewer sequences than there are rows of ids, if T is 1: then each has as many rows,
    /// one after the other, as beam search has hypotheses of a sentence.
    ///
    /// @param ids    (T, N), I64
    /// @param memory of [#remember]
    public Output forward(Value ids, State start, Attention.@Nullable Memory memory) {
        if (memory != null && memory.isRead() && !canRead()) {
            throw new IllegalArgumentException("this decoder needs the memory as it was before another one read it");
        }
        EmbeddedIds x = EmbeddedIds.of(embedding, dropout, ids);
        if (!context.feeds()) {
            return atOnce(x, start, memory);
        }
        if (ids.recorder().isWriting()) {
            Value vectors = embedding.forward(ids);
            DecoderSteps all = DecoderSteps.loop(
                    vectors, start, (one, state) -> step(EmbeddedIds.ofVectors(one.unsqueeze(0)), state, memory));
            return output(all, EmbeddedIds.ofVectors(vectors), memory);
        }
        List<DecoderSteps> steps = new ArrayList<>();
        for (long t = 0; t < x.steps(); t++) {
            steps.add(step(x.at(t), steps.isEmpty() ? start : steps.getLast().state(), memory));
        }
        return output(DecoderSteps.joined(steps), x, memory);
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

    private Output output(DecoderSteps steps, EmbeddedIds x, Attention.Memory memory) {
        Value logits = output.forward(steps.readout());
        if (pointer != null) {
            Value copied = Look.rows(pointer.copied(steps.weights(), memory), x.batch()); // (T, N, vocabulary)
            Value known = Functional.concat(List.of(steps.context(), steps.h(), x.vectors(embedding)), 2);
            logits = pointer.mixed(logits, copied, known);
        }
        return new Output(logits, steps.weights(), steps.state());
    }

    private DecoderSteps step(EmbeddedIds x, State state, Attention.Memory memory) {
        long layers = state.h().shape().size(0);
        Value query = state.h().slice(0, layers - 1, layers);
        Look early = context == Context.CONTEXT_FEEDING ? Look.of(attention, query, memory, state.past()) : null;
        Value fed = early == null ? state.feed().unsqueeze(0) : early.context();
        RNNBase.Output states = rnn(x, fed, state);
        Look look = early == null
                ? Look.of(attention, states.output(), memory, state.own(state.past(), 0))
                : state.parents() == null ? early : early.rows(state.parents());
        Value r = readout(look.context(), states.output(), memory);
        Value feed = early == null ? r.select(0, 0) : null;
        State after = new State(states.hN(), states.cN(), feed, look.past());
        return new DecoderSteps(look.context(), states.output(), r, look.weights(), after);
    }

    private Output atOnce(EmbeddedIds x, State start, Attention.@Nullable Memory memory) {
        if (context == Context.EVERY_STEP) {
            Value zeros = start.feed()
                    .recorder()
                    .literal(Tensor.allocate(Arena.ofAuto(), Shape.of(x.steps(), x.batch(), hiddenSize), DataType.F32));
            Value summary = Functional.add(zeros, start.feed().unsqueeze(0)); // (T, N, H)
            RNNBase.Output states = rnn(x, summary, start);
            Value r = readout(start.own(summary, 1), states.output(), null);
            State end = new State(states.hN(), states.cN(), start.own(start.feed(), 0), null);
            return new Output(output.forward(r), null, end);
        }
        RNNBase.Output states = rnn(x, null, start);
        if (context == Context.INITIAL_STATE) {
            return new Output(
                    output.forward(dropout.forward(states.output())),
                    null,
                    new State(states.hN(), states.cN(), null, null));
        }
        Look look = Look.of(attention, states.output(), memory, start.own(start.past(), 0));
        State end = new State(states.hN(), states.cN(), null, look.past());
        Value r = readout(look.context(), states.output(), memory);
        return output(new DecoderSteps(look.context(), states.output(), r, look.weights(), end), x, memory);
    }

    private RNNBase.Output rnn(EmbeddedIds x, @Nullable Value more, State state) {
        return rnn.record(x, more, null, state.h(), state.c(), state.parents());
    }

    private Value readout(Value context, Value h, Attention.@Nullable Memory memory) {
        return dropout.forward(
                memory != null && memory.isRead()
                        ? readout.part(h, attention.memorySize(), context, Activation.TANH)
                        : readout.forward(Functional.concat(List.of(context, h), 2)));
    }

    /// @throws UnsupportedOperationException always: a decoder needs a state to start from
    @Override
    public Value forward(Value ids) {
        throw new UnsupportedOperationException("a decoder needs a state to start from");
    }
}
