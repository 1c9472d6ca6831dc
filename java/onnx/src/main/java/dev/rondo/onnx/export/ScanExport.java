package dev.rondo.onnx.export;

import dev.rondo.onnx.graph.ElementType;
import dev.rondo.onnx.graph.Graph;
import dev.rondo.op.Cell;
import dev.rondo.op.GateFunction;
import dev.rondo.op.GeneralRecurrent;
import dev.rondo.op.Recurrent;
import dev.rondo.program.Direction;
import dev.rondo.program.Merge;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Writes recurrent layers that ONNX has no operator for, those with projections, attention, directions in another
/// order, or activations that it lacks, as its Scan: a graph that runs once a step. The input's share of the gates is
/// computed before, for all steps.
record ScanExport(
        Exporter exporter, Writer writer, Operations operations, RecurrentLayer first, RecurrentLayer second) {
    /// Whether a layer is one of these.
    static boolean serves(RecurrentLayer layer) {
        boolean isInOrder = layer.directions().size() == 1
                || layer.directions().equals(List.of(Direction.LEFT_TO_RIGHT, Direction.RIGHT_TO_LEFT));
        return !isInOrder
                || layer.cell().hasAttention()
                || layer.weights().getFirst().projectionWeight() != null
                || IntStream.range(0, layer.directions().size())
                        .boxed()
                        .flatMap(d -> layer.functions(d).stream())
                        .anyMatch(function -> FunctionExport.name(function) == null);
    }

    void write() {
        String counts = counts();
        List<String> outputs = new ArrayList<>();
        List<List<String>> states = List.of(new ArrayList<>(), new ArrayList<>());
        for (int d = 0; d < first.directions().size(); d++) {
            List<String> results = direction(d, counts);
            for (int i = 0; i < results.size() - 1; i++) {
                states.get(i).add(writer.single("Unsqueeze", List.of(results.get(i), writer.integers(0))));
            }
            outputs.add(results.getLast());
        }
        output(outputs);
        for (int i = 1; i < first.outputs().size(); i++) {
            String name = exporter.output(first.outputs().get(i));
            writer.node("Concat", states.get(i - 1), List.of(name), "axis", 0);
        }
    }

    private void output(List<String> directions) {
        boolean sums = first.merge() == Merge.SUM && directions.size() == 2;
        String output = exporter.output(first.output());
        String joined = first.isBatchFirst() ? writer.fresh("joined") : output;
        if (sums) {
            writer.node("Add", directions, List.of(joined));
        } else {
            writer.node("Concat", directions, List.of(joined), "axis", 2);
        }
        if (first.isBatchFirst()) {
            writer.node("Transpose", List.of(joined), List.of(output), "perm", new int[] {1, 0, 2});
        }
    }

    /// 1 where a step counts, else 0: (T, N, 1); or nothing where all do.
    private String counts() {
        if (first.lengths() == null) {
            return "";
        }
        String lengths = exporter.name(new Twin(first.lengths(), second.lengths()));
        String mask = operations.mask(lengths, new Twin(first.x(), second.x()).size(0));
        return writer.single("Unsqueeze", List.of(mask, writer.integers(2)));
    }

    /// Writes a direction.
    ///
    /// @param counts (T, N, 1), or "": a sequence that has ended, or from right to left not begun, keeps its states
    /// @return the last states, and the output (T, N, R)
    private List<String> direction(int d, String counts) {
        Recurrent.Weights weights = first.weights().get(d);
        String x = exporter.name(new Twin(first.x(), second.x()));
        String gates = plus(product(x, weights.inputWeight()), weights.inputBias());
        List<String> inputs = new ArrayList<>();
        inputs.add(
                state(first.h0(), second.h0(), d, weights.stateWeight().shape().size(1)));
        if (first.cell().hasCellState()) {
            long hidden = weights.inputWeight().shape().size(0) / first.cell().gates();
            inputs.add(state(first.c0(), second.c0(), d, hidden));
        }
        inputs.add(gates);
        if (first.attention() != null) {
            String scores = exporter.name(new Twin(first.attention(), second.attention()));
            inputs.add(writer.single("Unsqueeze", List.of(scores, writer.integers(2)))); // (T, N, 1)
        }
        if (!counts.isEmpty()) {
            inputs.add(counts);
        }
        int carried = first.cell().hasCellState() ? 2 : 1;
        List<String> results = new ArrayList<>();
        for (int i = 0; i <= carried; i++) {
            results.add(writer.fresh("scanned"));
        }
        int backwards = first.directions().get(d) == Direction.RIGHT_TO_LEFT ? 1 : 0;
        long[] inputDirections = new long[inputs.size() - carried];
        Arrays.fill(inputDirections, backwards);
        writer.node(
                "Scan",
                inputs,
                results,
                "body",
                step(d, !counts.isEmpty()),
                "num_scan_inputs",
                inputDirections.length,
                "scan_input_directions",
                inputDirections,
                "scan_output_directions",
                new long[] {backwards});
        return results;
    }

    private String product(String x, Value weight) {
        Tensor matrix = weight.constant();
        return writer.single(
                "MatMul", List.of(x, writer.derived("weight_t", matrix, () -> Operations.transposed(matrix))));
    }

    private String plus(String x, @Nullable Value bias) {
        return bias == null ? x : writer.single("Add", List.of(x, writer.constant("bias", bias.constant())));
    }

    /// The initial state of a direction (N, width).
    private String state(@Nullable Value given, @Nullable Value other, int d, long width) {
        if (given != null) {
            String all = exporter.name(new Twin(given, other));
            return writer.single("Gather", List.of(all, writer.integer(d)), "axis", 0);
        }
        Twin x = new Twin(first.x(), second.x());
        String samples = exporter.size(x.size(1));
        String shape = writer.single("Concat", List.of(samples, writer.integers(width)), "axis", 0);
        return writer.single("ConstantOfShape", List.of(shape));
    }

    private static Graph.Slot slot(String name) {
        return new Graph.Slot(name, ElementType.FLOAT, null);
    }

    /// One step in a direction.
    private Graph step(int d, boolean isRagged) {
        Writer inner = writer.inner();
        ScanExport step = new ScanExport(exporter, inner, operations, first, second);
        Recurrent.Weights weights = first.weights().get(d);
        GeneralRecurrent.Functions functions = first.cells().functions().get(d);
        return switch (first.cell()) {
            case LSTM -> step.lstm(weights, functions, isRagged);
            case GRU, LBR_GRU, AUGRU, LBR_AUGRU -> step.gru(weights, functions, isRagged);
            case RNN_TANH, RNN_RELU, RNN_LOGISTIC -> step.rnn(weights, functions, isRagged);
        };
    }

    private String add(String a, String b) {
        return writer.single("Add", List.of(a, b));
    }

    private String multiply(String a, String b) {
        return writer.single("Mul", List.of(a, b));
    }

    private String lessThanOne(String x) {
        return writer.single("Sub", List.of(writer.constant("one", Tensor.of(Shape.of(), 1f)), x));
    }

    /// A function of an argument that may be clipped.
    private String of(GateFunction function, String x) {
        float clip = first.cells().clip();
        if (!Float.isFinite(clip)) {
            return new FunctionExport(writer).of(function, x);
        }
        String least = writer.constant("least", Tensor.of(Shape.of(), -clip));
        String most = writer.constant("most", Tensor.of(Shape.of(), clip));
        return new FunctionExport(writer).of(function, writer.single("Clip", List.of(x, least, most)));
    }

    private String recurrent(String h, Recurrent.Weights weights) {
        return plus(product(h, weights.stateWeight()), weights.stateBias());
    }

    private Graph rnn(Recurrent.Weights weights, GeneralRecurrent.Functions functions, boolean isRagged) {
        String h = writer.fresh("h");
        String x = writer.fresh("x");
        String next = of(functions.gates(), add(x, recurrent(h, weights)));
        return body(List.of(h), List.of(x), List.of(next), isRagged);
    }

    /// Gates i, f, g, o.
    private Graph lstm(Recurrent.Weights weights, GeneralRecurrent.Functions functions, boolean isRagged) {
        String h = writer.fresh("h");
        String c = writer.fresh("c");
        String x = writer.fresh("x");
        List<String> gates = split(add(x, recurrent(h, weights)), 4);
        Value peepholes = weights.peepholeWeight();
        String i = of(functions.gates(), peeping(gates.get(0), peepholes, 0, c));
        String f = first.cells().coupled()
                ? lessThanOne(i)
                : of(functions.gates(), peeping(gates.get(1), peepholes, 1, c));
        String g = of(functions.candidate(), gates.get(2));
        String next = add(multiply(f, c), multiply(i, g));
        String o = of(functions.gates(), peeping(gates.get(3), peepholes, 2, next));
        String hidden = multiply(o, of(functions.output(), next));
        String projected = weights.projectionWeight() == null ? hidden : product(hidden, weights.projectionWeight());
        return body(List.of(h, c), List.of(x), List.of(projected, next), isRagged);
    }

    private String peeping(String gate, @Nullable Value peepholes, int row, String c) {
        if (peepholes == null) {
            return gate;
        }
        long width = peepholes.shape().size(1);
        float[] all = peepholes.constant().toFloatArray();
        float[] own = Arrays.copyOfRange(all, (int) (row * width), (int) ((row + 1) * width));
        String weight = writer.constant("peephole", Tensor.of(Shape.of(width), own));
        return add(gate, multiply(weight, c));
    }

    /// Gates r, z, n; attention weakens z.
    private Graph gru(Recurrent.Weights weights, GeneralRecurrent.Functions functions, boolean isRagged) {
        String h = writer.fresh("h");
        String x = writer.fresh("x");
        List<String> given = split(x, 3);
        List<String> own = split(recurrent(h, weights), 3);
        String r = of(functions.gates(), add(given.get(0), own.get(0)));
        String z = of(functions.gates(), add(given.get(1), own.get(1)));
        boolean resetsProduct = first.cell() == Cell.LBR_GRU || first.cell() == Cell.LBR_AUGRU;
        String share = resetsProduct
                ? multiply(r, own.get(2))
                : split(recurrent(multiply(r, h), weights), 3).get(2);
        String n = of(functions.candidate(), add(given.get(2), share));
        List<String> sequences = new ArrayList<>(List.of(x));
        String kept = z;
        if (first.attention() != null) {
            String score = writer.fresh("score");
            sequences.add(score);
            kept = multiply(lessThanOne(score), z);
        }
        String next = add(multiply(kept, h), multiply(lessThanOne(kept), n));
        return body(List.of(h), sequences, List.of(next), isRagged);
    }

    private List<String> split(String gates, int count) {
        List<String> parts = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            parts.add(writer.fresh("gate"));
        }
        writer.node("Split", List.of(gates), parts, "axis", 1, "num_outputs", count);
        return parts;
    }

    /// @param states before the step
    /// @param next   after it, the output first
    private Graph body(List<String> states, List<String> sequences, List<String> next, boolean isRagged) {
        List<String> inputs = new ArrayList<>(states);
        inputs.addAll(sequences);
        List<String> outputs = new ArrayList<>(next);
        String counts = writer.fresh("counts");
        if (isRagged) {
            inputs.add(counts);
            for (int i = 0; i < next.size(); i++) {
                String change = writer.single("Sub", List.of(next.get(i), states.get(i)));
                String taken = writer.single("Mul", List.of(counts, change));
                outputs.set(i, writer.single("Add", List.of(states.get(i), taken)));
            }
        }
        outputs.add(
                isRagged
                        ? writer.single("Mul", List.of(counts, next.getFirst()))
                        : writer.single("Identity", next.subList(0, 1)));
        return new Graph(
                "step",
                writer.nodes(),
                Map.of(),
                inputs.stream().map(ScanExport::slot).toList(),
                outputs.stream().map(ScanExport::slot).toList());
    }
}
