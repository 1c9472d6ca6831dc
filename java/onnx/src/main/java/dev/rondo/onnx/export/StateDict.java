package dev.rondo.onnx.export;

import dev.rondo.onnx.graph.Constant;
import dev.rondo.onnx.graph.Graph;
import dev.rondo.onnx.graph.Node;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The weights of a chain of layers that [Exporter] wrote, as PyTorch's layers have them and in their order.
public final class StateDict {
    private static final int BIAS = 3;
    private static final int PEEPHOLES = 7;

    private final Map<String, Constant> constants;
    private final List<Tensor> tensors = new ArrayList<>();

    private StateDict(Map<String, Constant> constants) {
        this.constants = constants;
    }

    /// The weights.
    public static List<Tensor> of(Graph graph) {
        StateDict dict = new StateDict(graph.constants());
        graph.nodes().forEach(dict::add);
        return dict.tensors;
    }

    private void add(Node node) {
        switch (node.operator()) {
            case "Gather" -> addConstants(node, 0);
            case "MatMul" -> {
                Tensor weight = constant(node, 1, 2);
                if (weight != null) {
                    tensors.add(Operations.transposed(weight));
                }
            }
            case "Add" -> addConstants(node, 1);
            case "LayerNormalization" -> addConstants(node, 1, 2);
            case "RNN" -> addRecurrent(node, 0);
            case "GRU" -> addRecurrent(node, 1, 0, 2);
            case "LSTM" -> addRecurrent(node, 0, 2, 3, 1);
            default -> {}
        }
    }

    /// An input that is a constant of floats with so many dimensions, or null.
    private @Nullable Tensor constant(Node node, int input, int rank) {
        Constant constant =
                input < node.inputs().size() ? constants.get(node.inputs().get(input)) : null;
        boolean fits = constant != null
                && constant.tensor().type() == DataType.F32
                && constant.tensor().shape().rank() == rank;
        return fits ? constant.tensor() : null;
    }

    private void addConstants(Node node, int... inputs) {
        for (int input : inputs) {
            Constant constant =
                    input < node.inputs().size() ? constants.get(node.inputs().get(input)) : null;
            if (constant != null && !node.inputs().get(input).startsWith(Operations.ONES)) {
                tensors.add(constant.tensor());
            }
        }
    }

    /// Weights whose shapes disagree are left out, so that their number is not what it is said to be.
    ///
    /// @param order which of ONNX's gates each of PyTorch's is
    private void addRecurrent(Node node, int... order) {
        Tensor input = constant(node, 1, 3);
        Tensor state = constant(node, 2, 3);
        Tensor bias = constant(node, BIAS, 2);
        Tensor peepholes = constant(node, PEEPHOLES, 2);
        if (input == null || state == null) {
            return;
        }
        long directions = input.shape().size(0);
        long hidden = state.shape().size(2);
        long rows = order.length * hidden;
        boolean fits = input.shape().size(1) == rows
                && state.shape().equals(Shape.of(directions, rows, hidden))
                && (bias == null || bias.shape().equals(Shape.of(directions, 2 * rows)))
                && (peepholes == null || peepholes.shape().equals(Shape.of(directions, 3 * hidden)));
        for (int d = 0; fits && d < directions; d++) {
            add(input, d, 0, Shape.of(rows, input.shape().size(2)), order);
            add(state, d, 0, Shape.of(rows, hidden), order);
            if (bias != null) {
                add(bias, d, 0, Shape.of(rows), order);
                add(bias, d, 1, Shape.of(rows), order);
            }
            if (peepholes != null) {
                add(peepholes, d, 0, Shape.of(3, hidden), 0, 2, 1);
            }
        }
    }

    private void add(Tensor from, int direction, int part, Shape shape, int... order) {
        Tensor tensor = Tensor.allocate(Arena.ofAuto(), shape, DataType.F32);
        long all = from.data().byteSize() / from.shape().size(0);
        long start = direction * all + part * tensor.data().byteSize();
        long block = tensor.data().byteSize() / order.length;
        for (int gate = 0; gate < order.length; gate++) {
            MemorySegment.copy(from.data(), start + order[gate] * block, tensor.data(), gate * block, block);
        }
        tensors.add(tensor);
    }
}
