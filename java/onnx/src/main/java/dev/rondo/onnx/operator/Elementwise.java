package dev.rondo.onnx.operator;

import static dev.rondo.onnx.operator.Operators.single;

import dev.rondo.format.MalformedFileException;
import dev.rondo.nn.Functional;
import dev.rondo.op.Binary;
import dev.rondo.op.Eltwise;
import dev.rondo.op.Erf;
import dev.rondo.op.Pointwise;
import dev.rondo.program.Activation;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.LongUnaryOperator;
import org.jspecify.annotations.Nullable;

/// Functions of single elements.
final class Elementwise {
    private Elementwise() {}

    static void register(Map<String, Operator> into) {
        single(into, "Add", "", Elementwise::add);
        single(into, "Sub", "", call -> arithmetic(call, Binary.Function.SUBTRACT, (a, b) -> a - b));
        single(into, "Mul", "", call -> arithmetic(call, Binary.Function.MULTIPLY, (a, b) -> a * b));
        single(into, "Div", "", call -> arithmetic(call, Binary.Function.DIVIDE, Elementwise::divide));
        single(into, "Min", "", call -> all(call, Binary.Function.MINIMUM, Math::min));
        single(into, "Max", "", call -> all(call, Binary.Function.MAXIMUM, Math::max));
        single(into, "Sum", "", call -> all(call, Binary.Function.ADD, Long::sum));
        single(
                into,
                "Mean",
                "",
                call -> Functional.multiply(all(call, Binary.Function.ADD, Long::sum), 1.0 / call.inputCount()));
        single(into, "Pow", "", Elementwise::power);
        single(into, "Mod", "fmod", Elementwise::modulo);
        single(into, "Neg", "", call -> signed(call, Activation.NEGATE, a -> -a));
        single(into, "Abs", "", call -> signed(call, Activation.ABS, Math::abs));
        single(
                into,
                "Sign",
                "",
                call -> call.input(0).type() == DataType.F32
                        ? java(call, "sign", Math::signum)
                        : call.record(Pointwise.integers("sign", call.input(0), (a, _) -> Long.signum(a))));
        activation(into, "Sqrt", Activation.SQRT);
        activation(into, "Exp", Activation.EXP);
        activation(into, "Log", Activation.LOG);
        activation(into, "Sigmoid", Activation.SIGMOID);
        activation(into, "Tanh", Activation.TANH);
        activation(into, "Relu", Activation.RELU);
        single(into, "Gelu", "approximate", Elementwise::gelu);
        into.put("com.microsoft.Gelu", into.get("Gelu"));
        single(
                into,
                "LeakyRelu",
                "alpha",
                call -> call.record(Eltwise.leakyRelu(call.input(0), call.real("alpha", 0.01f))));
        single(into, "Elu", "alpha", call -> call.record(Eltwise.elu(call.input(0), call.real("alpha", 1))));
        single(into, "Celu", "alpha", Elementwise::celu);
        single(
                into,
                "Selu",
                "alpha gamma",
                call -> Functional.multiply(
                        call.record(Eltwise.elu(call.input(0), call.real("alpha", 1.67326319f))),
                        call.real("gamma", 1.05070102f)));
        single(
                into,
                "HardSigmoid",
                "alpha beta",
                call -> call.record(
                        Eltwise.hardSigmoid(call.input(0), call.real("alpha", 0.2f), call.real("beta", 0.5f))));
        single(into, "HardSwish", "", call -> call.record(Eltwise.hardSwish(call.input(0), 1 / 6f, 0.5f)));
        single(into, "Softplus", "", call -> call.record(Eltwise.softplus(call.input(0))));
        single(into, "Mish", "", call -> call.record(Eltwise.mish(call.input(0))));
        single(into, "Softsign", "", call -> java(call, "softsign", x -> x / (1 + Math.abs(x))));
        single(into, "ThresholdedRelu", "alpha", call -> {
            float alpha = call.real("alpha", 1);
            return java(call, "thresholded relu", x -> x > alpha ? x : 0);
        });
        single(
                into,
                "PRelu",
                "",
                call -> call.record(
                        Pointwise.floats("prelu", call.input(0), call.input(1), (x, slope) -> x < 0 ? slope * x : x)));
        single(into, "Erf", "", call -> java(call, "erf", Erf::of));
        single(into, "Floor", "", call -> java(call, "floor", Math::floor));
        single(into, "Ceil", "", call -> java(call, "ceil", Math::ceil));
        single(into, "Round", "", call -> java(call, "round", Math::rint));
        single(into, "Reciprocal", "", call -> java(call, "reciprocal", x -> 1 / x));
        single(into, "Sin", "", call -> java(call, "sin", Math::sin));
        single(into, "Cos", "", call -> java(call, "cos", Math::cos));
        single(into, "Tan", "", call -> java(call, "tan", Math::tan));
        single(into, "Atan", "", call -> java(call, "atan", Math::atan));
        single(into, "Sinh", "", call -> java(call, "sinh", Math::sinh));
        single(into, "Cosh", "", call -> java(call, "cosh", Math::cosh));
        single(into, "Clip", "min max", Elementwise::clip);
        single(into, "Identity", "", call -> call.input(0));
        Operators.add(into, "Dropout", "ratio seed", Elementwise::dropout);
    }

    private static void activation(Map<String, Operator> into, String name, Activation activation) {
        single(into, name, "", call -> activation(call, activation));
    }

    private static Value activation(Call call, Activation activation) {
        Value fused = call.fusion().withActivation(call.input(0), activation);
        return fused != null ? fused : Functional.activation(call.input(0), activation);
    }

    private static Value java(Call call, String name, DoubleUnaryOperator function) {
        return call.record(Pointwise.floats(name, call.input(0), (x, _) -> function.applyAsDouble(x)));
    }

