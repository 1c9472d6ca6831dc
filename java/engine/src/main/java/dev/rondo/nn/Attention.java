package dev.rondo.nn;

import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import org.jspecify.annotations.Nullable;

/// Attention: each query looks at all steps of a memory, and gets their mean, weighted by how well they answer it.
///
/// ```
/// a = softmax(score(q, k_s))      context = Σ_s a_s m_s
///
/// DOT        score = q · k          k = m
/// GENERAL    score = q · k          k = W_k m
/// ADDITIVE   score = v · tanh(W_q q + k)      k = W_k m + b
/// SCALED     score = (W_q q + b_q) · k / √d     k = W_k m + b_k      context = W_o Σ_s a_s (W_v m_s + b_v) + b_o
/// ```
///
/// SCALED has several heads, each with d elements of its own of query, key and value, whose contexts stand side by side
/// before W_o; the weights that are told are the heads' mean. Attention may look at a window of the memory alone:
/// around a position p that the query predicts, with weights that are less the farther a step is away ([#local]), or
/// around one that moves on by one step with each query ([#monotonic]):
///
/// ```
/// p = S sigmoid(v_p · tanh(W_p q))      a_s = softmax over |s - p| <= D of score(q, k_s), times exp(-2 (s - p)² / D²)
/// p = min(t, S - 1)                     a_s = softmax over |s - p| <= D of score(q, k_s)
/// ```
///
/// Attention with coverage ([#covering]) also reads how much of each step former queries have looked at:
///
/// ```
/// score(q, k_s) = v · tanh(W_q q + k_s + w_c c_s)      c = Σ a of the queries before
/// ```
///
/// Additive is Bahdanau's, and Luong's "concat", whose one matrix for both is W_q and W_k side by side. Steps
/// beyond a sequence's length have weight 0. What depends on the memory alone is computed once for all queries
/// ([#remember]).
///
/// - memory: (S, N, M); query: (N, T, Q); context: (N, T, M); weights: (N, T, S)
/// - past, what a query has to know of those before it: (N, T, P), where P is S with coverage (c), 1 for monotonic
///   windows (t); other attention has none
/// - parameters: `key.weight` (Q, M) of GENERAL; `query.weight` (A, Q), `key.weight` (A, M), `key.bias` (A) and
///   `v.weight` (1, A) of ADDITIVE
/// - those of SCALED: `query` (A, Q), `key` and `value` (A, M), `out` (M, A), weights and biases; of local attention
///   `window.position.weight` (Q, Q) and `window.v.weight` (1, Q); of coverage `coverage.weight` (A, 1)
/// - first values: those of [Linear]
///
/// {@snippet :
/// Attention attention = Attention.general(64, 128);
/// Attention.Memory memory = attention.remember(encoded, lengths);
/// Attention.Output found = attention.attend(query, memory);
/// }
///
/// Source: Bahdanau, Cho and Bengio 2015, arXiv 1409.0473; Luong, Pham and Manning 2015, arXiv 1508.04025 (local-p
/// and local-m as well); Vaswani et al. 2017, arXiv 1706.03762, and PyTorch's `nn.MultiheadAttention` (scaled, several
/// heads); Tu et al. 2016, arXiv 1601.04811, and See, Liu and Manning 2017, arXiv 1704.04368 (coverage).
public final class Attention extends Module {
    /// How a query and a step of the memory are compared.
    public enum Score {
        /// Their product; they are equally wide.
        DOT,
        /// The product of the query and a projection of the step.
        GENERAL,
        /// A layer that reads both.
        ADDITIVE,
        /// The product of projections of both, by the root of their width, in one head or several.
        SCALED;

        /// Whether steps are projected before they are compared.
        boolean projects() {
            return this != DOT;
        }
    }

