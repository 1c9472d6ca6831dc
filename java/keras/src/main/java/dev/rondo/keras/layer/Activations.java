package dev.rondo.keras.layer;

import dev.rondo.keras.file.LayerConfig;
import dev.rondo.nn.Functional;
import dev.rondo.op.Eltwise;
import dev.rondo.op.Pointwise;
import dev.rondo.program.Value;
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
        return Layer.passing(call -> call.record(Pointwise.floats("relu", call.x(), (x, _) -> {
            double passed = threshold != 0 ? x > threshold ? x : 0 : Math.max(x, 0);
            double clipped = most == Double.POSITIVE_INFINITY ? passed : Math.clamp(passed, 0, most);
            return clipped - slope * Math.max(threshold - x, 0);
        })));
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
