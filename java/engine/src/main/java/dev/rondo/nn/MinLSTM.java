package dev.rondo.nn;

import dev.rondo.op.Scan;
import dev.rondo.program.Value;

/// The minimal LSTM, whose gates and candidate read the input alone, and whose gates share out 1 between them:
///
/// ```
/// f = σ(W_f x + b_f)      i = σ(W_i x + b_i)      h~ = W_h x + b_h
/// h' = f / (f + i) h + i / (f + i) h~
/// ```
///
/// - x: (T, N, I); output: (T, N, H); state `h` (N, H)
/// - parameters: `linear.weight` (3*H, I), `linear.bias` (3*H): f, i, h~
/// - first values: those of [Linear]
///
/// Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, arXiv 2410.01201.
public final class MinLSTM extends Module {
    private final int hiddenSize;
    private final Linear linear;

    public MinLSTM(int inputSize, int hiddenSize) {
        this.hiddenSize = hiddenSize;
        this.linear = register("linear", new Linear(inputSize, 3 * hiddenSize));
    }

    @Override
    public Value forward(Value x) {
        Value all = linear.forward(x);
        Value f = all.slice(2, 0, hiddenSize);
        Value i = all.slice(2, hiddenSize, 2L * hiddenSize);
        Value candidate = all.slice(2, 2L * hiddenSize, 3L * hiddenSize);
        // f / (f + i) is the sigmoid of log(f / i), and log(σ(a)) is -softplus(-a)
        Value kept = Functional.subtract(
                Functional.softplus(Functional.negate(i)), Functional.softplus(Functional.negate(f)));
        return Frames.masked(Frames.carried(
                this,
                "h",
                x,
                hiddenSize,
                initial -> x.recorder()
                        .record(Scan.gated(false, null, candidate, kept, null, initial))
                        .output()));
    }
}