    /// What queries look at, laid out as scores and contexts need it; of scaled attention d is A / heads.
    ///
    /// @param values (N, S, M), or (N, heads, S, d) of scaled attention: whose means are the contexts
    /// @param keys   what queries are compared with: (N, Q, S), (N, heads, d, S) of scaled attention, (N, S, A) of
    ///               additive attention
    /// @param mask   (N, 1, S), added to the scores: 0 where a step counts, else -∞; null where all count
    /// @param copies (N, S), I64: the id that a decoder writes when it copies a step, or -1; null where none copies
    /// @param isRead whether values are what a decoder's readout makes of them ([Decoder#read])
    public record Memory(
            Value values,
            Value keys,
            @Nullable Value mask,
            @Nullable Value copies,
            boolean isRead) {
        /// The same for a decoder that copies.
        Memory copying(Value copies) {
            return new Memory(values, keys, mask, copies, isRead);
        }

        /// The same as a decoder's readout reads it.
        Memory read(Value values) {
            return new Memory(values, keys, mask, copies, true);
        }

        /// N, the number of sequences.
        public long batch() {
            return values.shape().size(0);
        }
    }

    /// What queries get.
    ///
    /// @param context (N, T, M)
    /// @param weights (N, T, S), whose sum over S is 1 unless attention is local
    /// @param past    (N, T, P), of a query behind each of them; null where none is needed
    public record Output(
            Value context, Value weights, @Nullable Value past) {}

    private final Score score;
    private final int querySize;
    private final int memorySize;
    private final int keySize;
    private final int heads;
    private final @Nullable Linear query; // null for DOT and GENERAL
    private final @Nullable Linear key; // null for DOT
    private final @Nullable Linear v; // null unless additive
    private final @Nullable Linear value; // null unless scaled
    private final @Nullable Linear out;
    private final @Nullable AttentionWindow window;
    private final @Nullable Linear coverage; // null unless it covers

    private Attention(
            Score score,
            int querySize,
            int memorySize,
            int size,
            int heads,
            @Nullable AttentionWindow window,
            boolean covers) {
        Sizes.requirePositive(querySize, "query size");
        Sizes.requirePositive(memorySize, "memory size");
        Sizes.requirePositive(size, "attention size");
        this.score = score;
        this.querySize = querySize;
        this.memorySize = memorySize;
        this.keySize = size;
        this.heads = heads;
        boolean additive = score == Score.ADDITIVE;
        boolean scaled = score == Score.SCALED;
        query = additive || scaled ? register("query", new Linear(querySize, size, scaled, null)) : null;
        key = score.projects() ? register("key", new Linear(memorySize, size, additive || scaled, null)) : null;
        v = additive ? register("v", new Linear(size, 1, false, null)) : null;
        value = scaled ? register("value", new Linear(memorySize, size)) : null;
        out = scaled ? register("out", new Linear(size, memorySize)) : null;
        this.window = window == null ? null : register("window", window);
        coverage = covers ? register("coverage", new Linear(1, size, false, null)) : null;
        if (covers && !additive) {
            throw new IllegalArgumentException("coverage is read by ADDITIVE attention, not by " + score);
        }
        if (covers && window instanceof AttentionWindow.Monotonic) {
            throw new IllegalArgumentException("a window that moves on by itself leaves nothing for coverage to tell");
        }
    }

    /// The same attention, with weights of its own, to a window of the memory: `reach` steps on both sides of a
    /// position that the query predicts (Luong's local-p).
    public Attention local(int reach) {
        return new Attention(
                score,
                querySize,
                memorySize,
                keySize,
                heads,
                new AttentionWindow.Predicted(querySize, reach),
                coverage != null);
    }

    /// The same attention, with weights of its own, to a window of the memory: `reach` steps on both sides of the
    /// query's own number, or of the last step that counts (Luong's local-m).
    ///
    /// @throws IllegalArgumentException if it covers
    public Attention monotonic(int reach) {
        return new Attention(
                score, querySize, memorySize, keySize, heads, new AttentionWindow.Monotonic(reach), coverage != null);
    }

    /// The same attention, with weights of its own, that also reads the coverage.
    ///
    /// @throws IllegalArgumentException unless it is additive, or if its window is monotonic
    public Attention covering() {
        return new Attention(score, querySize, memorySize, keySize, heads, window, true);
    }

