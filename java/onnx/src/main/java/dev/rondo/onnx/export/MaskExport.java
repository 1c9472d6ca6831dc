package dev.rondo.onnx.export;

import dev.rondo.onnx.graph.ElementType;
import dev.rondo.op.MaskedSteps;
import dev.rondo.program.Value;
import java.util.List;

/// Writes where the steps are that count ([MaskedSteps]).
record MaskExport(Exporter exporter, Writer writer) {
    void write(MaskedSteps first, MaskedSteps second) {
        Twin mask = new Twin(first.inputs().getFirst(), second.inputs().getFirst());
        String counts = writer.single("Cast", List.of(exporter.name(mask)), "to", ElementType.BOOL.number());
        String ones = writer.single("Cast", List.of(counts), "to", ElementType.INT64.number());
        String one = writer.integer(1);
        String before = writer.single("CumSum", List.of(ones, one)); // the step itself included
        String count = writer.single("ReduceSum", List.of(ones, writer.integers(1)), "keepdims", 1); // (N, 1)
        String all = writer.single("Squeeze", List.of(exporter.size(mask.size(1))));
        String steps = writer.single("Range", List.of(writer.integer(0), all, one));
        String others = writer.single("Sub", List.of(writer.single("Add", List.of(count, steps)), before));
        String place = writer.single(
                "Where", List.of(counts, writer.single("Sub", List.of(before, one)), others)); // in the order
        String each = writer.single("Add", List.of(steps, writer.single("Sub", List.of(place, place))));
        String order = writer.single("ScatterElements", List.of(place, place, each), "axis", 1);
        String next = writer.single("Add", List.of(before, one));
        String isNext = writer.single("Less", List.of(before, count));
        String ahead = writer.single("Where", List.of(isNext, next, writer.integer(0)));
        column(first.order(), order);
        writer.node(
                "Squeeze",
                List.of(writer.single("Max", List.of(count, one)), writer.integers(1)),
                List.of(exporter.output(first.lengths())));
        column(first.some(), writer.single("Min", List.of(count, one)));
        column(first.forward(), before);
        column(first.backward(), writer.single("Where", List.of(counts, before, ahead)));
        column(first.own(), writer.single("Mul", List.of(ones, before)));
    }

    private void column(Value value, String numbers) {
        writer.node("Unsqueeze", List.of(numbers, writer.integers(2)), List.of(exporter.output(value)));
    }
}
