package dev.rondo.onnx.operator;

import static dev.rondo.onnx.operator.Operators.single;

import dev.rondo.format.MalformedFileException;
import dev.rondo.op.Gather;
import dev.rondo.op.GatherSlices;
import dev.rondo.op.Pointwise;
import dev.rondo.op.ReverseSequence;
import dev.rondo.op.Scatter;
import dev.rondo.op.TopK;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/// Elements by their indices.
final class Selection {
    private Selection() {}

    static void register(Map<String, Operator> into) {
        single(into, "Gather", "axis", Selection::gather);
        single(into, "GatherElements", "axis", Selection::gatherElements);
        single(
                into,
                "GatherND",
                "batch_dims",
                call -> call.record(new GatherSlices(
                        call.input(0), call.input(1), Math.toIntExact(call.integer("batch_dims", 0)))));
        single(
                into,
                "ScatterND",
                "reduction",
                call -> call.record(Scatter.slices(call.input(0), call.input(1), call.input(2), combination(call))));
        single(
                into,
                "ScatterElements",
                "axis reduction",
                call -> call.record(Scatter.each(
                        call.input(0),
                        Shapes.dimension(call, call.input(0).shape(), 0),
                        call.input(1),
                        call.input(2),
                        combination(call))));
        single(into, "OneHot", "axis", Selection::oneHot);
        Operators.add(into, "TopK", "axis largest sorted k", Selection::topK);
        single(into, "ReverseSequence", "batch_axis time_axis", Selection::reverseSequence);
    }

    private static Value gather(Call call) {
        Value x = call.input(0);
        Value ids = call.input(1);
        int dimension = Shapes.dimension(call, x.shape(), 0);
        Tensor known = ids.known();
        if (known != null && ids.shape().rank() == 0 && ids.type() == DataType.I64) {
            long index = known.toLongArray()[0];
            return x.select(dimension, index < 0 ? index + x.shape().size(dimension) : index);
        }
        Value flat = Shapes.reshaped(
                fromFront(call, ids, x.shape().size(dimension)), ids.shape().elements());
        Value picked = call.record(Gather.select(x, dimension, flat));
        long[] sizes = x.shape().sizes();
        return picked.reshape(LongStream.concat(
                        LongStream.concat(
                                LongStream.of(sizes).limit(dimension),
                                LongStream.of(ids.shape().sizes())),
                        LongStream.of(sizes).skip(dimension + 1L))
                .toArray());
    }

    /// Indices counted from the first element, where negative ones count from the last.
    private static Value fromFront(Call call, Value ids, long size) {
        return call.record(Pointwise.integers("index", ids, (id, _) -> id < 0 ? id + size : id));
    }

    private static Value gatherElements(Call call) {
        Value x = call.input(0);
        Value ids = call.input(1);
        int dimension = Shapes.dimension(call, x.shape(), 0);
        if (ids.shape().rank() != x.shape().rank()) {
            throw new IllegalArgumentException("indices of shape " + ids.shape() + " do not go with " + x.shape());
        }
        Value part = x;
        for (int d = 0; d < x.shape().rank(); d++) {
            if (d != dimension) {
                part = part.slice(d, 0, ids.shape().size(d));
            }
        }
        return call.record(
                Gather.each(part, dimension, fromFront(call, ids, x.shape().size(dimension))));
    }

    private static Scatter.Combination combination(Call call) {
        String reduction = call.text("reduction", "none");
        return switch (reduction) {
            case "none" -> Scatter.Combination.REPLACE;
            case "add" -> Scatter.Combination.ADD;
            case "mul" -> Scatter.Combination.MULTIPLY;
            case "max" -> Scatter.Combination.MAXIMUM;
            case "min" -> Scatter.Combination.MINIMUM;
            default ->
                throw new IllegalArgumentException("there is no reduction " + MalformedFileException.quote(reduction));
        };
    }

    private static Value oneHot(Call call) {
        Value ids = Elementwise.cast(call, call.input(0), DataType.I64);
        long depth = (long) call.knownNumber(1, "depth");
        Value values = call.input(2);
        int rank = ids.shape().rank();
        long axis = call.integer("axis", -1);
        int place = Math.toIntExact(axis < 0 ? axis + rank + 1 : axis);
        long[] sizes = new long[rank + 1];
        Arrays.fill(sizes, 1);
        sizes[place] = depth;
        Value classes = call.literal(Shape.of(sizes), LongStream.range(0, depth).toArray());
        Value own = fromFront(call, ids, depth).unsqueeze(place);
        Value hot = call.record(Pointwise.relation(Pointwise.Relation.EQUAL, own, classes));
        return call.record(Pointwise.where(hot, values.select(0, 1), values.select(0, 0)));
    }

    private static List<Value> topK(Call call) {
        Value x = call.input(0);
        long k = call.opset() < 10 ? call.integer("k", 0) : call.knownLong(1, "k");
        TopK top = call.recorder()
                .record(new TopK(x, Shapes.dimension(call, x.shape(), -1), k, call.flag("largest", true), false));
        return List.of(top.values(), top.indices());
    }

    private static Value reverseSequence(Call call) {
        Value x = call.input(0);
        long time = call.integer("time_axis", 0);
        long batch = call.integer("batch_axis", 1);
        if (time + batch != 1 || time * batch != 0) {
            throw new IllegalArgumentException("its time and batch axes are not 0 and 1");
        }
        Value timeFirst = time == 0 ? x : x.transpose(0, 1);
        Value reversed = call.record(new ReverseSequence(timeFirst, call.input(1)));
        return time == 0 ? reversed : reversed.transpose(0, 1);
    }
}
