package dev.rondo.keras.layer;

import dev.rondo.keras.file.LayerConfig;
import dev.rondo.nn.Functional;
import dev.rondo.op.Binary;
import dev.rondo.op.Eltwise;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.List;
import java.util.Map;

/// Layers that are functions of single elements, and those that do nothing in inference.
final class Activations {
    private Activations() {}

    static void register(Map<String, Layers.Factory> into) {
        into.put("Activation", (config, _) -> {
            ActivationFunction function = ActivationFunction.of(config, "activation");
            return Layer.passing(call -> function.record().apply(call.x()));
        });
        into.put("ReLU", (config, _) -> relu(config));
        into.put("LeakyReLU", (config, _) -> {
            float slope = (float) config.number("negative_slope", 0.3);
            return Layer.passing(call -> call.record(Eltwise.leakyRelu(call.x(), slope)));
        });
        into.put("ELU", (config, _) -> {
            float alpha = (float) config.number("alpha", 1);
            return Layer.passing(call -> call.record(Eltwise.elu(call.x(), alpha)));
        });
        into.put("Softmax", (config, _) -> softmax(config));
        for (String nothing : List.of(
                "Dropout", "SpatialDropout1D", "GaussianDropout", "GaussianNoise", "AlphaDropout", "Identity")) {
            into.put(nothing, (config, _) -> {
                config.ignore("rate", "stddev", "noise_shape");
                return Layer.passing(call -> call.input().value());
            });
        }
    }

    /// Source: Keras 3, `keras.activations.relu`.
    private static Layer relu(LayerConfig config) {
        double slope = config.number("negative_slope", 0);
        double threshold = config.number("threshold", 0);
        double most = config.number("max_value", Double.POSITIVE_INFINITY);
        if (slope == 0 && threshold == 0 && most == Double.POSITIVE_INFINITY) {
            return Layer.passing(call -> Functional.relu(call.x()));
        }
        return Layer.passing(call -> {
            Value x = call.x();
            Value limit = call.recorder().constant(Tensor.of(Shape.of(), (float) threshold));
            Value passed = threshold == 0
                    ? Functional.relu(x)
                    : MaskFunctions.cleared(x, call.record(new Binary(Binary.Function.GREATER, x, limit)));
            Value clipped =
                    most == Double.POSITIVE_INFINITY ? passed : call.record(Eltwise.clip(passed, 0, (float) most));
            Value below = Functional.relu(Functional.subtract(limit, x));
            return slope == 0 ? clipped : Functional.subtract(clipped, Functional.multiply(below, slope));
        });
    }

    private static Layer softmax(LayerConfig config) {
        int axis = config.integer("axis", -1);
        return Layer.passing(call -> {
            if (call.mask() != null) {
                throw new IllegalArgumentException("its input has a mask, which Keras does not take here either");
            }
            Value x = call.x();
            int dimension = x.shape().dimension(axis);
            int last = x.shape().rank() - 1;
            return dimension == last
                    ? Functional.softmax(x)
                    : Functional.softmax(Functional.contiguous(x.transpose(dimension, last)))
                            .transpose(dimension, last);
        });
    }
}
