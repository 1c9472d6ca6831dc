package dev.rondo.nn;

import dev.rondo.op.Binary;
import dev.rondo.op.Concat;
import dev.rondo.op.Copy;
import dev.rondo.op.Detach;
import dev.rondo.op.Eltwise;
import dev.rondo.op.Gather;
import dev.rondo.op.MatMul;
import dev.rondo.op.SequenceMask;
import dev.rondo.op.Softmax;
import dev.rondo.op.Sum;
import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/// Functions of values, in PyTorch's words (`torch`, `torch.nn.functional`). All take and give F32.
///
/// Views ([Value#transpose], [Value#slice], [Value#select], [Value#reshape]) are methods of the values
/// themselves.
public final class Functional {
    private Functional() {}

    /// Any activation, element by element; same shape.
    public static Value activation(Value x, Activation activation) {
        return x.recorder().record(new Eltwise(x, activation)).output();
    }

    /// `max(x, 0)`
    public static Value relu(Value x) {
        return activation(x, Activation.RELU);
    }

    /// `tanh(x)`
    public static Value tanh(Value x) {
        return activation(x, Activation.TANH);
    }

    /// `1 / (1 + exp(-x))`
    public static Value sigmoid(Value x) {
        return activation(x, Activation.SIGMOID);
    }

    /// `log(1 + exp(x))`
    public static Value softplus(Value x) {
        return x.recorder().record(Eltwise.softplus(x)).output();
    }

    /// `exp(x)`
    public static Value exp(Value x) {
        return activation(x, Activation.EXP);
    }

    /// `log(x)`
    public static Value log(Value x) {
        return activation(x, Activation.LOG);
    }

    /// `|x|`
    public static Value abs(Value x) {
        return activation(x, Activation.ABS);
    }

    /// `sqrt(x)`
    public static Value sqrt(Value x) {
        return activation(x, Activation.SQRT);
    }

    /// `x²`
    public static Value square(Value x) {
        return activation(x, Activation.SQUARE);
    }

    /// `-x`
    public static Value negate(Value x) {
        return activation(x, Activation.NEGATE);
    }

    /// `a + b`, with broadcasting.
    public static Value add(Value a, Value b) {
        return binary(Binary.Function.ADD, a, b);
    }

    /// `a - b`, with broadcasting.
    public static Value subtract(Value a, Value b) {
        return binary(Binary.Function.SUBTRACT, a, b);
    }

    /// `a * b`, element by element, with broadcasting.
    public static Value multiply(Value a, Value b) {
        return binary(Binary.Function.MULTIPLY, a, b);
    }

    /// `a / b`, with broadcasting.
    public static Value divide(Value a, Value b) {
        return binary(Binary.Function.DIVIDE, a, b);
    }

    /// The larger of a and b, with broadcasting.
    public static Value maximum(Value a, Value b) {
        return binary(Binary.Function.MAXIMUM, a, b);
    }

    /// The smaller of a and b, with broadcasting.
    public static Value minimum(Value a, Value b) {
        return binary(Binary.Function.MINIMUM, a, b);
    }

    /// The product of matrices: a (…, M, K), b (…, K, N), the result (…, M, N). Dimensions in front are equal, or 1 in
    /// one operand, which repeats; transposed operands cost no copy.
    public static Value matmul(Value a, Value b) {
        return a.recorder().record(new MatMul(a, b)).output();
    }

    /// `factor * x`
    public static Value multiply(Value x, double factor) {
        return multiply(x, x.recorder().constant(Tensor.of(Shape.of(), (float) factor)));
    }

    private static Value binary(Binary.Function function, Value a, Value b) {
        return a.recorder().record(new Binary(function, a, b)).output();
    }

    /// The sum of all elements: a single number.
    public static Value sum(Value x) {
        return x.recorder().record(new Sum(x, Shape.of())).output();
    }

    /// The sum over a dimension, which the result lacks; negative dimensions count from the last.
    public static Value sum(Value x, int dimension) {
        Shape kept = x.shape().with(dimension, 1);
        return x.recorder().record(new Sum(x, kept)).output().select(dimension, 0);
    }

    /// The mean of all elements: a single number; NaN without any.
    public static Value mean(Value x) {
        return multiply(sum(x), 1.0 / x.shape().elements());
    }

    /// The mean over a dimension, which the result lacks; negative dimensions count from the last.
    public static Value mean(Value x, int dimension) {
        return multiply(sum(x, dimension), 1.0 / x.shape().size(dimension));
    }

    /// Joins the dimensions from one on into one: (A, B, C) from 1 on gives (A, B * C).
    public static Value flatten(Value x, int first) {
        long[] sizes = Arrays.copyOf(x.shape().sizes(), first + 1);
        sizes[first] = 1;
        for (int i = first; i < x.shape().rank(); i++) {
            sizes[first] *= x.shape().size(i);
        }
        return contiguous(x).reshape(sizes);
    }

    /// `exp(x) / sum(exp(x))` over the last dimension.
    public static Value softmax(Value x) {
        return x.recorder().record(new Softmax(x, false)).output();
    }

    /// The logarithm of [#softmax].
    public static Value logSoftmax(Value x) {
        return x.recorder().record(new Softmax(x, true)).output();
    }

    /// 1 at the first `lengths[n]` steps of sample n, 0 behind them.
    ///
    /// @param lengths (N), I64 from 0 to T
    /// @param shape   of the result: (T, N, …)
    public static Value sequenceMask(Value lengths, Shape shape) {
        return lengths.recorder().record(new SequenceMask(lengths, shape)).output();
    }

    /// Parts of a dimension by their indices: `y[…, k, …] = x[…, ids[k], …]`. A run with an index out of range
    /// throws IllegalArgumentException.
    ///
    /// @param ids (K), I64
    public static Value indexSelect(Value x, int dimension, Value ids) {
        return x.recorder().record(Gather.select(x, dimension, ids)).output();
    }

    /// Each element by its own index along a dimension: `y[a, k, b] = x[a, ids[a, k, b], b]`. A run with an
    /// index out of range throws IllegalArgumentException.
    ///
    /// @param ids I64, of x's shape but for the dimension
    public static Value gather(Value x, int dimension, Value ids) {
        return x.recorder().record(Gather.each(x, dimension, ids)).output();
    }

    /// Values side by side along a dimension; negative dimensions count from the last.
    public static Value concat(List<Value> parts, int dimension) {
        if (parts.isEmpty()) {
            throw new IllegalArgumentException("concat needs at least one value");
        }
        Value first = parts.getFirst();
        return parts.size() == 1
                ? first
                : first.recorder().record(new Concat(parts, dimension)).output();
    }

    /// The same elements, which count as given: no gradient passes. Source: PyTorch's `Tensor.detach`.
    public static Value detach(Value x) {
        return x.recorder().record(new Detach(x)).output();
    }

    /// The value in C order without gaps: itself, or a copy.
    public static Value contiguous(Value x) {
        return x.isDense() ? x : x.recorder().record(new Copy(x)).output();
    }
}
