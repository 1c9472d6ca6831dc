package dev.rondo.onnx.export;

import dev.rondo.onnx.graph.Graph;
import dev.rondo.op.Loop;
import dev.rondo.program.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/// Writes steps over sequences as ONNX's Scan: a graph that runs once a step, and reads what does not depend on the
/// step from the graph around.
record LoopExport(Exporter exporter, Writer writer, Loop first, Loop second) {
    void write() {
        List<String> inputs = IntStream.range(0, first.inputs().size())
                .mapToObj(i -> exporter.name(
                        new Twin(first.inputs().get(i), second.inputs().get(i))))
                .toList();
        Graph body = body();
        List<String> outputs = first.outputs().stream().map(exporter::output).toList();
        writer.node("Scan", inputs, outputs, "body", body, "num_scan_inputs", inputs.size() - first.stateCount());
    }

    private Graph body() {
        Writer graph = writer.inner();
        Exporter inner = exporter.inner(graph, first.body(), second.body());
        List<Graph.Slot> inputs = new ArrayList<>();
        for (Value value : first.given()) {
            inputs.add(slot(inner.output(value), value));
        }
        List<Graph.Slot> outputs = new ArrayList<>();
        for (int i = 0; i < first.results().size(); i++) {
            Value value = first.results().get(i);
            String name = inner.name(new Twin(value, second.results().get(i)));
            boolean isTaken = outputs.stream().anyMatch(output -> output.name().equals(name));
            boolean isOwn = graph.gives(name) && !isTaken;
            outputs.add(slot(isOwn ? name : graph.single("Identity", List.of(name)), value));
        }
        return new Graph("step", graph.nodes(), Map.of(), inputs, outputs);
    }

    private static Graph.Slot slot(String name, Value value) {
        return new Graph.Slot(name, Writer.type(value.type()), null);
    }
}
