package dev.rondo.onnx.export;

import dev.rondo.onnx.graph.ElementType;
import dev.rondo.op.Cell;
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

    void write(Recurrent first, Recurrent second) {
        List<Recurrent.Weights> weights = first.weights();
        if (ScanExport.serves(first)) {
            new ScanExport(exporter, writer, operations, first, second).write();
            return;
        }
        boolean bidirectional = first.directions().size() == 2;
        List<Direction> inOrder = List.of(Direction.LEFT_TO_RIGHT, Direction.RIGHT_TO_LEFT);
        if (bidirectional && !first.directions().equals(inOrder)) {
            throw new IllegalArgumentException("ONNX has bidirectional layers only with left to right first");
        }
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
        String activation = activation(first.cell());
        if (activation != null) {
            attributes.addAll(List.of(
                    "activations",
                    first.directions().stream().map(_ -> activation).toList()));
        }
        List<String> outputs = new ArrayList<>();
        outputs.add(writer.fresh("y"));
        first.outputs().subList(1, first.outputs().size()).forEach(state -> outputs.add(exporter.output(state)));
        writer.node(operator(first.cell()), inputs, outputs, attributes.toArray());
        output(first, outputs.getFirst());
    }

    /// From (T, D, N, H) to (T, N, D*H), or summed to (T, N, H); N before T where the layer is batch first.
    private void output(Recurrent layer, String y) {
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

    private static @Nullable String activation(Cell cell) {
        return switch (cell) {
            case RNN_RELU -> "Relu";
            case RNN_LOGISTIC -> "Sigmoid";
            default -> null;
        };
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
