package dev.rondo.nn;

import dev.rondo.op.Scan;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.List;

/// The simple recurrent unit: all products read the input alone, and what is left for the steps is element-wise.
///
/// ```
/// f = σ(W_f x + v_f c + b_f)      r = σ(W_r x + v_r c + b_r)
/// c' = f c + (1 - f) W x          h' = r c' + (1 - r) x
/// ```
///
/// Where the layer is not as wide as its input, `W_x x` takes the place of x in h'.
///
/// - x: (T, N, I); output: (T, N, H); state `c` (N, H)
/// - parameters: `weight` (3*H, I) in the order W, W_f, W_r, and W_x behind them (4*H, I) where I ≠ H; `weight_c` (2,
/// H):
///   v_f, v_r; `bias` (2, H): b_f, b_r
/// - first values: uniform(±sqrt(3/I)), uniform(±1/sqrt(H)) and 0
///
/// Source: Lei, Zhang, Wang, Dai and Artzi 2018, arXiv 1709.02755.
public final class SRU extends Module {
    private final int hiddenSize;
    private final boolean isProjected;
    private final Parameter weight;
    private final Parameter stateWeight;
    private final Parameter bias;

    public SRU(int inputSize, int hiddenSize) {
        Sizes.requirePositive(inputSize, "input size");
        Sizes.requirePositive(hiddenSize, "hidden size");
        this.hiddenSize = hiddenSize;
        this.isProjected = inputSize != hiddenSize;
        this.weight = register(
                "weight",
                new Parameter(
                        Shape.of((isProjected ? 4L : 3L) * hiddenSize, inputSize),
                        Initializer.uniform(Math.sqrt(3.0 / inputSize))));
        this.stateWeight = register(
                "weight_c", new Parameter(Shape.of(2, hiddenSize), Initializer.uniform(1 / Math.sqrt(hiddenSize))));
        this.bias = register("bias", new Parameter(Shape.of(2, hiddenSize), Initializer.constant(0)));
    }

    @Override
    public Value forward(Value x) {
        long steps = x.shape().size(0);
        Value products = x.recorder()
                .record(new dev.rondo.op.Linear(x, weight(x, weight), null, null))
                .output();
        Value v = weight(x, stateWeight);
        Value b = weight(x, bias);
        Value forget = Functional.add(part(products, 1), b.select(0, 0));
        Value[] before = new Value[1]; // c before each step
        Value c = Frames.carried(this, "c", x, hiddenSize, initial -> {
            Value states = x.recorder()
                    .record(Scan.gated(false, null, part(products, 0), forget, v.select(0, 0), initial))
                    .output();
            Value first = initial == null ? Frames.zeros(states, 1) : initial.unsqueeze(0);
            before[0] = steps == 0 ? states : Functional.concat(List.of(first, states.slice(0, 0, steps - 1)), 0);
            return states;
        });
        Value reset = Functional.add(part(products, 2), b.select(0, 1));
        Value r = Functional.sigmoid(Functional.add(reset, Functional.multiply(before[0], v.select(0, 1))));
        Value past = isProjected ? part(products, 3) : x;
        return Frames.masked(Functional.add(past, Functional.multiply(r, Functional.subtract(c, past))));
    }

    private Value part(Value products, int index) {
        return products.slice(2, (long) index * hiddenSize, (index + 1L) * hiddenSize);
    }
}