    /// Attention of any kind.
    ///
    /// @param size A, of additive and scaled attention alone; the latter has one head here
    /// @throws IllegalArgumentException if a size is not positive, or a product is of unequal widths
    public static Attention of(Score score, int querySize, int memorySize, int size) {
        return switch (score) {
            case DOT -> {
                if (querySize != memorySize) {
                    throw new IllegalArgumentException("the product of a query of " + querySize
                            + " elements and a memory of " + memorySize + " needs a projection: use GENERAL");
                }
                yield new Attention(score, querySize, memorySize, querySize, 1, null, false);
            }
            case GENERAL -> new Attention(score, querySize, memorySize, querySize, 1, null, false);
            case ADDITIVE, SCALED -> new Attention(score, querySize, memorySize, size, 1, null, false);
        };
    }

    /// By the product of query and memory.
    public static Attention dot(int size) {
        return of(Score.DOT, size, size, size);
    }

    /// By the product of the query and the projected memory.
    public static Attention general(int querySize, int memorySize) {
        return of(Score.GENERAL, querySize, memorySize, querySize);
    }

    /// By a layer of so many units.
    public static Attention additive(int querySize, int memorySize, int size) {
        return of(Score.ADDITIVE, querySize, memorySize, size);
    }

    /// By scaled products in several heads.
    ///
    /// @param size  A, of all heads together
    /// @param heads that divide it
    /// @throws IllegalArgumentException if they do not
    public static Attention scaled(int querySize, int memorySize, int size, int heads) {
        Sizes.requirePositive(heads, "number of heads");
        if (size % heads != 0) {
            throw new IllegalArgumentException(size + " elements cannot be shared by " + heads + " heads");
        }
        return new Attention(Score.SCALED, querySize, memorySize, size, heads, null, false);
    }

    /// How query and memory are compared.
    public Score score() {
        return score;
    }

    /// Q, the width of a query.
    public int querySize() {
        return querySize;
    }

    /// The width of a key: Q, or A of additive and scaled attention.
    public int keySize() {
        return keySize;
    }

    /// M, the width of a memory's step.
    public int memorySize() {
        return memorySize;
    }

    /// How many heads scaled attention has; 1 of any other.
    public int heads() {
        return heads;
    }

    /// Prepares a memory for any number of queries.
    ///
    /// @param memory  (S, N, M)
    /// @param lengths (N), I64: how many steps of each sequence count, at least 1; null where all do
    public Memory remember(Value memory, @Nullable Value lengths) {
        if (memory.shape().rank() != 3 || memory.shape().size(2) != memorySize) {
            throw new IllegalArgumentException(
                    "attention needs a memory of shape [S, N, " + memorySize + "], not " + memory.shape());
        }
        Value values = Functional.contiguous(memory.transpose(0, 1));
        Value keys = key == null ? values : key.forward(values);
        return new Memory(
                value == null ? values : ofHeads(value.forward(values)),
                switch (score) {
                    case DOT, GENERAL -> keys.transpose(1, 2);
                    case ADDITIVE -> keys;
                    case SCALED -> ofHeads(keys).transpose(2, 3);
                },
                lengths == null ? null : mask(memory, lengths),
                null,
                false);
    }

    private static Value mask(Value memory, Value lengths) {
        Shape sizes = Shape.of(memory.shape().size(0), memory.shape().size(1));
        Value counts = Functional.sequenceMask(lengths, sizes); // (S, N)
        return Functional.contiguous(Functional.log(counts).transpose(0, 1)).unsqueeze(1);
    }

    /// Whether it reads the coverage: then a query's past is (N, S).
    public boolean isCovering() {
        return coverage != null;
    }

    /// Whether its window moves on with each query: then a query's past is (N, 1).
    public boolean isMonotonic() {
        return window instanceof AttentionWindow.Monotonic;
    }

    private boolean recalls() {
        return isCovering() || isMonotonic();
    }

    /// What the first query knows of those before it, (N, P) zeros, or null where there is nothing to know.
    public @Nullable Value start(Memory memory) {
        if (!recalls()) {
            return null;
        }
        long width = isCovering() ? memory.values().shape().size(-2) : 1;
        return memory.values()
                .recorder()
                .constant(Tensor.allocate(Arena.ofAuto(), Shape.of(memory.batch(), width), DataType.F32));
    }

