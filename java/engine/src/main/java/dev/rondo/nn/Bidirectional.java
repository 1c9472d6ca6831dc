package dev.rondo.nn;

import dev.rondo.program.Merge;
import dev.rondo.program.Value;
import java.util.List;

/// Any layer in both directions: one reads the sequence from left to right, another from right to left.
///
/// ```
/// y_t = merge(forward(x)_t, reverse(backward(reverse(x)))_t)
/// ```
///
/// With two threads or three, the directions run at once. [LSTM], [GRU] and [RNN] have their own directions, see
/// [Recurrence#bidirectional(Merge)].
///
/// - x: (T, N, I); output by merge: CONCAT (T, N, 2*R), SUM, MEAN and PRODUCT (T, N, R), NONE (T, N, 2, R)
/// - parameters: `forward.…` and `backward.…`, those of the layers
///
/// {@snippet :
/// Module layer = new Bidirectional(new LSTMCell(40, 64, true), new LSTMCell(40, 64, true), Merge.CONCAT);
/// }
///
/// Source: Schuster and Paliwal 1997; Keras' `Bidirectional`.
public final class Bidirectional extends Module {
    private final Module forward;
    private final Module backward;
    private final Merge merge;

    /// @param forward  a layer from left to right, time first
    /// @param backward the same with weights of its own: it is given sequences turned round
    public Bidirectional(Module forward, Module backward, Merge merge) {
        this.forward = register("forward", forward);
        this.backward = register("backward", new Reversed(backward));
        this.merge = merge;
    }

    @Override
    public Value forward(Value x) {
        List<Value> both = x.recorder().branches(List.of(() -> forward.forward(x), () -> backward.forward(x)));
        return merged(merge, both.getFirst(), both.getLast());
    }

    /// Both directions' outputs, joined.
    static Value merged(Merge merge, Value ltr, Value rtl) {
        return switch (merge) {
            case CONCAT -> Functional.concat(List.of(ltr, rtl), -1);
            case SUM -> Functional.add(ltr, rtl);
            case MEAN -> Functional.multiply(Functional.add(ltr, rtl), 0.5);
            case PRODUCT -> Functional.multiply(ltr, rtl);
            case NONE -> Functional.concat(List.of(ltr.unsqueeze(2), rtl.unsqueeze(2)), 2);
        };
    }
}
