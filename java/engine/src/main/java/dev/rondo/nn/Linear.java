package dev.rondo.nn;

import dev.rondo.op.ActivationGradient;
import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import org.jspecify.annotations.Nullable;

/// A fully connected layer: `y = x Wᵀ + b` over the last dimension, optionally through an activation.
///
/// - x: (…, inFeatures), y: (…, outFeatures)
/// - parameters: `weight` (outFeatures, inFeatures), `bias` (outFeatures)
/// - first values: uniform(±1/sqrt(inFeatures))
///
/// Source: PyTorch's `nn.Linear`.
public final class Linear extends Module {
    private final Parameter weight;
    private final @Nullable Parameter bias;
    private final @Nullable Activation activation;

    /// A layer with bias.
    public Linear(int inFeatures, int outFeatures) {
        this(inFeatures, outFeatures, true, null);
    }

    /// @param bias       whether something is added
    /// @param activation applied to the sum, in the same pass over memory; null for none
    public Linear(int inFeatures, int outFeatures, boolean bias, @Nullable Activation activation) {
        Sizes.requirePositive(inFeatures, "number of input features");
        Sizes.requirePositive(outFeatures, "number of output features");
        Initializer uniform = Initializer.uniform(1 / Math.sqrt(inFeatures));
        this.weight = register("weight", new Parameter(Shape.of(outFeatures, inFeatures), uniform));
        this.bias = bias ? register("bias", new Parameter(Shape.of(outFeatures), uniform)) : null;
        this.activation = activation;
    }

    /// A layer with bias whose weight is the embedding's table: inputs are compared with each row. Where both
    /// are parts of one module, its state dict has the weight under both names. Source: Press and Wolf 2016,
    /// arXiv 1608.05859.
    public Linear(Embedding embedding) {
        Parameter table = embedding.weight();
        this.weight = register("weight", table);
        this.bias = register(
                "bias",
                new Parameter(
                        Shape.of(table.shape().size(0)),
                        Initializer.uniform(1 / Math.sqrt(table.shape().size(1)))));
        this.activation = null;
    }

    @Override
    public Value forward(Value x) {
        return forward(x, null, activation);
    }

    /// What the features from `first` on, as many as x has, give to the sum, with something added before an activation;
    /// without the bias. For inference.
    ///
    /// @param addend     of the result's shape, or null
    /// @param activation null for none
    Value part(Value x, long first, @Nullable Value addend, @Nullable Activation activation) {
        Value columns = weight(x, weight).slice(1, first, first + x.shape().size(-1));
        return x.recorder()
                .record(new dev.rondo.op.Linear(x, columns, null, addend, activation))
                .output();
    }

    /// The layer with something added before an activation, in the same pass.
    ///
    /// @param addend     of the result's shape, or null
    /// @param activation in place of the layer's own, or null for none
    Value forward(Value x, @Nullable Value addend, @Nullable Activation activation) {
        boolean isFused = activation == null
                || !x.recorder().hasVariables()
                || ActivationGradient.followsFromResult(activation); // else the gradient needs the argument
        Value y = x.recorder()
                .record(new dev.rondo.op.Linear(
                        x,
                        weight(x, weight),
                        bias == null ? null : weight(x, bias),
                        addend,
                        isFused ? activation : null))
                .output();
        return isFused ? y : Functional.activation(y, activation);
    }
}
