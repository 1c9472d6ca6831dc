package dev.rondo.onnx.export;

import dev.rondo.onnx.graph.ElementType;
import dev.rondo.onnx.graph.Graph;
import dev.rondo.op.Scan;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Writes recurrences that only read their own element ([Scan]) as ONNX's Scan.
record ElementScanExport(Exporter exporter, Writer writer, Scan first, Scan second) {
    void write() {
        List<String> inputs = new ArrayList<>();
        inputs.add(initial());
        String x = exporter.name(new Twin(first.x(), second.x()));
        boolean isGated = first.gate() != null;
        inputs.add(isGated ? activated(writer, x) : x);
        if (isGated) {
            inputs.add(exporter.name(new Twin(first.gate(), second.gate())));
        }
        String weight = first.weight() == null ? "" : exporter.name(new Twin(first.weight(), second.weight()));
        writer.node(
                "Scan",
                inputs,
                List.of(writer.fresh("last"), exporter.output(first.output())),
                "body",
                isGated ? gated(weight) : independent(weight),
                "num_scan_inputs",
                inputs.size() - 1);
    }

    private String initial() {
        if (first.initial() != null) {
            return exporter.name(new Twin(first.initial(), second.initial()));
        }
        Twin x = new Twin(first.x(), second.x());
        String shape = writer.single("Concat", List.of(exporter.size(x.size(1)), exporter.size(x.size(2))), "axis", 0);
        return writer.single("ConstantOfShape", List.of(shape));
    }

    private String activated(Writer graph, String x) {
        return switch (first.activation()) {
            case null -> x;
            case TANH -> graph.single("Tanh", List.of(x));
            default -> graph.single("Relu", List.of(x));
        };
    }

    /// `h + (1 - f) (x - h)`, where x has been through the activation.
    private Graph gated(String weight) {
        Writer step = writer.inner();
        String h = step.fresh("h");
        String x = step.fresh("x");
        String gate = step.fresh("gate");
        String argument =
                weight.isEmpty() ? gate : step.single("Add", List.of(gate, step.single("Mul", List.of(weight, h))));
        String f = step.single("Sigmoid", List.of(argument));
        String taken =
                first.isUpdate() ? f : step.single("Sub", List.of(step.constant("one", Tensor.of(Shape.of(), 1f)), f));
        String change = step.single("Mul", List.of(taken, step.single("Sub", List.of(x, h))));
        return body(step, List.of(h, x, gate), step.single("Add", List.of(h, change)));
    }

    private Graph independent(String weight) {
        Writer step = writer.inner();
        String h = step.fresh("h");
        String x = step.fresh("x");
        String sum = step.single("Add", List.of(x, step.single("Mul", List.of(weight, h))));
        return body(step, List.of(h, x), activated(step, sum));
    }

    private static Graph body(Writer step, List<String> inputs, String h) {
        List<String> outputs = List.of(h, step.single("Identity", List.of(h)));
        return new Graph("step", step.nodes(), Map.of(), slots(inputs), slots(outputs));
    }

    private static List<Graph.Slot> slots(List<String> names) {
        return names.stream()
                .map(name -> new Graph.Slot(name, ElementType.FLOAT, null))
                .toList();
    }
}
