package dev.rondo.onnx.operator;

import static dev.rondo.onnx.operator.Operators.single;

import dev.rondo.nn.Functional;
import dev.rondo.op.MatMul;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Products of matrices.
final class Products {
    private Products() {}

    static void register(Map<String, Operator> into) {
        single(into, "MatMul", "", call -> multiply(call, call.input(0), call.input(1)));
        single(into, "Gemm", "alpha beta transA transB", Products::gemm);
    }

    /// NumPy's `matmul`.
    static Value multiply(Call call, Value a, Value b) {
        if (a.shape().rank() == 0 || b.shape().rank() == 0) {
            throw new IllegalArgumentException("it cannot multiply " + a.shape() + " and " + b.shape());
        }
        if (a.shape().rank() == 1) {
            Value product = multiply(call, a.unsqueeze(0), b);
            return product.select(b.shape().rank() == 1 ? 0 : -2, 0);
        }
        if (b.shape().rank() == 1) {
            return multiply(call, a, b.unsqueeze(1)).select(-1, 0);
        }
        if (isMatrix(b)) {
            return linear(call, a, transposed(call, b), null);
        }
        if (b.shape().rank() == 2 && a.shape().rank() > 2) {
            long[] sizes = a.shape().sizes();
            long rows = LongStream.of(sizes).limit(sizes.length - 1).reduce(1, (x, y) -> x * y);
            Value flat = Functional.contiguous(a).reshape(rows, a.shape().size(-1));
            return call.record(new MatMul(flat, b))
                    .reshape(a.shape().with(-1, b.shape().size(1)).sizes());
        }
        Value left = a;
        Value right = b;
        while (left.shape().rank() < right.shape().rank()) {
            left = left.unsqueeze(0);
        }
        while (right.shape().rank() < left.shape().rank()) {
            right = right.unsqueeze(0);
        }
        return call.record(new MatMul(left, right));
    }

    private static boolean isMatrix(Value b) {
        return b.constant() != null
                && b.type() == DataType.F32
                && b.shape().rank() == 2
                && b.shape().elements() > 0;
    }

    private static Value linear(Call call, Value x, Value weight, @Nullable Value bias) {
        return call.fusion().linear(x, weight, bias);
    }

    /// A constant matrix with rows and columns exchanged, made once for the model.
    private static Value transposed(Call call, Value matrix) {
        Tensor tensor = matrix.constant();
        return call.recorder().constant(call.derived().of("transposed", List.of(tensor), () -> transposed(tensor)));
    }

    static Tensor transposed(Tensor matrix) {
        long rows = matrix.shape().size(0);
        long columns = matrix.shape().size(1);
        Tensor result = Tensor.allocate(Arena.ofAuto(), Shape.of(columns, rows), DataType.F32);
        for (long i = 0; i < rows; i++) {
            for (long j = 0; j < columns; j++) {
                result.data()
                        .setAtIndex(
                                ValueLayout.JAVA_FLOAT,
                                j * rows + i,
                                matrix.data().getAtIndex(ValueLayout.JAVA_FLOAT, i * columns + j));
            }
        }
        return result;
    }

    /// `alpha A' B' + beta C`
    private static Value gemm(Call call) {
        Value a = call.flag("transA", false) ? call.input(0).transpose(0, 1) : call.input(0);
        Value b = call.input(1);
        boolean turned = call.flag("transB", false);
        float alpha = call.real("alpha", 1);
        float beta = call.real("beta", 1);
        Value product;
        if (isMatrix(b)) {
            product = linear(call, a, turned ? b : transposed(call, b), null);
        } else {
            product = call.record(new MatMul(a, turned ? b.transpose(0, 1) : b));
        }
        Value c = beta == 0 ? null : call.optional(2);
        Value fused =
                c == null || alpha != 1 || beta != 1 ? null : call.fusion().withBias(product, c);
        if (fused != null) {
            return fused;
        }
        Value scaled = alpha == 1 ? product : Functional.multiply(product, alpha);
        return c == null ? scaled : Functional.add(scaled, beta == 1 ? c : Functional.multiply(c, beta));
    }
}
