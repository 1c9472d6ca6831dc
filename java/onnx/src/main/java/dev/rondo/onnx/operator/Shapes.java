package dev.rondo.onnx.operator;

import static dev.rondo.onnx.operator.Operators.single;

import dev.rondo.nn.Functional;
import dev.rondo.op.Concat;
import dev.rondo.op.Pointwise;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Shapes, and elements that only change their places.
final class Shapes {
    private static final long LONGEST_RANGE = 1 << 24;

    private Shapes() {}

    static void register(Map<String, Operator> into) {
        single(into, "Shape", "start end", Shapes::shape);
        single(
                into,
                "Size",
                "",
                call -> call.literal(Shape.of(), call.input(0).shape().elements()));
        single(into, "Reshape", "allowzero", Shapes::reshape);
        single(into, "Flatten", "axis", Shapes::flatten);
        single(into, "Squeeze", "axes", Shapes::squeeze);
        single(into, "Unsqueeze", "axes", Shapes::unsqueeze);
        single(into, "Transpose", "perm", Shapes::transpose);
        single(into, "Concat", "axis", Shapes::concat);
        single(into, "Expand", "", Shapes::expand);
        single(into, "Range", "", Shapes::range);
        single(into, "ConstantOfShape", "value", Shapes::constantOfShape);
        single(into, "Constant", "value value_float value_floats value_int value_ints", Shapes::constant);
    }

    /// The integers of an attribute in older versions of an operator, or of an input in newer ones; null if left out.
    static long @Nullable [] axes(Call call, String attribute, int input, long inputSince) {
        if (call.opset() < inputSince) {
            return call.integers(attribute);
        }
        return call.optional(input) == null ? null : call.knownLongs(input, attribute);
    }

    static int[] dimensions(Shape shape, long... axes) {
        return LongStream.of(axes)
                .mapToInt(axis -> shape.dimension(Math.toIntExact(axis)))
                .toArray();
    }

    static int dimension(Call call, Shape shape, long otherwise) {
        return shape.dimension(Math.toIntExact(call.integer("axis", otherwise)));
    }

    private static Value shape(Call call) {
        long[] sizes = call.input(0).shape().sizes();
        int from = clamped(call.integer("start", 0), sizes.length);
        int to = clamped(call.integer("end", sizes.length), sizes.length);
        long[] part = from < to ? Arrays.copyOfRange(sizes, from, to) : new long[0];
        return call.literal(Shape.of(part.length), part);
    }

    private static int clamped(long position, int rank) {
        return (int) Math.clamp(position < 0 ? position + rank : position, 0L, rank);
    }

