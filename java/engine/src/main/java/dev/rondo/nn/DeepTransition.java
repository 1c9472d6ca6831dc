package dev.rondo.nn;

import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An RNN whose hidden state goes through several layers from step to step: the DT-RNN and, with a shortcut, the
/// DT(S)-RNN.
///
/// ```
/// z_1 = φ(U x_t + b_1 + V_1 h_{t-1})
/// z_l = φ(V_l z_{l-1} + b_l)                      l = 2 … L
/// h_t = z_L,   with a shortcut φ(V_L z_{L-1} + b_L + S h_{t-1})
/// ```
///
/// A transition of depth 1 is the ordinary RNN. Instead of layers 2 to L it may be any network f from H to H:
/// `h_t = φ(f(z_1) + S h_{t-1})`.
///
/// - x: (T, N, I); output: (T, N, H); state `h` (N, H)
/// - parameters: `input.weight` (H, I), `input.bias` (H), `state.weight` (H, H); `transition.k.weight` and
///   `transition.k.bias` of layer k + 2; `shortcut.weight` (H, H)
/// - first values: those of [Linear]
///
/// The other ways to make a recurrent network deep are chains of modules, and go together with this one:
///
/// ```
/// deep input         new Sequential(new Linear(I, W, true, RELU), new DeepTransition(W, H, 1))
/// deep output, DO    new Sequential(new DeepTransition(I, H, 1), new Linear(H, W, true, RELU), new Linear(W, O))
/// DOT                new Sequential(new DeepTransition(I, H, 2), new Linear(H, W, true, RELU), new Linear(W, O))
/// stacked            new Sequential(new DeepTransition(I, H, 1), new DeepTransition(H, H, 1))
/// stacked DT(S)      new Sequential(new DeepTransition(I, H, 2, true, TANH), new DeepTransition(H, H, 2, true, TANH))
/// ```
///
/// Source: Pascanu, Gulcehre, Cho and Bengio 2013, arXiv 1312.6026.
public final class DeepTransition extends RecurrentCell {
    private final Activation activation;
    private final Linear input;
    private final Linear state;
    private final List<Linear> layers = new ArrayList<>(); // 2 … L
    private final @Nullable Module network; // or f in their place
    private final @Nullable Linear shortcut;

    /// A transition of so many layers with tanh, without a shortcut.
    public DeepTransition(int inputSize, int hiddenSize, int depth) {
        this(inputSize, hiddenSize, depth, false, Activation.TANH);
    }

    /// @param depth      L, at least 1
    /// @param shortcut   whether the last layer reads h_{t-1}, too, which takes a depth of 2 or more
    /// @param activation φ
    public DeepTransition(int inputSize, int hiddenSize, int depth, boolean shortcut, Activation activation) {
        this(inputSize, hiddenSize, null, shortcut, activation);
        Sizes.requirePositive(depth, "transition depth");
        if (shortcut && depth == 1) {
            throw new IllegalArgumentException("a transition of one layer has nothing that a shortcut could pass by");
        }
        for (int i = 0; i < depth - 1; i++) {
            layers.add(register("transition." + i, new Linear(hiddenSize, hiddenSize, true, activation)));
        }
    }

    /// A transition through any network.
    ///
    /// @param network    f: (N, H) to (N, H), without recurrent layers, or null for none
    /// @param shortcut   whether S h_{t-1} is added
    /// @param activation φ
    public DeepTransition(
            int inputSize, int hiddenSize, @Nullable Module network, boolean shortcut, Activation activation) {
        super(List.of(new State("h", hiddenSize)));
        this.activation = activation;
        this.input = register("input", new Linear(inputSize, hiddenSize));
        this.state = register("state", new Linear(hiddenSize, hiddenSize, false, null));
        this.network = network == null ? null : register("transition", network);
        this.shortcut = shortcut ? register("shortcut", new Linear(hiddenSize, hiddenSize, false, null)) : null;
    }

    @Override
    public Value input(Value x) {
        return input.forward(x);
    }

    @Override
    public List<Value> step(Value share, List<Value> states) {
        Value h = states.getFirst();
        Value z = state.forward(h, share, activation);
        Value passed = shortcut == null ? null : shortcut.forward(h);
        if (network != null) {
            Value f = network.forward(z);
            return List.of(Functional.activation(passed == null ? f : Functional.add(f, passed), activation));
        }
        for (int i = 0; i < layers.size(); i++) {
            z = layers.get(i).forward(z, i == layers.size() - 1 ? passed : null, activation);
        }
        return List.of(z);
    }
}
