package dev.rondo.onnx.operator;

import static dev.rondo.onnx.operator.Operators.single;

import dev.rondo.nn.Functional;
import dev.rondo.op.Concat;
import dev.rondo.op.Gather;
import dev.rondo.op.Pad;
import dev.rondo.op.Pointwise;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
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
        Operators.add(into, "Split", "axis split num_outputs", Shapes::split);
        single(into, "Slice", "starts ends axes", Shapes::slice);
        single(into, "Pad", "mode pads value", Shapes::pad);
        single(into, "Expand", "", Shapes::expand);
        single(into, "Tile", "", Shapes::tile);
        single(into, "Range", "", Shapes::range);
        single(into, "ConstantOfShape", "value", Shapes::constantOfShape);
        single(into, "Constant", "value value_float value_floats value_int value_ints", Shapes::constant);
        single(into, "Trilu", "upper", Shapes::trilu);
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

    private static List<Value> split(Call call) {
        Value x = call.input(0);
        int dimension = dimension(call, x.shape(), 0);
        long[] sizes = axes(call, "split", 1, 13);
        long size = x.shape().size(dimension);
        if (sizes == null) {
            int count = Math.toIntExact(call.integer("num_outputs", call.outputCount()));
            if (count < 1) {
                throw new IllegalArgumentException("it splits into " + count + " parts");
            }
            long part = (size + count - 1) / count;
            sizes = new long[count];
            for (int i = 0; i < count; i++) {
                sizes[i] = Math.clamp(size - i * part, 0, part);
            }
        }
        if (LongStream.of(sizes).sum() != size) {
            throw new IllegalArgumentException(
                    "its parts " + Arrays.toString(sizes) + " are not the size " + size + " of dimension " + dimension);
        }
        List<Value> parts = new ArrayList<>();
        long from = 0;
        for (long part : sizes) {
            parts.add(x.slice(dimension, from, from + part));
            from += part;
        }
        return parts;
    }

    private static Value slice(Call call) {
        Value x = call.input(0);
        boolean asInputs = call.opset() >= 10;
        long[] starts = asInputs ? call.knownLongs(1, "starts") : call.integers("starts");
        long[] ends = asInputs ? call.knownLongs(2, "ends") : call.integers("ends");
        long[] axes = axes(call, "axes", 3, 10);
        long[] steps = asInputs && call.optional(4) != null ? call.knownLongs(4, "steps") : null;
        if (starts == null
                || ends == null
                || starts.length != ends.length
                || axes != null && axes.length != starts.length
                || steps != null && steps.length != starts.length) {
            throw new IllegalArgumentException("its starts, ends, axes and steps are not as many as each other");
        }
        Value y = x;
        for (int i = 0; i < starts.length; i++) {
            int dimension = x.shape().dimension(Math.toIntExact(axes == null ? i : axes[i]));
            y = sliced(call, y, dimension, starts[i], ends[i], steps == null ? 1 : steps[i]);
        }
        return y;
    }

    private static Value sliced(Call call, Value x, int dimension, long start, long end, long step) {
        long size = x.shape().size(dimension);
        if (step == 0) {
            throw new IllegalArgumentException("it slices in steps of 0");
        }
        boolean up = step > 0;
        long from = Math.clamp(start < 0 ? start + size : start, 0, up ? size : size - 1);
        long to = Math.clamp(end < 0 ? end + size : end, up ? 0 : -1, size);
        if (step == 1) {
            return x.slice(dimension, from, Math.max(from, to));
        }
        long count = up ? Math.max(0, (to - from + step - 1) / step) : Math.max(0, (to - from + step + 1) / step);
        if (size == 0) {
            return x;
        }
        return picked(
                call,
                x,
                dimension,
                LongStream.range(0, count).map(i -> from + i * step).toArray());
    }

    /// Parts of a dimension by their indices.
    private static Value picked(Call call, Value x, int dimension, long... indices) {
        return call.record(Gather.select(x, dimension, call.literal(Shape.of(indices.length), indices)));
    }

    private static Value pad(Call call) {
        Value x = call.input(0);
        int rank = x.shape().rank();
        boolean asInputs = call.opset() >= 11;
        long[] pads = asInputs ? call.knownLongs(1, "pads") : call.integers("pads");
        double margin =
                asInputs ? call.optional(2) == null ? 0 : call.knownNumber(2, "constant") : call.real("value", 0);
        int[] dimensions = call.optional(3) == null
                ? IntStream.range(0, rank).toArray()
                : dimensions(x.shape(), call.knownLongs(3, "axes"));
        if (pads == null || pads.length != 2 * dimensions.length) {
            throw new IllegalArgumentException("its pads are not two numbers for each dimension");
        }
        long[] before = new long[rank];
        long[] after = new long[rank];
        Value y = x;
        for (int i = 0; i < dimensions.length; i++) {
            int d = dimensions[i];
            before[d] = pads[i];
            after[d] = pads[dimensions.length + i];
            y = y.slice(d, Math.max(0, -before[d]), y.shape().size(d) - Math.max(0, -after[d]));
            before[d] = Math.max(0, before[d]);
            after[d] = Math.max(0, after[d]);
        }
        String mode = call.text("mode", "constant");
        if (mode.equals("constant")) {
            return call.record(new Pad(y, before, after, margin));
        }
        for (int d = 0; d < rank; d++) {
            if (before[d] + after[d] > 0) {
                y = picked(call, y, d, margin(mode, y.shape().size(d), before[d], after[d]));
            }
        }
        return y;
    }

    private static long[] margin(String mode, long size, long before, long after) {
        if (size == 0 || mode.equals("reflect") && Math.max(before, after) >= Math.max(2, size)) {
            throw new IllegalArgumentException("a dimension of size " + size + " cannot be padded by "
                    + Math.max(before, after) + " elements of its own");
        }
        return LongStream.range(-before, size + after)
                .map(i -> switch (mode) {
                    case "edge" -> Math.clamp(i, 0, size - 1);
                    case "wrap" -> Math.floorMod(i, size);
                    case "reflect" -> size == 1 ? 0 : i < 0 ? -i : i < size ? i : 2 * (size - 1) - i;
                    default -> throw new IllegalArgumentException("there is no padding of mode " + mode);
                })
                .toArray();
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

    private static Value tile(Call call) {
        Value x = call.input(0);
        long[] repeats = call.knownLongs(1, "repeats");
        if (repeats.length != x.shape().rank()) {
            throw new IllegalArgumentException("its repeats are not one for each dimension of " + x.shape());
        }
        Value y = x;
        for (int d = 0; d < repeats.length; d++) {
            long size = x.shape().size(d);
            if (repeats[d] < 0 || Math.multiplyExact(size, repeats[d]) > LONGEST_RANGE) {
                throw new IllegalArgumentException("dimension " + d + " cannot be repeated " + repeats[d] + " times");
            }
            if (repeats[d] != 1) {
                y = picked(
                        call,
                        y,
                        d,
                        LongStream.range(0, size * repeats[d])
                                .map(i -> i % size)
                                .toArray());
            }
        }
        return y;
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

    /// The triangle above a diagonal, or below it; zeros elsewhere.
    private static Value trilu(Call call) {
        Value x = call.input(0);
        boolean upper = call.flag("upper", true);
        long diagonal = call.optional(1) == null ? 0 : call.knownLong(1, "diagonal");
        int rows = Math.toIntExact(x.shape().size(-2));
        int columns = Math.toIntExact(x.shape().size(-1));
        long[] kept = new long[Math.multiplyExact(rows, columns)];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                kept[i * columns + j] = (upper ? j >= i + diagonal : j <= i + diagonal) ? 1 : 0;
            }
        }
        Value mask = call.record(Pointwise.cast(call.literal(Shape.of(rows, columns), kept), DataType.U8));
        return call.record(Pointwise.where(mask, x, call.literal(x.type(), 0)));
    }
}