    private static Value add(Call call) {
        Value a = call.input(0);
        Value b = call.input(1);
        Value fused = call.fusion().withBias(a, b);
        if (fused == null) {
            fused = call.fusion().withBias(b, a);
        }
        return fused != null ? fused : arithmetic(call, Binary.Function.ADD, Long::sum);
    }

    private static Value arithmetic(Call call, Binary.Function ofFloats, Pointwise.OfIntegers ofIntegers) {
        return call.record(combine(call.input(0), call.input(1), ofFloats, ofIntegers));
    }

    private static Op combine(Value a, Value b, Binary.Function ofFloats, Pointwise.OfIntegers ofIntegers) {
        return a.type() == DataType.F32
                ? new Binary(ofFloats, a, b)
                : Pointwise.integers(ofFloats.name(), a, b, ofIntegers);
    }

    private static Value all(Call call, Binary.Function ofFloats, Pointwise.OfIntegers ofIntegers) {
        BinaryOperator<Value> two = (a, b) -> call.record(combine(a, b, ofFloats, ofIntegers));
        return call.inputs().stream().reduce(two).orElseThrow();
    }

    private static Value signed(Call call, Activation ofFloats, LongUnaryOperator ofIntegers) {
        Value x = call.input(0);
        return x.type() == DataType.F32
                ? Functional.activation(x, ofFloats)
                : call.record(Pointwise.integers(ofFloats.name(), x, (a, _) -> ofIntegers.applyAsLong(a)));
    }

    private static Value power(Call call) {
        Value x = call.input(0);
        Value exponent = call.input(1);
        if (x.type() == DataType.I64) {
            Value integers = cast(call, exponent, DataType.I64);
            return call.record(Pointwise.integers("power", x, integers, (a, b) -> (long) Math.pow(a, b)));
        }
        Tensor known = exponent.known();
        if (known != null
                && known.shape().elements() == 1
                && exponent.shape().rank() <= x.shape().rank()) {
            float number = (float) call.knownNumber(1, "exponent");
            if (number == 2) {
                return Functional.square(x);
            }
            return number == 0.5f ? Functional.sqrt(x) : call.record(Eltwise.power(x, number));
        }
        return call.record(Pointwise.floats("power", x, cast(call, exponent, DataType.F32), Math::pow));
    }

    static Value cast(Call call, Value x, DataType type) {
        return x.type() == type ? x : call.record(Pointwise.cast(x, type));
    }

    private static Value modulo(Call call) {
        Value a = call.input(0);
        Value b = call.input(1);
        if (call.flag("fmod", false)) {
            return call.record(
                    a.type() == DataType.F32
                            ? Pointwise.floats("fmod", a, b, (x, y) -> x % y)
                            : Pointwise.integers("fmod", a, b, (x, y) -> x - divide(x, y) * y));
        }
        return call.record(Pointwise.integers("mod", a, b, (x, y) -> x - y * Math.floorDiv(x, nonZero(y))));
    }

    private static long divide(long a, long b) {
        return a / nonZero(b);
    }

    private static long nonZero(long divisor) {
        if (divisor == 0) {
            throw new IllegalArgumentException("an integer is divided by zero");
        }
        return divisor;
    }

    private static Value gelu(Call call) {
        String approximate = call.text("approximate", "none");
        return switch (approximate) {
            case "none" -> activation(call, Activation.GELU);
            case "tanh" -> call.record(Eltwise.geluTanh(call.input(0)));
            default ->
                throw new IllegalArgumentException(
                        "there is no approximation of gelu by " + MalformedFileException.quote(approximate));
        };
    }

    /// `max(0, x) + min(0, alpha * (exp(x / alpha) - 1))`
    private static Value celu(Call call) {
        float alpha = call.real("alpha", 1);
        return java(call, "celu", x -> Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha)));
    }

    private static Value clip(Call call) {
        Value x = call.input(0);
        boolean asInputs = call.opset() >= 11;
        Value low = asInputs ? call.optional(1) : null;
        Value high = asInputs ? call.optional(2) : null;
        if (x.type() == DataType.F32 && isKnown(low) && isKnown(high)) {
            float from = low == null ? call.real("min", Float.NEGATIVE_INFINITY) : number(low);
            float to = high == null ? call.real("max", Float.POSITIVE_INFINITY) : number(high);
            if (Float.isNaN(from) || Float.isNaN(to)) {
                throw new IllegalArgumentException("its bounds are " + from + " and " + to);
            }
            return call.record(Eltwise.clip(x, Math.min(from, to), to)); // max wins over min
        }
        Value y = low == null ? x : call.record(combine(x, low, Binary.Function.MAXIMUM, Math::max));
        return high == null ? y : call.record(combine(y, high, Binary.Function.MINIMUM, Math::min));
    }

    private static boolean isKnown(@Nullable Value bound) {
        return bound == null || bound.known() != null;
    }

    private static float number(Value bound) {
        float[] numbers = bound.known().toFloatArray();
        if (numbers.length != 1) {
            throw new IllegalArgumentException("its bounds are single numbers, not of shape " + bound.shape());
        }
        return numbers[0];
    }

    /// Inference drops nothing.
    private static List<Value> dropout(Call call) {
        if (call.optional(2) != null && call.knownNumber(2, "training mode") != 0) {
            throw new IllegalArgumentException(
                    "it drops elements as in training, which Rondo does not for ONNX models");
        }
        if (!call.wants(1)) {
            return List.of(call.input(0));
        }
        Value all = call.record(
                Pointwise.expand(call.literal(DataType.U8, 1), call.input(0).shape()));
        return List.of(call.input(0), all);
    }
}
