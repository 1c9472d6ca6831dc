package dev.rondo.onnx.operator;

import static dev.rondo.onnx.operator.Operators.single;

import dev.rondo.format.MalformedFileException;
import dev.rondo.op.Gather;
import dev.rondo.op.Pad;
import dev.rondo.op.Pointwise;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/// Parts of values, values with a margin, and repetitions.
final class Parts {
    private static final long LONGEST = 1 << 24; // of what is added to a dimension

    private Parts() {}

    static void register(Map<String, Operator> into) {
        Operators.add(into, "Split", "axis split num_outputs", Parts::split);
        single(into, "Slice", "starts ends axes", Parts::slice);
        single(into, "Pad", "mode pads value", Parts::pad);
        single(into, "Tile", "", Parts::tile);
        single(into, "Trilu", "upper", Parts::trilu);
    }

    private static List<Value> split(Call call) {
        Value x = call.input(0);
        int dimension = Shapes.dimension(call, x.shape(), 0);
        long[] sizes = Shapes.axes(call, "split", 1, 13);
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
        long[] axes = Shapes.axes(call, "axes", 3, 10);
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
                : Shapes.dimensions(x.shape(), call.knownLongs(3, "axes"));
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
            if (Math.max(before[d], after[d]) > LONGEST) {
                throw new IllegalArgumentException(
                        "dimension " + d + " is padded by more than " + LONGEST + " elements");
            }
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
                    default ->
                        throw new IllegalArgumentException(
                                "there is no padding of mode " + MalformedFileException.quote(mode));
                })
                .toArray();
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
            if (repeats[d] < 0 || size > 0 && repeats[d] > LONGEST / size) {
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
