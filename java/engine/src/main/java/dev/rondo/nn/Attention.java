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
/// ```
///
/// Additive is Bahdanau's, and Luong's "concat", whose one matrix for both is W_q and W_k side by side. Steps
/// beyond a sequence's length have weight 0. What depends on the memory alone is computed once for all queries
/// ([#remember]).
///
/// - memory: (S, N, M); query: (N, T, Q); context: (N, T, M); weights: (N, T, S)
/// - parameters: `key.weight` (Q, M) of GENERAL; `query.weight` (A, Q), `key.weight` (A, M), `key.bias` (A) and
///   `v.weight` (1, A) of ADDITIVE
/// - first values: those of [Linear]
///
/// {@snippet :
/// Attention attention = Attention.general(64, 128);
/// Attention.Memory memory = attention.remember(encoded, lengths);
/// Attention.Output found = attention.attend(query, memory);
/// }
///
/// Source: Bahdanau, Cho and Bengio 2015, arXiv 1409.0473; Luong, Pham and Manning 2015, arXiv 1508.04025.
public final class Attention extends Module {
    /// How a query and a step of the memory are compared.
    public enum Score {
        /// Their product; they are equally wide.
        DOT,
        /// The product of the query and a projection of the step.
        GENERAL,
        /// A layer that reads both.
        ADDITIVE;

        /// Whether steps are projected before they are compared.
        boolean projects() {
            return this != DOT;
        }
    }

    /// What queries look at.
    ///
    /// @param values (N, S, M), whose means are the contexts
    /// @param keys   (N, S, Q), or (N, S, A) of additive attention: what queries are compared with
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
    /// @param weights (N, T, S), whose sum over S is 1
    public record Output(Value context, Value weights) {}

    private final Score score;
    private final int querySize;
    private final int memorySize;
    private final int keySize;
    private final @Nullable Linear query; // null unless additive
    private final @Nullable Linear key; // null for DOT
    private final @Nullable Linear v;

    private Attention(Score score, int querySize, int memorySize, int size) {
        Sizes.requirePositive(querySize, "query size");
        Sizes.requirePositive(memorySize, "memory size");
        Sizes.requirePositive(size, "attention size");
        this.score = score;
        this.querySize = querySize;
        this.memorySize = memorySize;
        this.keySize = size;
        boolean additive = score == Score.ADDITIVE;
        query = additive ? register("query", new Linear(querySize, size, false, null)) : null;
        key = score.projects() ? register("key", new Linear(memorySize, size, additive, null)) : null;
        v = additive ? register("v", new Linear(size, 1, false, null)) : null;
    }

    /// Attention of any kind.
    ///
    /// @param size A, of additive attention alone
    /// @throws IllegalArgumentException if a size is not positive, or a product is of unequal widths
    public static Attention of(Score score, int querySize, int memorySize, int size) {
        return switch (score) {
            case DOT -> {
                if (querySize != memorySize) {
                    throw new IllegalArgumentException("the product of a query of " + querySize
                            + " elements and a memory of " + memorySize + " needs a projection: use GENERAL");
                }
                yield new Attention(score, querySize, memorySize, querySize);
            }
            case GENERAL -> new Attention(score, querySize, memorySize, querySize);
            case ADDITIVE -> new Attention(score, querySize, memorySize, size);
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

    /// How query and memory are compared.
    public Score score() {
        return score;
    }

    /// Q, the width of a query.
    public int querySize() {
        return querySize;
    }

    /// The width of a key: Q, or A of additive attention.
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
                values, key == null ? values : key.forward(values), lengths == null ? null : mask(memory, lengths));
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
        Value scores = score(queries, memory.keys());
        Value masked = memory.mask() == null ? scores : Functional.add(scores, memory.mask());
        Value weights = Functional.softmax(masked);
        return new Output(Functional.matmul(weights, memory.values()), weights);
    }

    private Value score(Value queries, Value keys) {
        if (query == null || v == null) {
            return Functional.matmul(queries, keys.transpose(1, 2));
        }
        Value sum = Functional.add(query.forward(queries).unsqueeze(2), keys.unsqueeze(1)); // (N, T, S, A)
        return v.forward(Functional.tanh(sum)).select(3, 0);
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
