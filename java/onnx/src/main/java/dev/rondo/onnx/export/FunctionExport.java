package dev.rondo.onnx.export;

import dev.rondo.op.GateFunction;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Writes activations of recurrent cells.
record FunctionExport(Writer writer) {
    /// The function's name among the activations of ONNX's recurrent operators, or null if they lack it.
    static @Nullable String name(GateFunction function) {
        return switch (function.kind()) {
            case RELU -> "Relu";
            case TANH -> "Tanh";
            case SIGMOID -> "Sigmoid";
            case AFFINE -> "Affine";
            case LEAKY_RELU -> "LeakyRelu";
            case THRESHOLDED_RELU -> "ThresholdedRelu";
            case SCALED_TANH -> "ScaledTanh";
            case HARD_SIGMOID -> "HardSigmoid";
            case ELU -> "Elu";
            case SOFTSIGN -> "Softsign";
            case SOFTPLUS -> "Softplus";
            case SELU, EXP, SILU, GELU, MISH, HARD_SILU, CLIP -> null;
        };
    }

    /// The function of a value, as ordinary operators.
    String of(GateFunction function, String x) {
        List<String> given = List.of(x);
        String alpha = writer.constant("alpha", Tensor.of(Shape.of(), function.alpha()));
        String beta = writer.constant("beta", Tensor.of(Shape.of(), function.beta()));
        return switch (function.kind()) {
            case RELU, TANH, SIGMOID, SOFTSIGN, SOFTPLUS -> writer.single(name(function), given);
            case LEAKY_RELU, THRESHOLDED_RELU, ELU -> writer.single(name(function), given, "alpha", function.alpha());
            case HARD_SIGMOID -> hardSigmoid(function, x);
            case AFFINE -> writer.single("Add", List.of(writer.single("Mul", List.of(x, alpha)), beta));
            case SCALED_TANH -> {
                String scaled = writer.single("Mul", List.of(x, beta));
                yield writer.single("Mul", List.of(writer.single("Tanh", List.of(scaled)), alpha));
            }
            case SELU -> writer.single("Selu", given, "alpha", function.beta(), "gamma", function.alpha());
            case EXP -> writer.single("Exp", given);
            case GELU -> writer.single("Gelu", given);
            case MISH -> writer.single("Mish", given);
            case SILU -> writer.single("Mul", List.of(x, writer.single("Sigmoid", given)));
            case HARD_SILU -> writer.single("Mul", List.of(x, hardSigmoid(function, x)));
            case CLIP -> writer.single("Clip", List.of(x, alpha, beta));
        };
    }

    private String hardSigmoid(GateFunction function, String x) {
        return writer.single("HardSigmoid", List.of(x), "alpha", function.alpha(), "beta", function.beta());
    }
}