    private static Value reshape(Call call) {
        Value x = call.input(0);
        long[] sizes = call.knownLongs(1, "shape");
        int open = -1;
        long product = 1;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == 0 && !call.flag("allowzero", false)) {
                sizes[i] = x.shape().size(i);
            }
            if (sizes[i] == -1 && open < 0) {
                open = i;
            } else {
                product = Math.multiplyExact(product, sizes[i]);
            }
        }
        if (open >= 0) {
            sizes[open] = product == 0 ? 0 : x.shape().elements() / product;
        }
        return reshaped(x, sizes);
    }

    static Value reshaped(Value x, long... sizes) {
        return Functional.contiguous(x).reshape(sizes);
    }

    private static Value flatten(Call call) {
        Value x = call.input(0);
        long axis = call.integer("axis", 1);
        return matrix(x, Math.toIntExact(axis < 0 ? axis + x.shape().rank() : axis));
    }

    /// The elements as a matrix whose rows are the dimensions before the axis.
    static Value matrix(Value x, int axis) {
        long[] sizes = x.shape().sizes();
        if (axis < 0 || axis > sizes.length) {
            throw new IllegalArgumentException("shape " + x.shape() + " has no dimension " + axis);
        }
        long rows = LongStream.of(sizes).limit(axis).reduce(1, (a, b) -> a * b);
        long columns = LongStream.of(sizes).skip(axis).reduce(1, (a, b) -> a * b);
        return reshaped(x, rows, columns);
    }

    private static Value squeeze(Call call) {
        Value x = call.input(0);
        long[] axes = axes(call, "axes", 1, 13);
        int[] dimensions = axes == null
                ? IntStream.range(0, x.shape().rank())
                        .filter(i -> x.shape().size(i) == 1)
                        .toArray()
                : dimensions(x.shape(), axes);
        return squeezed(x, dimensions);
    }

    /// Without some dimensions of size 1; a view.
    static Value squeezed(Value x, int... dimensions) {
        Value y = x;
        int[] last = IntStream.of(dimensions).distinct().sorted().toArray();
        for (int i = last.length - 1; i >= 0; i--) {
            if (y.shape().size(last[i]) != 1) {
                throw new IllegalArgumentException("dimension " + last[i] + " of " + x.shape() + " is not of size 1");
            }
            y = y.select(last[i], 0);
        }
        return y;
    }

    private static Value unsqueeze(Call call) {
        Value x = call.input(0);
        long[] axes = axes(call, "axes", 1, 13);
        if (axes == null) {
            throw new IllegalArgumentException("its axes are missing");
        }
        int rank = x.shape().rank() + axes.length;
        int[] places = LongStream.of(axes)
                .mapToInt(axis -> Math.toIntExact(axis < 0 ? axis + rank : axis))
                .sorted()
                .toArray();
        Value y = x;
        for (int place : places) {
            if (place < 0 || place > y.shape().rank()) {
                throw new IllegalArgumentException(
                        "its axes " + Arrays.toString(axes) + " do not go with an input of shape " + x.shape());
            }
            y = y.unsqueeze(place);
        }
        return y;
    }

    private static Value transpose(Call call) {
        Value x = call.input(0);
        int rank = x.shape().rank();
        long[] order = call.integers("perm");
        return x.permute(
                order == null
                        ? IntStream.range(0, rank).map(i -> rank - 1 - i).toArray()
                        : LongStream.of(order).mapToInt(Math::toIntExact).toArray());
    }

    private static Value concat(Call call) {
        List<Value> parts = call.inputs();
        int dimension = dimension(call, parts.getFirst().shape(), 1);
        return parts.size() == 1 ? parts.getFirst() : call.record(new Concat(parts, dimension));
    }

    private static Value expand(Call call) {
        Value x = call.input(0);
        long[] sizes = call.knownLongs(1, "shape");
        int rank = Math.max(sizes.length, x.shape().rank());
        long[] target = new long[rank];
        for (int i = 1; i <= rank; i++) {
            long wanted = i <= sizes.length ? sizes[sizes.length - i] : 1;
            long own = i <= x.shape().rank() ? x.shape().size(-i) : 1;
            target[rank - i] = wanted == 1 ? own : wanted;
        }
        return target.length == x.shape().rank() && Shape.of(target).equals(x.shape())
                ? x
                : call.record(Pointwise.expand(x, Shape.of(target)));
    }

    private static Value range(Call call) {
        double start = call.knownNumber(0, "start");
        double limit = call.knownNumber(1, "limit");
        double delta = call.knownNumber(2, "delta");
        double count = Math.max(0, Math.ceil((limit - start) / delta));
        if (!(count <= LONGEST_RANGE)) {
            throw new IllegalArgumentException("its range has " + count + " elements, more than " + LONGEST_RANGE);
        }
        int size = (int) count;
        if (call.input(0).type() == DataType.I64) {
            return call.literal(
                    Shape.of(size),
                    LongStream.range(0, size)
                            .map(i -> (long) start + i * (long) delta)
                            .toArray());
        }
        float[] values = new float[size];
        for (int i = 0; i < size; i++) {
            values[i] = (float) (start + i * delta);
        }
        return call.literal(Shape.of(size), values);
    }

    private static Value constantOfShape(Call call) {
        Tensor value = call.tensor("value");
        Shape shape = Shape.of(call.knownLongs(0, "shape"));
        Value element = value == null
                ? call.literal(Shape.of(), 0f)
                : reshaped(call.recorder().constant(value));
        return call.record(Pointwise.expand(element, shape));
    }

    private static Value constant(Call call) {
        Tensor tensor = call.tensor("value");
        if (tensor != null) {
            return call.recorder().constant(tensor);
        }
        if (call.has("value_float")) {
            return call.literal(Shape.of(), call.real("value_float", 0));
        }
        if (call.has("value_int")) {
            return call.literal(Shape.of(), call.integer("value_int", 0));
        }
        long[] integers = call.has("value_ints") ? call.integers("value_ints") : null;
        if (integers != null) {
            return call.literal(Shape.of(integers.length), integers);
        }
        List<Float> reals = call.reals("value_floats");
        float[] values = new float[reals.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = reals.get(i);
        }
        return call.literal(Shape.of(values.length), values);
    }
}
