package dev.rondo.keras.layer;

import dev.rondo.keras.file.LayerConfig;
import dev.rondo.nn.Functional;
import dev.rondo.op.Pointwise;
import dev.rondo.op.Reduce;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Map;

/// Functions that make masks. Keras writes them into a graph, where a layer with a mask reads what they give.
///
/// Truths are F32, 1 or 0.
final class MaskFunctions {
    private MaskFunctions() {}

    static void register(Map<String, Layers.Factory> into) {
        into.put(
                "NotEqual",
                (config, _) -> Layer.ending(call -> {
                    if (call.numbers().size() != 1) {
                        throw config.malformed("compares tensors, which Rondo does not");
                    }
                    return differing(call.input().value(), call.numbers().getFirst());
                }));
        into.put(
                "LogicalOr",
                (_, _) -> Layer.ending(call -> {
                    if (call.inputs().size() != 2) {
                        throw new IllegalArgumentException(
                                "it reads two truths, not " + call.inputs().size());
                    }
                    return Functional.maximum(
                            Call.floats(call.inputs().getFirst().value()),
                            Call.floats(call.inputs().getLast().value()));
                }));
        into.put("ExpandDims", (config, _) -> {
            int axis = config.get("axis").asInt();
            return Layer.ending(call -> {
                Value x = call.x();
                return x.unsqueeze(axis < 0 ? axis + x.shape().rank() + 1 : axis);
            });
        });
        into.put("ZerosLike", (config, _) -> filled(config, 0));
        into.put("OnesLike", (config, _) -> filled(config, 1));
        into.put("Any", (config, _) -> any(config));
        into.put("Concatenate", (config, _) -> {
            int axis = config.integer("axis", 0);
            return Layer.ending(call -> Functional.concat(
                    call.inputs().stream()
                            .map(flow -> Call.floats(flow.value()))
                            .toList(),
                    axis));
        });
    }

    private static Layer filled(LayerConfig config, float number) {
        config.ignore("dtype");
        return Layer.ending(call -> call.record(Pointwise.expand(
                call.recorder().constant(Tensor.of(Shape.of(), number)),
                call.input().value().shape())));
    }

    private static Layer any(LayerConfig config) {
        int axis = config.get("axis").asInt();
        boolean keeps = config.flag("keepdims", false);
        return Layer.ending(call -> {
            Value x = call.x();
            int dimension = x.shape().dimension(axis);
            Value any = call.record(new Reduce(Reduce.Function.MAXIMUM, x, Reduce.kept(x.shape(), dimension)));
            return keeps ? any : any.select(dimension, 0);
        });
    }

    /// 1 where an element is another number, else 0.
    static Value differing(Value x, double number) {
        Recorder recorder = x.recorder();
        Value numbers = x.type() == DataType.U8
                ? recorder.record(Pointwise.cast(x, DataType.I64)).output()
                : x;
        Value other = recorder.constant(
                x.type() == DataType.F32
                        ? Tensor.of(Shape.of(), (float) number)
                        : Tensor.of(Shape.of(), (long) number));
        Value same = recorder.record(Pointwise.relation(Pointwise.Relation.EQUAL, numbers, other))
                .output();
        return recorder.record(Pointwise.where(same, number(recorder, 0), number(recorder, 1)))
                .output();
    }

    private static Value number(Recorder recorder, float number) {
        return recorder.constant(Tensor.of(Shape.of(), number));
    }

    /// The elements where the mask is not 0, and 0 elsewhere, whatever is there.
    static Value cleared(Value x, Value mask) {
        Recorder recorder = x.recorder();
        Value counts = recorder.record(Pointwise.cast(mask, DataType.U8)).output();
        return recorder.record(Pointwise.where(counts, x, number(recorder, 0))).output();
    }
}
