package dev.rondo.onnx.operator;

import static dev.rondo.onnx.operator.Operators.single;

import dev.rondo.nn.Functional;
import dev.rondo.onnx.graph.ElementType;
import dev.rondo.op.Binary;
import dev.rondo.op.Eltwise;
import dev.rondo.op.Pointwise;
import dev.rondo.op.Reduce;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Quantised numbers, computed with as floats: integers of 8 bits are exact in them, and so are sums of their products
/// up to 2^24.
final class Quantization {
    private static final float MOST = 255;

    private Quantization() {}

    static void register(Map<String, Operator> into) {
        single(into, "DequantizeLinear", "axis", call -> dequantized(call, 0, call.integer("axis", 1)));
        single(into, "QuantizeLinear", "axis saturate", Quantization::quantizeLinear);
        Operators.add(into, "DynamicQuantizeLinear", "", Quantization::dynamicQuantizeLinear);
        single(into, "MatMulInteger", "", call -> {
            Value product = Products.multiply(call, centred(call, 0, 2), centred(call, 1, 3));
            return call.record(Pointwise.cast(product, DataType.I64));
        });
        single(into, "QLinearMatMul", "", call -> {
            Value product = Products.multiply(call, dequantized(call, 0, -2), dequantized(call, 3, -1));
            return quantized(call, product, 6);
        });
    }

    /// An input less its zero point, as floats.
    private static Value centred(Call call, int input, int zeroInput) {
        Value x = Elementwise.cast(call, call.input(input), DataType.F32);
        Value zero = call.optional(zeroInput);
        if (zero == null) {
            return x;
        }
        Value origin = Elementwise.cast(call, zero, DataType.F32);
        boolean byRow =
                input == 0 && origin.shape().elements() > 1 && origin.shape().rank() == 1;
        return Functional.subtract(x, byRow ? origin.unsqueeze(1) : origin);
    }

    /// `(x - zero) * scale`; x, scale and zero are inputs that follow each other.
    private static Value dequantized(Call call, int input, long axis) {
        Value x = Elementwise.cast(call, call.input(input), DataType.F32);
        Value scale = alongAxis(call.input(input + 1), x.shape(), axis);
        Value zero = call.optional(input + 2);
        Value centred = zero == null
                ? x
                : Functional.subtract(x, alongAxis(Elementwise.cast(call, zero, DataType.F32), x.shape(), axis));
        return Functional.multiply(centred, scale);
    }

    /// One number for all elements, or one for each index of a dimension.
    private static Value alongAxis(Value numbers, Shape shape, long axis) {
        if (numbers.shape().elements() == 1) {
            return numbers.reshape();
        }
        int dimension = shape.dimension(Math.toIntExact(axis));
        if (numbers.shape().rank() != 1 || numbers.shape().size(0) != shape.size(dimension)) {
            throw new IllegalArgumentException("its scale and zero point of shape " + numbers.shape()
                    + " do not go with dimension " + dimension + " of " + shape);
        }
        long[] sizes = new long[shape.rank()];
        Arrays.fill(sizes, 1);
        sizes[dimension] = numbers.shape().elements();
        return numbers.reshape(sizes);
    }

    private static Value quantizeLinear(Call call) {
        return quantized(call, call.input(0), 1);
    }

    /// `clip(round(x / scale) + zero)`, scale and zero being inputs that follow each other.
    private static Value quantized(Call call, Value x, int scaleInput) {
        Value zero = call.optional(scaleInput + 1);
        ElementType type = zero == null ? ElementType.UINT8 : call.elementType(scaleInput + 1);
        if (type != ElementType.UINT8 && type != ElementType.INT8) {
            throw new IllegalArgumentException("its zero point is not a constant of 8 bits");
        }
        long axis = call.integer("axis", 1);
        Value scaled =
                call.record(Eltwise.round(Functional.divide(x, alongAxis(call.input(scaleInput), x.shape(), axis))));
        Value shifted = zero == null
                ? scaled
                : Functional.add(scaled, alongAxis(Elementwise.cast(call, zero, DataType.F32), x.shape(), axis));
        float low = type == ElementType.UINT8 ? 0 : Byte.MIN_VALUE;
        return call.record(Pointwise.cast(call.record(Eltwise.clip(shifted, low, low + MOST)), DataType.I64));
    }

    private static List<Value> dynamicQuantizeLinear(Call call) {
        Value x = call.input(0);
        Value zero = call.literal(Shape.of(), 0f);
        Value high = Functional.maximum(all(call, Reduce.Function.MAXIMUM, x), zero);
        Value low = Functional.minimum(all(call, Reduce.Function.MINIMUM, x), zero);
        Value scale = Functional.divide(
                call.record(new Binary(Binary.Function.SUBTRACT, high, low)), call.literal(Shape.of(), MOST));
        Value origin = call.record(
                Eltwise.clip(call.record(Eltwise.round(Functional.negate(Functional.divide(low, scale)))), 0, MOST));
        Value y = call.record(Eltwise.clip(
                Functional.add(call.record(Eltwise.round(Functional.divide(x, scale))), origin), 0, MOST));
        return List.of(
                call.record(Pointwise.cast(y, DataType.I64)), scale, call.record(Pointwise.cast(origin, DataType.I64)));
    }

    private static Value all(Call call, Reduce.Function function, Value x) {
        long[] ones = new long[x.shape().rank()];
        Arrays.fill(ones, 1);
        return call.record(new Reduce(function, x, Shape.of(ones))).reshape();
    }
}