    /// Lets queries look at a memory, one after the other, from the first on.
    ///
    /// @param queries (N, T, Q)
    public Output attend(Value queries, Memory memory) {
        return attendInOrder(queries, memory, start(memory));
    }

    /// Lets queries look at a memory, one after the other.
    ///
    /// @param queries (N, T, Q)
    /// @param past    of the first query (N, P), or null where there is none
    public Output attendInOrder(Value queries, Memory memory, @Nullable Value past) {
        long steps = queries.shape().size(1);
        if (past == null) {
            return attendEach(queries, memory, null);
        }
        Value first = past.unsqueeze(1);
        if (coverage == null || steps == 1) {
            return attendEach(queries, memory, window == null ? first : window.following(first, steps));
        }
        return CoveringSteps.attend(this, queries, memory, past);
    }

    /// Lets queries look at a memory, each by itself: as hypotheses for the same step do.
    ///
    /// @param queries (N, T, Q)
    /// @param past    of each query (N, T, P), or null where there is none
    public Output attendEach(Value queries, Memory memory, @Nullable Value past) {
        if (queries.shape().rank() != 3
                || queries.shape().size(0) != memory.batch()
                || queries.shape().size(2) != querySize) {
            throw new IllegalArgumentException("attention needs queries of shape [" + memory.batch() + ", T, "
                    + querySize + "], not " + queries.shape());
        }
        if (recalls() != (past != null)) {
            throw new IllegalArgumentException(
                    recalls()
                            ? "this attention has to know the past of each query: that of the first is start()"
                            : "this attention knows nothing of the past");
        }
        Value distances = window == null ? null : window.distances(queries, memory, past);
        Value scores = score(queries, memory.keys(), past); // (N, heads, T, S), or without heads
        if (memory.mask() != null) {
            scores = Functional.add(scores, ofAllHeads(memory.mask()));
        }
        if (window != null) {
            scores = Functional.add(scores, ofAllHeads(window.mask(distances)));
        }
        Value weights = Functional.softmax(scores);
        if (window instanceof AttentionWindow.Predicted predicted) {
            weights = Functional.multiply(weights, ofAllHeads(predicted.near(distances)));
        }
        if (out == null) {
            return new Output(Functional.matmul(weights, memory.values()), weights, after(past, weights));
        }
        Value contexts = Functional.matmul(weights, memory.values()); // (N, heads, T, A / heads)
        Value joined = Functional.contiguous(contexts.transpose(1, 2))
                .reshape(queries.shape().size(0), queries.shape().size(1), keySize);
        Value mean = Functional.mean(weights, 1);
        return new Output(out.forward(joined), mean, after(past, mean));
    }

    private @Nullable Value after(@Nullable Value past, Value weights) {
        return past == null ? null : coverage != null ? Functional.add(past, weights) : AttentionWindow.moved(past);
    }

    private Value score(Value queries, Value keys, @Nullable Value past) {
        if (v != null) {
            Value sum = Functional.add(query.forward(queries).unsqueeze(2), keys.unsqueeze(1)); // (N, T, S, A)
            if (coverage != null) {
                sum = Functional.add(sum, coverage.forward(past.unsqueeze(3)));
            }
            return v.forward(Functional.tanh(sum)).select(3, 0);
        }
        if (query == null) {
            return Functional.matmul(queries, keys);
        }
        Value products = Functional.matmul(ofHeads(query.forward(queries)), keys);
        return Functional.multiply(products, 1 / Math.sqrt((double) keySize / heads));
    }

    /// (N, T, A) as (N, heads, T, A / heads)
    private Value ofHeads(Value x) {
        long width = keySize / heads;
        return Functional.contiguous(
                x.reshape(x.shape().size(0), x.shape().size(1), heads, width).transpose(1, 2));
    }

    /// (N, T, S) as every head sees it.
    private Value ofAllHeads(Value x) {
        return out == null ? x : x.unsqueeze(1);
    }

    /// The context of each step of a sequence in the sequence itself.
    ///
    /// @param x (T, N, M), where M is Q
    /// @return (T, N, M)
    @Override
    public Value forward(Value x) {
        return attend(x.transpose(0, 1), remember(x, x.recorder().lengths()))
                .context()
                .transpose(0, 1);
    }
}
