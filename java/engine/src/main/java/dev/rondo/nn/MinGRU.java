package dev.rondo.nn;

import dev.rondo.op.Scan;
import dev.rondo.program.Value;

/// The minimal GRU, whose gate and candidate read the input alone:
///
/// ```
/// z = σ(W_z x + b_z)      h~ = W_h x + b_h      h' = (1 - z) h + z h~
/// ```
///
/// - x: (T, N, I); output: (T, N, H); state `h` (N, H)
/// - parameters: `linear.weight` (2*H, I), `linear.bias` (2*H): z, h~
/// - first values: those of [Linear]
///
/// Source: Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, arXiv 2410.01201.
public final class MinGRU extends Module {
    private final int hiddenSize;
    private final Linear linear;

    public MinGRU(int inputSize, int hiddenSize) {
        this.hiddenSize = hiddenSize;
        this.linear = register("linear", new Linear(inputSize, 2 * hiddenSize));
    }

    @Override
    public Value forward(Value x) {
        Value both = linear.forward(x);
        Value z = both.slice(2, 0, hiddenSize);
        Value candidate = both.slice(2, hiddenSize, 2L * hiddenSize);
        return Frames.masked(Frames.carried(
                this,
                "h",
                x,
                hiddenSize,
                initial -> x.recorder()
                        .record(Scan.gated(true, null, candidate, z, null, initial))
                        .output()));
    }
}
