package dev.rondo.onnx.record;

import dev.rondo.op.Linear;
import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import java.util.IdentityHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Products with constant matrices, which a bias and an activation may join: the product is recorded once more with
/// them, and without them it is left out where nothing else reads it.
public final class Fusion {
    private record Product(Value x, Value weight, @Nullable Value bias) {}

    private final Map<Value, Product> products = new IdentityHashMap<>();

    Fusion() {}

    /// Records `x Wᵀ + b`.
    ///
    /// @param weight (Out, In)
    /// @param bias   (Out), or null
    public Value linear(Value x, Value weight, @Nullable Value bias) {
        Value y = x.recorder().record(new Linear(x, weight, bias, null)).output();
        products.put(y, new Product(x, weight, bias));
        return y;
    }

    /// The product with a bias, or null if y is none, or has one, or the bias is of another shape.
    public @Nullable Value withBias(Value y, Value bias) {
        Product product = products.get(y);
        boolean fits = product != null
                && product.bias() == null
                && bias.constant() != null
                && bias.shape().rank() == 1
                && bias.shape().size(0) == y.shape().size(-1);
        return fits ? linear(product.x(), product.weight(), bias) : null;
    }

    /// The product through an activation, or null if y is none.
    public @Nullable Value withActivation(Value y, Activation activation) {
        Product product = products.get(y);
        return product == null
                ? null
                : y.recorder()
                        .record(new Linear(product.x(), product.weight(), product.bias(), activation))
                        .output();
    }
}
