package dev.rondo.nn;

import dev.rondo.op.Binary;
import dev.rondo.op.CumulativeSum;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The part of a memory that a query looks at: the steps s around a position, `|s - p| <= D`.
///
/// - query: (N, T, Q); position p: (N, T, 1); distances `s - p`: (N, T, S)
///
/// Source: Luong, Pham and Manning 2015, arXiv 1508.04025, section 3.2.
abstract sealed class AttentionWindow extends Module {
    private final int reach;

    /// @param reach D
    AttentionWindow(int reach) {
        Sizes.requirePositive(reach, "reach of a window");
        this.reach = reach;
    }

    /// Where each query looks: (N, T, 1).
    abstract Value position(Value queries, Attention.Memory memory, @Nullable Value past);

    /// How far the steps are from where each query looks: (N, T, S).
    final Value distances(Value queries, Attention.Memory memory, @Nullable Value past) {
        long count = memory.values().shape().size(-2);
        Value steps = numbers(queries, count).reshape(1, 1, count);
        return Functional.subtract(steps, position(queries, memory, past));
    }

    /// 0, 1, …, as a value of the program that x belongs to.
    private static Value numbers(Value x, long count) {
        float[] ones = new float[Math.toIntExact(count)];
        Arrays.fill(ones, 1);
        return x.recorder()
                .record(new CumulativeSum(x.recorder().constant(Tensor.of(Shape.of(count), ones)), 0, true, false))
                .output();
    }

    /// How many steps of each memory count: (N, 1, 1), or a single number.
    private static Value counts(Attention.Memory memory) {
        return memory.mask() == null
                ? number(memory.values(), memory.values().shape().size(-2))
                : Functional.sum(Functional.exp(memory.mask()), 2).unsqueeze(2);
    }

    private static Value number(Value x, float number) {
        return x.recorder().constant(Tensor.of(Shape.of(1, 1, 1), number));
    }

    /// What is added to the scores: 0 in the window, -∞ outside.
    final Value mask(Value distances) {
        Value bound = distances.recorder().constant(Tensor.of(Shape.of(), (float) reach));
        Value inside = distances
                .recorder()
                .record(new Binary(Binary.Function.NOT_LESS, bound, Functional.abs(Functional.detach(distances))))
                .output();
        return Functional.log(inside);
    }

    /// The past of queries that follow one another.
    ///
    /// @param first the past of the first (N, 1, 1)
    /// @return (N, T, 1)
    final Value following(Value first, long count) {
        return count == 1 ? first : Functional.add(first, numbers(first, count).reshape(1, count, 1));
    }

    /// The past of a query behind.
    static Value moved(Value past) {
        return Functional.add(past, number(past, 1));
    }

    /// @throws UnsupportedOperationException always
    @Override
    public final Value forward(Value x) {
        throw new UnsupportedOperationException("a window belongs to an attention");
    }

    /// Around a position that the query predicts; steps count less the farther away they are.
    ///
    /// ```
    /// p = S sigmoid(v · tanh(W q))      near(s) = exp(-(s - p)² / 2 σ²),  σ = D / 2
    /// ```
    ///
    /// S is the number of the memory's steps that count.
    ///
    /// - parameters: `position.weight` (Q, Q), `v.weight` (1, Q)
    static final class Predicted extends AttentionWindow {
        private final int reach;
        private final Linear position;
        private final Linear v;

        /// @param reach D
        Predicted(int querySize, int reach) {
            super(reach);
            this.reach = reach;
            position = register("position", new Linear(querySize, querySize, false, null));
            v = register("v", new Linear(querySize, 1, false, null));
        }

        @Override
        Value position(Value queries, Attention.Memory memory, @Nullable Value past) {
            Value share = Functional.sigmoid(v.forward(Functional.tanh(position.forward(queries)))); // (N, T, 1)
            return Functional.multiply(share, counts(memory));
        }

        /// What weights are multiplied by.
        Value near(Value distances) {
            return Functional.exp(Functional.multiply(Functional.square(distances), -2.0 / ((double) reach * reach)));
        }
    }

    /// Around the query's own number, t, as if source and target went side by side: `p = min(t, S - 1)`. It is what a
    /// query has to know of those before it.
    static final class Monotonic extends AttentionWindow {
        /// @param reach D
        Monotonic(int reach) {
            super(reach);
        }

        @Override
        Value position(Value queries, Attention.Memory memory, @Nullable Value past) {
            Value last = Functional.subtract(counts(memory), number(queries, 1));
            return Functional.minimum(past, last);
        }
    }
}
