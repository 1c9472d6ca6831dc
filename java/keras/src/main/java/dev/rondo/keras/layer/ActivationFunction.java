package dev.rondo.keras.layer;

import dev.rondo.format.Json;
import dev.rondo.format.MalformedFileException;
import dev.rondo.keras.file.LayerConfig;
import dev.rondo.nn.Functional;
import dev.rondo.op.Eltwise;
import dev.rondo.op.GateFunction;
import dev.rondo.op.Pointwise;
import dev.rondo.program.Activation;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Keras's activations.
///
/// @param kind   as an activation of a recurrent cell, or null where it is no function of single elements
/// @param fused  as what a product goes through, or null
/// @param record records it for a tensor
record ActivationFunction(
        @Nullable GateFunction kind, @Nullable Activation fused, UnaryOperator<Value> record) {

    /// The activation that an attribute names; none is the identity.
    static ActivationFunction of(LayerConfig config, String attribute) {
        String name = config.find(attribute)
                .map(field -> field.value() instanceof Json.StringValue(String word)
                        ? word
                        : field.get("class_name").asString().equals("function")
                                ? field.get("config").asString()
                                : field.get("class_name").asString())
                .orElse("linear");
        ActivationFunction function = of(name);
        if (function == null) {
            throw config.malformed(
                    "has the " + attribute + " " + MalformedFileException.quote(name) + ", which Rondo does not know");
        }
        return function;
    }

    /// The activation of a recurrent cell that an attribute names.
    static GateFunction gate(LayerConfig config, String attribute) {
        GateFunction gate = of(config, attribute).kind();
        if (gate == null) {
            throw config.malformed("has a " + attribute + " that is no function of single elements");
        }
        return gate;
    }

    private static @Nullable ActivationFunction of(String name) {
        return switch (name) {
            case "linear" -> new ActivationFunction(new GateFunction(GateFunction.Kind.AFFINE, 1, 0), null, x -> x);
            case "relu" -> plain(GateFunction.Kind.RELU, Activation.RELU);
            case "tanh" -> plain(GateFunction.Kind.TANH, Activation.TANH);
            case "sigmoid" -> plain(GateFunction.Kind.SIGMOID, Activation.SIGMOID);
            case "elu", "celu" -> plain(GateFunction.Kind.ELU, Activation.ELU);
            case "gelu" -> plain(GateFunction.Kind.GELU, Activation.GELU);
            case "exponential" -> plain(GateFunction.Kind.EXP, Activation.EXP);
            case "selu" -> java(GateFunction.Kind.SELU.usual());
            case "silu", "swish" -> java(GateFunction.Kind.SILU.usual());
            case "softsign" -> java(GateFunction.Kind.SOFTSIGN.usual());
            case "softplus" -> recorded(GateFunction.Kind.SOFTPLUS.usual(), Eltwise::softplus);
            case "mish" -> recorded(GateFunction.Kind.MISH.usual(), Eltwise::mish);
            case "relu6" -> recorded(new GateFunction(GateFunction.Kind.CLIP, 0, 6), x -> Eltwise.clip(x, 0, 6));
            case "hard_tanh" -> recorded(new GateFunction(GateFunction.Kind.CLIP, -1, 1), x -> Eltwise.clip(x, -1, 1));
            case "hard_sigmoid" ->
                recorded(
                        new GateFunction(GateFunction.Kind.HARD_SIGMOID, 1 / 6f, 0.5f),
                        x -> Eltwise.hardSigmoid(x, 1 / 6f, 0.5f));
            case "hard_silu", "hard_swish" ->
                recorded(GateFunction.Kind.HARD_SILU.usual(), x -> Eltwise.hardSwish(x, 1 / 6f, 0.5f));
            case "leaky_relu" ->
                recorded(new GateFunction(GateFunction.Kind.LEAKY_RELU, 0.2f, 0), x -> Eltwise.leakyRelu(x, 0.2f));
            case "softmax" -> new ActivationFunction(null, null, Functional::softmax);
            case "log_softmax" -> new ActivationFunction(null, null, Functional::logSoftmax);
            default -> null;
        };
    }

    private static ActivationFunction plain(GateFunction.Kind kind, Activation activation) {
        return new ActivationFunction(kind.usual(), activation, x -> Functional.activation(x, activation));
    }

    private static ActivationFunction java(GateFunction function) {
        return recorded(function, x -> Pointwise.activation(function, x));
    }

    private static ActivationFunction recorded(GateFunction function, Function<Value, ? extends Op> op) {
        return new ActivationFunction(
                function, null, x -> x.recorder().record(op.apply(x)).output());
    }
}
