package dev.rondo.nn;

import dev.rondo.op.Scan;
import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;

/// The independently recurrent network: each unit reads its own state alone.
///
/// ```
/// h' = φ(W x + b + u h)      u h element by element
/// ```
///
/// - x: (T, N, I); output: (T, N, H); state `h` (N, H)
/// - parameters: `linear.weight` (H, I), `linear.bias` (H), `weight_hh` (H): u
/// - first values: those of [Linear]; u uniform(±1)
///
/// Source: Li, Li, Cook, Zhu and Gao 2018, arXiv 1803.04831.
public final class IndRNN extends Module {
    private final int hiddenSize;
    private final Activation activation;
    private final Linear linear;
    private final Parameter stateWeight;

    /// A layer with ReLU.
    public IndRNN(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, Activation.RELU);
    }

    /// @param activation φ: RELU or TANH
    public IndRNN(int inputSize, int hiddenSize, Activation activation) {
        if (activation != Activation.RELU && activation != Activation.TANH) {
            throw new IllegalArgumentException("an IndRNN's activation is RELU or TANH, not " + activation);
        }
        this.hiddenSize = hiddenSize;
        this.activation = activation;
        this.linear = register("linear", new Linear(inputSize, hiddenSize));
        this.stateWeight = register("weight_hh", new Parameter(Shape.of(hiddenSize), Initializer.uniform(1)));
    }

    @Override
    public Value forward(Value x) {
        Value share = linear.forward(x);
        return Frames.masked(Frames.carried(
                this,
                "h",
                x,
                hiddenSize,
                initial -> x.recorder()
                        .record(Scan.independent(activation, share, weight(x, stateWeight), initial))
                        .output()));
    }
}
