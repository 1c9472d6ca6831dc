package dev.rondo.nn;

import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.List;

/// The matrix-vector recursive network (MV-RNN): each node has a vector and a matrix, which says what it makes of its
/// neighbour.
///
/// ```
/// p = tanh(W [B a; A b] + c)          vector of the parent of (a, A) and (b, B)
/// P = W_M [A; B]                      its matrix
/// ```
///
/// - vectors (T, N, H), matrices (T, N, H * H) of leaves, row by row; those of all nodes likewise, (T + S, N, …)
/// - parameters: `vector.weight` W (H, 2*H), `vector.bias` c (H), `matrix.weight` W_M (H, 2*H)
/// - first values: those of [Linear]; of W_M `[I I] / 2` and something uniform(±0.01), so that a parent's matrix is
///   about the mean of its children's
///
/// Trees are given ([MergeSteps]). A node's matrix takes H² floats and 2 H³ multiplications, three times as many in
/// training, so H is small: 25 to 50.
///
/// {@snippet :
/// MatrixVectorRNN.Words words = new MatrixVectorRNN.Words(10_000, 25, 3);
/// MatrixVectorRNN network = new MatrixVectorRNN(25);
/// MatrixVectorRNN.Output all = network.forward(words.vectors(ids), words.matrices(ids), new MergeSteps(left, right));
/// Value ofRoots = Functional.indexSelect(all.vectors().reshape(39 * 16, 25), 0, rootIds);
/// }
///
/// Source: Socher, Huval, Manning and Ng 2012, "Semantic compositionality through recursive matrix-vector spaces".
public final class MatrixVectorRNN extends Module {
    private final int hiddenSize;
    private final Linear vector;
    private final Parameter matrix;

    /// What the network gives, leaves first.
    ///
    /// @param vectors  (T + S, N, H)
    /// @param matrices (T + S, N, H * H)
    public record Output(Value vectors, Value matrices) {}

    public MatrixVectorRNN(int hiddenSize) {
        Sizes.requirePositive(hiddenSize, "hidden size");
        this.hiddenSize = hiddenSize;
        this.vector = register("vector", new Linear(2 * hiddenSize, hiddenSize, true, Activation.TANH));
        this.matrix =
                register("matrix.weight", new Parameter(Shape.of(hiddenSize, 2L * hiddenSize), (tensor, random) -> {
                    for (long i = 0; i < tensor.shape().elements(); i++) {
                        boolean isDiagonal = i % hiddenSize == i / (2L * hiddenSize);
                        tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float)
                                ((isDiagonal ? 0.5 : 0) + 0.01 * (2 * random.nextDouble() - 1)));
                    }
                }));
    }

    /// The nodes of trees.
    ///
    /// @param vectors  (T, N, H)
    /// @param matrices (T, N, H * H)
    public Output forward(Value vectors, Value matrices, MergeSteps steps) {
        long batch = vectors.shape().size(1);
        List<Value> all = steps.run(List.of(vectors, matrices), (left, right) -> {
            Value a = left.get(0);
            Value b = right.get(0);
            Value ofLeft = square(left.get(1), batch);
            Value ofRight = square(right.get(1), batch);
            Value p = vector.forward(Functional.concat(List.of(product(ofRight, a), product(ofLeft, b)), 1));
            // W_M [A; B] by columns of A and B, so that all are rows of one product.
            Value columns = Functional.concat(List.of(ofLeft.transpose(1, 2), ofRight.transpose(1, 2)), 2);
            Value mixed = columns.recorder()
                    .record(new dev.rondo.op.Linear(columns, weight(columns, matrix), null, null))
                    .output(); // (N, H of columns, H)
            return List.of(
                    p, Functional.contiguous(mixed.transpose(1, 2)).reshape(batch, (long) hiddenSize * hiddenSize));
        });
        long nodes = vectors.shape().size(0) + steps.left().shape().size(0);
        return new Output(
                all.get(0).reshape(nodes, batch, hiddenSize),
                all.get(1).reshape(nodes, batch, (long) hiddenSize * hiddenSize));
    }

    private Value square(Value rows, long batch) {
        return rows.reshape(batch, hiddenSize, hiddenSize);
    }

    /// Matrices (N, H, H) times vectors (N, H).
    private static Value product(Value matrices, Value vectors) {
        return Functional.matmul(matrices, vectors.unsqueeze(2)).select(2, 0);
    }

    @Override
    public Value forward(Value x) {
        throw new UnsupportedOperationException("a matrix-vector network needs vectors, matrices and trees");
    }

    /// Vectors and matrices of words. A matrix has few numbers of its own: `A = I + U V + diag(a)`.
    ///
    /// - ids (T, N), I64; vectors (T, N, H); matrices (T, N, H * H)
    /// - parameters: `vectors.weight` (V, H), `left.weight` U (V, H * R), `right.weight` V (V, R * H),
    ///   `diagonal.weight` a (V, H)
    /// - first values: those of [Embedding] for vectors; uniform(±0.1) for the others, so that a matrix is about I
    public static final class Words extends Module {
        private final int hiddenSize;
        private final int rank;
        private final Embedding vectors;
        private final Parameter left;
        private final Parameter right;
        private final Parameter diagonal;

        /// @param words      V
        /// @param hiddenSize H
        /// @param rank       R, of U V
        public Words(int words, int hiddenSize, int rank) {
            Sizes.requirePositive(rank, "rank");
            this.hiddenSize = hiddenSize;
            this.rank = rank;
            this.vectors = register("vectors", new Embedding(words, hiddenSize));
            Initializer small = Initializer.uniform(0.1);
            this.left = register("left.weight", new Parameter(Shape.of(words, (long) hiddenSize * rank), small));
            this.right = register("right.weight", new Parameter(Shape.of(words, (long) rank * hiddenSize), small));
            this.diagonal = register("diagonal.weight", new Parameter(Shape.of(words, hiddenSize), small));
        }

        /// (T, N, H)
        public Value vectors(Value ids) {
            return vectors.forward(ids);
        }

        /// (T, N, H * H)
        public Value matrices(Value ids) {
            long steps = ids.shape().size(0);
            long batch = ids.shape().size(1);
            long count = steps * batch;
            Value u = rows(ids, left).reshape(count, hiddenSize, rank);
            Value v = rows(ids, right).reshape(count, rank, hiddenSize);
            float[] identity = new float[hiddenSize * hiddenSize];
            for (int i = 0; i < hiddenSize; i++) {
                identity[i * (hiddenSize + 1)] = 1;
            }
            Value one = ids.recorder().constant(Tensor.of(Shape.of(hiddenSize, hiddenSize), identity));
            Value a = rows(ids, diagonal).reshape(count, hiddenSize, 1);
            Value both = Functional.add(Functional.multiply(one, a), one); // (…, H, H)
            return Functional.add(Functional.matmul(u, v), both).reshape(steps, batch, (long) hiddenSize * hiddenSize);
        }

        private static Value rows(Value ids, Parameter table) {
            return ids.recorder()
                    .record(new dev.rondo.op.Embedding(ids, weight(ids, table), -1))
                    .output();
        }

        @Override
        public Value forward(Value ids) {
            return vectors(ids);
        }
    }
}
