package dev.rondo.onnx.export;

import dev.rondo.onnx.graph.Attribute;
import dev.rondo.onnx.graph.ElementType;
import dev.rondo.op.Cell;
import dev.rondo.op.GateFunction;
import dev.rondo.op.Recurrent;
import dev.rondo.program.Direction;
import dev.rondo.program.Merge;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Writes recurrent layers as ONNX's RNN, LSTM and GRU.
///
/// | cell | PyTorch's gates | ONNX's |
/// |---|---|---|
/// | LSTM | i, f, g, o | i, o, f, c |
/// | LSTM's peepholes | i, f, o | i, o, f |
/// | GRU | r, z, n | z, r, h |
record RecurrentExport(Exporter exporter, Writer writer, Operations operations) {
    private static final int[] PEEPHOLES = {0, 2, 1};

    void write(RecurrentLayer first, RecurrentLayer second) {
        List<Recurrent.Weights> weights = first.weights();
        if (ScanExport.serves(first)) {
            new ScanExport(exporter, writer, operations, first, second).write();
            return;
        }
        boolean bidirectional = first.directions().size() == 2;
        List<String> inputs = new ArrayList<>();
        inputs.add(exporter.name(new Twin(first.x(), second.x())));
        int[] order = order(first.cell());
        inputs.add(stacked("weight_x", weights, Recurrent.Weights::inputWeight, order));
        inputs.add(stacked("weight_h", weights, Recurrent.Weights::stateWeight, order));
        inputs.add(bias(weights, order));
        inputs.add(first.lengths() == null ? "" : lengths(new Twin(first.lengths(), second.lengths())));
        inputs.add(optional(Twin.of(first.h0(), second.h0())));
        inputs.add(optional(Twin.of(first.c0(), second.c0())));
        inputs.add(
                weights.getFirst().peepholeWeight() == null
                        ? ""
                        : stacked("peepholes", weights, Recurrent.Weights::peepholeWeight, PEEPHOLES));
        while (inputs.getLast().isEmpty() || !first.cell().hasCellState() && inputs.size() > 6) {
            inputs.removeLast();
        }
        long hidden = weights.getFirst().stateWeight().shape().size(1);
        String direction = bidirectional
                ? "bidirectional"
                : first.directions().getFirst() == Direction.LEFT_TO_RIGHT ? "forward" : "reverse";
        List<Object> attributes = new ArrayList<>(List.of("hidden_size", (int) hidden, "direction", direction));
        if (first.cell() == Cell.LBR_GRU) {
            attributes.addAll(List.of("linear_before_reset", 1));
        }
        attributes.addAll(activations(first));
        if (Float.isFinite(first.cells().clip())) {
            attributes.addAll(List.of("clip", first.cells().clip()));
        }
        if (first.cells().coupled()) {
            attributes.addAll(List.of("input_forget", 1));
        }
        List<String> outputs = new ArrayList<>();
        outputs.add(writer.fresh("y"));
        first.outputs().subList(1, first.outputs().size()).forEach(state -> outputs.add(exporter.output(state)));
        writer.node(operator(first.cell()), inputs, outputs, attributes.toArray());
        output(first, outputs.getFirst());
    }

    /// From (T, D, N, H) to (T, N, D*H), or summed to (T, N, H); N before T where the layer is batch first.
    private void output(RecurrentLayer layer, String y) {
        String output = exporter.output(layer.output());
        boolean sums = layer.merge() == Merge.SUM && layer.directions().size() == 2;
        String joined = layer.isBatchFirst() ? writer.fresh("joined") : output;
        if (sums) {
            writer.node("ReduceSum", List.of(y, writer.integers(1)), List.of(joined), "keepdims", 0);
        } else if (layer.directions().size() == 1) {
            writer.node("Squeeze", List.of(y, writer.integers(1)), List.of(joined));
        } else {
            String sideBySide = writer.single("Transpose", List.of(y), "perm", new int[] {0, 2, 1, 3});
            writer.node("Reshape", List.of(sideBySide, writer.integers(0, 0, -1)), List.of(joined));
        }
        if (layer.isBatchFirst()) {
            writer.node("Transpose", List.of(joined), List.of(output), "perm", new int[] {1, 0, 2});
        }
    }

    private String lengths(Twin lengths) {
        return writer.single("Cast", List.of(exporter.name(lengths)), "to", ElementType.INT32.number());
    }

