package dev.rondo.onnx.operator;

import static dev.rondo.onnx.operator.Operators.single;

import dev.rondo.nn.Functional;
import dev.rondo.op.CumulativeSum;
import dev.rondo.op.Reduce;
import dev.rondo.op.TopK;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// One number for many.
final class Reductions {
    private Reductions() {}

    static void register(Map<String, Operator> into) {
        reduction(into, "ReduceSum", 13, Reduce.Function.SUM, x -> x, y -> y);
        reduction(into, "ReduceMean", 18, Reduce.Function.MEAN, x -> x, y -> y);
        reduction(into, "ReduceMax", 18, Reduce.Function.MAXIMUM, x -> x, y -> y);
        reduction(into, "ReduceMin", 18, Reduce.Function.MINIMUM, x -> x, y -> y);
        reduction(into, "ReduceProd", 18, Reduce.Function.PRODUCT, x -> x, y -> y);
        reduction(into, "ReduceL1", 18, Reduce.Function.SUM, Functional::abs, y -> y);
        reduction(into, "ReduceL2", 18, Reduce.Function.SUM, Functional::square, Functional::sqrt);
        reduction(into, "ReduceSumSquare", 18, Reduce.Function.SUM, Functional::square, y -> y);
        reduction(into, "ReduceLogSum", 18, Reduce.Function.SUM, x -> x, Functional::log);
        single(into, "ReduceLogSumExp", "axes keepdims noop_with_empty_axes", Reductions::logSumExp);
        single(into, "ArgMax", "axis keepdims select_last_index", call -> argument(call, true));
        single(into, "ArgMin", "axis keepdims select_last_index", call -> argument(call, false));
        single(
                into,
                "CumSum",
                "exclusive reverse",
                call -> call.record(new CumulativeSum(
                        call.input(0),
                        Math.toIntExact(call.knownLong(1, "axis")),
                        call.flag("exclusive", false),
                        call.flag("reverse", false))));
    }

    private static void reduction(
            Map<String, Operator> into,
            String name,
            long axesAsInputSince,
            Reduce.Function function,
            UnaryOperator<Value> before,
            UnaryOperator<Value> after) {
        single(into, name, "axes keepdims noop_with_empty_axes", call -> {
            int[] dimensions = dimensions(call, axesAsInputSince);
            Value x = before.apply(call.input(0));
            if (dimensions == null) {
                return after.apply(x);
            }
            Shape kept = Reduce.kept(x.shape(), dimensions);
            return squeezed(call, after.apply(call.record(new Reduce(function, x, kept))), dimensions);
        });
    }

    /// The dimensions to be reduced, or null for none.
    private static int @Nullable [] dimensions(Call call, long axesAsInputSince) {
        Shape shape = call.input(0).shape();
        long[] axes = Shapes.axes(call, "axes", 1, axesAsInputSince);
        if (axes != null && axes.length > 0) {
            return Shapes.dimensions(shape, axes);
        }
        boolean nothing = call.flag("noop_with_empty_axes", false);
        return nothing ? null : IntStream.range(0, shape.rank()).toArray();
    }

    private static Value squeezed(Call call, Value y, int... dimensions) {
        return call.flag("keepdims", true) ? y : Shapes.squeezed(y, dimensions);
    }

    /// The logarithm of a sum of exponentials, which the largest is taken out of lest they overflow.
    private static Value logSumExp(Call call) {
        Value x = call.input(0);
        int[] dimensions = dimensions(call, 18);
        if (dimensions == null) {
            return x;
        }
        Shape kept = Reduce.kept(x.shape(), dimensions);
        Value largest = call.record(new Reduce(Reduce.Function.MAXIMUM, x, kept));
        Value shifted = Functional.exp(Functional.subtract(x, largest));
        Value sum = call.record(new Reduce(Reduce.Function.SUM, shifted, kept));
        return squeezed(call, Functional.add(Functional.log(sum), largest), dimensions);
    }

    private static Value argument(Call call, boolean largest) {
        Value x = call.input(0);
        int dimension = Shapes.dimension(call, x.shape(), 0);
        TopK top = call.recorder().record(new TopK(x, dimension, 1, largest, call.flag("select_last_index", false)));
        return squeezed(call, top.indices(), dimension);
    }
}
