package dev.rondo.onnx.export;

import dev.rondo.op.Cell;
import dev.rondo.op.GateFunction;
import dev.rondo.op.GeneralRecurrent;
import dev.rondo.op.Recurrent;
import dev.rondo.program.Direction;
import dev.rondo.program.Merge;
import dev.rondo.program.Value;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A recurrent layer that is written: the engine's cells, or such as have functions of their own.
///
/// @param cells what goes beyond ordinary cells
record RecurrentLayer(
        Cell cell,
        GeneralRecurrent.Cells cells,
        List<Direction> directions,
        Merge merge,
        boolean isBatchFirst,
        Value x,
        @Nullable Value h0,
        @Nullable Value c0,
        @Nullable Value attention,
        @Nullable Value lengths,
        List<Recurrent.Weights> weights,
        List<Value> outputs) {
    static RecurrentLayer of(Recurrent layer) {
        GateFunction tanh = GateFunction.Kind.TANH.usual();
        GateFunction gates = switch (layer.cell()) {
            case RNN_TANH -> tanh;
            case RNN_RELU -> GateFunction.Kind.RELU.usual();
            default -> GateFunction.Kind.SIGMOID.usual();
        };
        GeneralRecurrent.Functions functions = new GeneralRecurrent.Functions(gates, tanh, tanh);
        return new RecurrentLayer(
                layer.cell(),
                new GeneralRecurrent.Cells(
                        layer.directions().stream().map(_ -> functions).toList(), Float.POSITIVE_INFINITY, false),
                layer.directions(),
                layer.merge(),
                layer.isBatchFirst(),
                layer.x(),
                layer.h0(),
                layer.c0(),
                layer.attention(),
                layer.lengths(),
                layer.weights(),
                layer.outputs());
    }

    static RecurrentLayer of(GeneralRecurrent layer) {
        return new RecurrentLayer(
                layer.cell(),
                layer.cells(),
                layer.directions(),
                Merge.CONCAT,
                false,
                layer.x(),
                layer.h0(),
                layer.c0(),
                null,
                layer.lengths(),
                layer.weights(),
                layer.outputs());
    }

    Value output() {
        return outputs.getFirst();
    }

    /// The activations of a direction, as many as ONNX's operator has.
    List<GateFunction> functions(int direction) {
        GeneralRecurrent.Functions own = cells.functions().get(direction);
        return switch (cell) {
            case LSTM -> List.of(own.gates(), own.candidate(), own.output());
            case GRU, LBR_GRU, AUGRU, LBR_AUGRU -> List.of(own.gates(), own.candidate());
            case RNN_TANH, RNN_RELU, RNN_LOGISTIC -> List.of(own.gates());
        };
    }
}
