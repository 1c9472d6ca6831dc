package dev.rondo.nn;

import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import org.jspecify.annotations.Nullable;

/// The binary Tree-LSTM's composition of two nodes, for networks that find out by themselves what to compose:
///
/// ```
/// i, f_l, f_r, o, g = W_l h_l + W_r h_r + W_e e + b
/// c = σ(f_l) c_l + σ(f_r) c_r + σ(i) tanh(g)              h = σ(o) tanh(c)
/// ```
///
/// - states (…, H); e (…, E), where the cell has such an input
/// - parameters: `weight_left` and `weight_right` (5*H, H), `weight_ih` (5*H, E), `bias` (5*H)
/// - first values: uniform(±1/sqrt(H))
///
/// Over trees that are given, [NaryTreeLSTM] computes the same, all nodes of a level at once.
///
/// Source: Tai, Socher and Manning 2015, arXiv 1503.00075; the gates' order and e are those of Bowman et al. 2016,
/// arXiv 1603.06021, equations 7 to 9.
final class BinaryTreeLSTMCell extends Module {
    private final Parameter left;
    private final Parameter right;
    private final @Nullable Parameter input;
    private final Parameter bias;

    /// The state of a node, or of many.
    record State(Value h, Value c) {}

    /// @param inputSize E, or 0 without such an input
    BinaryTreeLSTMCell(int inputSize, int hiddenSize) {
        Sizes.requirePositive(hiddenSize, "hidden size");
        Initializer uniform = Initializer.uniform(1 / Math.sqrt(hiddenSize));
        long gates = 5L * hiddenSize;
        this.left = register("weight_left", new Parameter(Shape.of(gates, hiddenSize), uniform));
        this.right = register("weight_right", new Parameter(Shape.of(gates, hiddenSize), uniform));
        this.input = inputSize == 0 ? null : register("weight_ih", new Parameter(Shape.of(gates, inputSize), uniform));
        this.bias = register("bias", new Parameter(Shape.of(gates), uniform));
    }

    /// The parents of as many left and right children.
    State compose(State l, State r, @Nullable Value e) {
        Value sum = linear(l.h(), left, bias, null);
        if (input != null) {
            sum = linear(e, input, null, sum);
        }
        Value gates = linear(r.h(), right, null, sum);
        long hidden = gates.shape().size(-1) / 5;
        Value open = Functional.sigmoid(gates.slice(-1, 0, 4 * hidden));
        Value candidate = Functional.tanh(gates.slice(-1, 4 * hidden, 5 * hidden));
        Value kept = Functional.add(
                Functional.multiply(open.slice(-1, hidden, 2 * hidden), l.c()),
                Functional.multiply(open.slice(-1, 2 * hidden, 3 * hidden), r.c()));
        Value c = Functional.add(kept, Functional.multiply(open.slice(-1, 0, hidden), candidate));
        Value h =
                Functional.multiply(open.slice(-1, 3 * hidden, 4 * hidden), Functional.activation(c, Activation.TANH));
        return new State(h, c);
    }

    private static Value linear(Value x, Parameter weight, @Nullable Parameter bias, @Nullable Value addend) {
        return x.recorder()
                .record(new dev.rondo.op.Linear(
                        x, weight(x, weight), bias == null ? null : weight(x, bias), addend, null))
                .output();
    }

    @Override
    public Value forward(Value x) {
        throw new UnsupportedOperationException("two nodes are composed, not one value");
    }
}
