package dev.rondo.onnx.operator;

import static dev.rondo.onnx.operator.Operators.single;

import dev.rondo.onnx.graph.ElementType;
import dev.rondo.op.Pointwise;
import dev.rondo.op.Pointwise.Relation;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import java.util.Map;

/// Truth, comparisons, choices and types.
final class Logic {
    private Logic() {}

    static void register(Map<String, Operator> into) {
        relation(into, "Equal", Relation.EQUAL, false);
        relation(into, "Less", Relation.LESS, false);
        relation(into, "LessOrEqual", Relation.LESS_OR_EQUAL, false);
        relation(into, "Greater", Relation.LESS, true);
        relation(into, "GreaterOrEqual", Relation.LESS_OR_EQUAL, true);
        truth(into, "And", (a, b) -> a & b);
        truth(into, "Or", (a, b) -> a | b);
        truth(into, "Xor", (a, b) -> a ^ b);
        single(into, "Not", "", call -> call.record(Pointwise.integers("not", truth(call.input(0)), (a, _) -> 1 - a)));
        single(into, "Where", "", call -> call.record(Pointwise.where(call.input(0), call.input(1), call.input(2))));
        single(into, "Cast", "to saturate round_mode", call -> cast(call, type(call.integer("to", 0))));
        single(
                into,
                "CastLike",
                "saturate round_mode",
                call -> Elementwise.cast(call, call.input(0), call.input(1).type()));
        single(into, "IsNaN", "", call -> {
            Value x = call.input(0);
            Value same = call.record(Pointwise.relation(Relation.EQUAL, x, x));
            return call.record(Pointwise.integers("not", same, (a, _) -> 1 - a));
        });
        single(into, "IsInf", "detect_negative detect_positive", Logic::isInfinite);
    }

    private static void relation(Map<String, Operator> into, String name, Relation relation, boolean swapped) {
        single(
                into,
                name,
                "",
                call -> call.record(
                        Pointwise.relation(relation, call.input(swapped ? 1 : 0), call.input(swapped ? 0 : 1))));
    }

    private static void truth(Map<String, Operator> into, String name, Pointwise.OfIntegers function) {
        single(
                into,
                name,
                "",
                call -> call.record(Pointwise.integers(name, truth(call.input(0)), truth(call.input(1)), function)));
    }

    private static Value truth(Value x) {
        if (x.type() != DataType.U8) {
            throw new IllegalArgumentException("it takes truth values, not " + x.type());
        }
        return x;
    }

    static ElementType type(long number) {
        ElementType type = ElementType.of(number);
        if (type == null || type.dataType() == null) {
            throw new IllegalArgumentException("it asks for ONNX's type " + number + ", which Rondo does not know");
        }
        return type;
    }

    private static Value cast(Call call, ElementType type) {
        Value x = call.input(0);
        Value y = Elementwise.cast(call, x, type.dataType());
        boolean narrow = type.dataType() == DataType.I64 && type.byteSize() < Long.BYTES && x.type() != DataType.U8;
        if (narrow) {
            return call.record(Pointwise.integers("narrow to " + type, y, (a, _) -> type.narrowed(a)));
        }
        return switch (type) {
            case FLOAT16 ->
                call.record(Pointwise.floats(
                        "round to " + type, y, (a, _) -> Float.float16ToFloat(Float.floatToFloat16((float) a))));
            case BFLOAT16 -> call.record(Pointwise.floats("round to " + type, y, (a, _) -> bfloat16((float) a)));
            default -> y;
        };
    }

    /// To the nearest, halves to the even one.
    private static float bfloat16(float x) {
        int bits = Float.floatToRawIntBits(x);
        return Float.isNaN(x) ? x : Float.intBitsToFloat((bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000);
    }

    private static Value isInfinite(Call call) {
        boolean negative = call.flag("detect_negative", true);
        boolean positive = call.flag("detect_positive", true);
        Value found = call.record(Pointwise.floats(
                "is infinite",
                call.input(0),
                (x, _) -> negative && x == Double.NEGATIVE_INFINITY || positive && x == Double.POSITIVE_INFINITY
                        ? 1
                        : 0));
        return call.record(Pointwise.cast(found, DataType.U8));
    }
}