    private String optional(@Nullable Twin value) {
        return value == null ? "" : exporter.name(value);
    }

    private static String operator(Cell cell) {
        return switch (cell) {
            case LSTM -> "LSTM";
            case GRU, LBR_GRU, AUGRU, LBR_AUGRU -> "GRU";
            case RNN_TANH, RNN_RELU, RNN_LOGISTIC -> "RNN";
        };
    }

    /// The activations, where they are not the operator's own; parameters are those of the functions that have them.
    private static List<Object> activations(RecurrentLayer layer) {
        List<GateFunction> all = IntStream.range(0, layer.directions().size())
                .boxed()
                .flatMap(d -> layer.functions(d).stream())
                .toList();
        List<GateFunction.Kind> usual = layer.functions(0).size() == 1
                ? List.of(GateFunction.Kind.TANH)
                : List.of(GateFunction.Kind.SIGMOID, GateFunction.Kind.TANH, GateFunction.Kind.TANH);
        boolean isUsual = IntStream.range(0, all.size())
                .allMatch(i ->
                        all.get(i).kind() == usual.get(i % layer.functions(0).size()));
        if (isUsual) {
            return List.of();
        }
        List<Object> attributes = new ArrayList<>();
        attributes.addAll(
                List.of("activations", all.stream().map(FunctionExport::name).toList()));
        addNumbers(attributes, "activation_alpha", all, GateFunction.Kind::hasAlpha, GateFunction::alpha);
        addNumbers(attributes, "activation_beta", all, GateFunction.Kind::hasBeta, GateFunction::beta);
        return attributes;
    }

    private static void addNumbers(
            List<Object> attributes,
            String name,
            List<GateFunction> functions,
            Predicate<GateFunction.Kind> has,
            Function<GateFunction, Float> number) {
        List<Float> numbers = functions.stream()
                .filter(function -> has.test(function.kind()))
                .map(number)
                .toList();
        if (!numbers.isEmpty()) {
            attributes.addAll(List.of(name, new Attribute.FloatValues(numbers)));
        }
    }

    /// Which of PyTorch's gates each of ONNX's is.
    private static int[] order(Cell cell) {
        return switch (cell) {
            case LSTM -> new int[] {0, 3, 1, 2};
            case GRU, LBR_GRU, AUGRU, LBR_AUGRU -> new int[] {1, 0, 2};
            case RNN_TANH, RNN_RELU, RNN_LOGISTIC -> new int[] {0};
        };
    }

    private String bias(List<Recurrent.Weights> weights, int[] order) {
        Recurrent.Weights first = weights.getFirst();
        if (first.inputBias() == null && first.stateBias() == null) {
            return "";
        }
        long rows = first.inputWeight().shape().size(0);
        Tensor all = Tensor.allocate(Arena.ofAuto(), Shape.of(weights.size(), 2 * rows), DataType.F32);
        long half = rows * Float.BYTES;
        for (int d = 0; d < weights.size(); d++) {
            copy(weights.get(d).inputBias(), all.data().asSlice(2 * d * half, half), order);
            copy(weights.get(d).stateBias(), all.data().asSlice((2 * d + 1) * half, half), order);
        }
        return writer.constant("bias", all);
    }

    /// A weight of all directions, with its blocks of rows in ONNX's order.
    private String stacked(
            String name, List<Recurrent.Weights> weights, Function<Recurrent.Weights, Value> of, int[] order) {
        Shape shape = of.apply(weights.getFirst()).shape();
        boolean isPeephole = order == PEEPHOLES;
        Shape all = isPeephole
                ? Shape.of(weights.size(), shape.elements())
                : Shape.of(weights.size(), shape.size(0), shape.size(1));
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), all, DataType.F32);
        long bytes = tensor.data().byteSize() / weights.size();
        for (int d = 0; d < weights.size(); d++) {
            copy(of.apply(weights.get(d)), tensor.data().asSlice(d * bytes, bytes), order);
        }
        return writer.constant(name, tensor);
    }

    private static void copy(@Nullable Value weight, MemorySegment into, int[] order) {
        if (weight == null) {
            return; // zeros
        }
        long block = into.byteSize() / order.length;
        for (int gate = 0; gate < order.length; gate++) {
            MemorySegment.copy(weight.constant().data(), order[gate] * block, into, gate * block, block);
        }
    }
}
