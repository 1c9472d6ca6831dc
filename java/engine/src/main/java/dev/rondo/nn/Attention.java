package dev.rondo.nn;

import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
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
/// before W_o; the weights that are told are the heads' mean. [#local] attention looks at a window of the memory alone,
/// around a position p that the query predicts: weights are those of the window's steps, by how near these are.
///
/// ```
/// p = S sigmoid(v_p · tanh(W_p q))      a_s = softmax over |s - p| <= D of score(q, k_s), times exp(-2 (s - p)² / D²)
/// ```
///
/// Additive is Bahdanau's, and Luong's "concat", whose one matrix for both is W_q and W_k side by side. Steps
/// beyond a sequence's length have weight 0. What depends on the memory alone is computed once for all queries
/// ([#remember]).
///
/// - memory: (S, N, M); query: (N, T, Q); context: (N, T, M); weights: (N, T, S)
/// - parameters: `key.weight` (Q, M) of GENERAL; `query.weight` (A, Q), `key.weight` (A, M), `key.bias` (A) and
///   `v.weight` (1, A) of ADDITIVE
/// - those of SCALED: `query` (A, Q), `key` and `value` (A, M), `out` (M, A), weights and biases; of local attention
///   `window.position.weight` (Q, Q) and `window.v.weight` (1, Q)
/// - first values: those of [Linear]
///
/// {@snippet :
/// Attention attention = Attention.general(64, 128);
/// Attention.Memory memory = attention.remember(encoded, lengths);
/// Attention.Output found = attention.attend(query, memory);
/// }
///
/// Source: Bahdanau, Cho and Bengio 2015, arXiv 1409.0473; Luong, Pham and Manning 2015, arXiv 1508.04025 (local-p
/// as well); Vaswani et al. 2017, arXiv 1706.03762, and PyTorch's `nn.MultiheadAttention` (scaled, several heads).
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

    /// What queries look at.
    ///
    /// @param values (N, S, M), or (N, S, A) of scaled attention: whose means are the contexts
    /// @param keys   (N, S, Q), or (N, S, A) of additive and scaled attention: what queries are compared with
    /// @param mask   (N, 1, S), added to the scores: 0 where a step counts, else -∞; null where all count
    public record Memory(Value values, Value keys, @Nullable Value mask) {
        /// N, the number of sequences.
        public long batch() {
            return values.shape().size(0);
        }
    }

    /// What queries get.
    ///
    /// @param context (N, T, M)
    /// @param weights (N, T, S), whose sum over S is 1 unless attention is local
    public record Output(Value context, Value weights) {}

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

    private Attention(
            Score score, int querySize, int memorySize, int size, int heads, @Nullable AttentionWindow window) {
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
    }

    /// The same attention, with weights of its own, to a window of the memory: `reach` steps on both sides of a
    /// position
    /// that the query predicts.
    public Attention local(int reach) {
        return new Attention(score, querySize, memorySize, keySize, heads, new AttentionWindow(querySize, reach));
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
                yield new Attention(score, querySize, memorySize, querySize, 1, null);
            }
            case GENERAL -> new Attention(score, querySize, memorySize, querySize, 1, null);
            case ADDITIVE, SCALED -> new Attention(score, querySize, memorySize, size, 1, null);
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
        return new Attention(Score.SCALED, querySize, memorySize, size, heads, null);
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
        return new Memory(
                value == null ? values : value.forward(values),
                key == null ? values : key.forward(values),
                lengths == null ? null : mask(memory, lengths));
    }

    private static Value mask(Value memory, Value lengths) {
        Shape sizes = Shape.of(memory.shape().size(0), memory.shape().size(1));
        Value counts = Functional.sequenceMask(lengths, sizes); // (S, N)
        return Functional.contiguous(Functional.log(counts).transpose(0, 1)).unsqueeze(1);
    }

    /// Lets queries look at a memory.
    ///
    /// @param queries (N, T, Q)
    public Output attend(Value queries, Memory memory) {
        if (queries.shape().rank() != 3
                || queries.shape().size(0) != memory.batch()
                || queries.shape().size(2) != querySize) {
            throw new IllegalArgumentException("attention needs queries of shape [" + memory.batch() + ", T, "
                    + querySize + "], not " + queries.shape());
        }
        Value distances = window == null ? null : window.distances(queries, memory);
        Value scores = score(queries, memory.keys()); // (N, heads, T, S), or without heads
        if (memory.mask() != null) {
            scores = Functional.add(scores, ofAllHeads(memory.mask()));
        }
        if (window != null) {
            scores = Functional.add(scores, ofAllHeads(window.mask(distances)));
        }
        Value weights = Functional.softmax(scores);
        if (window != null) {
            weights = Functional.multiply(weights, ofAllHeads(window.near(distances)));
        }
        if (out == null) {
            return new Output(Functional.matmul(weights, memory.values()), weights);
        }
        Value contexts = Functional.matmul(weights, ofHeads(memory.values())); // (N, heads, T, A / heads)
        Value joined = Functional.contiguous(contexts.transpose(1, 2))
                .reshape(queries.shape().size(0), queries.shape().size(1), keySize);
        return new Output(out.forward(joined), Functional.mean(weights, 1));
    }

    private Value score(Value queries, Value keys) {
        if (v != null) {
            Value sum = Functional.add(query.forward(queries).unsqueeze(2), keys.unsqueeze(1)); // (N, T, S, A)
            return v.forward(Functional.tanh(sum)).select(3, 0);
        }
        if (query == null) {
            return Functional.matmul(queries, keys.transpose(1, 2));
        }
        Value products =
                Functional.matmul(ofHeads(query.forward(queries)), ofHeads(keys).transpose(2, 3));
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
