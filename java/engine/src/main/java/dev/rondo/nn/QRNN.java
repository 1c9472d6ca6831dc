package dev.rondo.nn;

import dev.rondo.op.Scan;
import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.List;

/// The quasi-recurrent network with fo-pooling: gates are convolutions over the last k inputs, and what is left for the
/// steps is element-wise.
///
/// ```
/// z, f, o = tanh, σ, σ (W [x_{t-k+1}, …, x_t] + b)       with x = 0 before the first step
/// c_t = f c_{t-1} + (1 - f) z                            h_t = o c_t
/// ```
///
/// - x: (T, N, I); output: (T, N, H); state `c` (N, H), and the last k - 1 inputs
/// - parameters: `linear.weight` (3*H, k*I), gates z, f, o, the earliest input first; `linear.bias` (3*H)
/// - first values: those of [Linear]
///
/// Source: Bradbury, Merity, Xiong and Socher 2016, arXiv 1611.01576.
public final class QRNN extends Module {
    private final int hiddenSize;
    private final int window;
    private final Linear linear;

    /// @param window k, at least 1
    public QRNN(int inputSize, int hiddenSize, int window) {
        Sizes.requirePositive(window, "window");
        this.hiddenSize = hiddenSize;
        this.window = window;
        this.linear = register("linear", new Linear(window * inputSize, 3 * hiddenSize));
    }

    @Override
    public Value forward(Value x) {
        long steps = x.shape().size(0);
        Value all = Frames.withPast(this, x, window - 1);
        List<Value> shifted = new ArrayList<>();
        for (int j = 0; j < window; j++) {
            shifted.add(all.slice(0, j, j + steps));
        }
        Value gates = linear.forward(Functional.concat(shifted, 2));
        Value z = gates.slice(2, 0, hiddenSize);
        Value f = gates.slice(2, hiddenSize, 2L * hiddenSize);
        Value o = Functional.sigmoid(gates.slice(2, 2L * hiddenSize, 3L * hiddenSize));
        Value c = Frames.carried(
                this,
                "c",
                x,
                hiddenSize,
                initial -> x.recorder()
                        .record(Scan.gated(false, Activation.TANH, z, f, null, initial))
                        .output());
        return Frames.masked(Functional.multiply(o, c));
    }
}
