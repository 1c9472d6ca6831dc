package dev.rondo.keras.layer;

import dev.rondo.keras.file.LayerConfig;
import dev.rondo.keras.file.Variables;
import dev.rondo.nn.Functional;
import dev.rondo.op.Cell;
import dev.rondo.op.GateFunction;
import dev.rondo.op.GeneralRecurrent;
import dev.rondo.op.Recurrent;
import dev.rondo.program.Direction;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/// `SimpleRNN`, `LSTM` or `GRU`: on the engine's cells, and on [GeneralRecurrent] where those lack the activations.
///
/// @param name            its name
/// @param cell            the cell
/// @param functions       its activations
/// @param weights         in PyTorch's layout
/// @param returnSequences whether it gives its output of each step, rather than of the last one
/// @param returnState     whether it gives its last states, too
/// @param goBackwards     whether it reads from the last step to the first
/// @param stateful        whether it goes on where the call before has ended
/// @param zeroOutput      whether the output of a step that does not count is 0, rather than that of the step before
record RecurrentLayer(
        String name,
        Cell cell,
        GeneralRecurrent.Functions functions,
        RecurrentWeights weights,
        boolean returnSequences,
        boolean returnState,
        boolean goBackwards,
        boolean stateful,
        boolean zeroOutput)
        implements Layer {

    static RecurrentLayer of(LayerConfig config, Variables variables) {
        int units = config.size("units");
        GateFunction activation = ActivationFunction.gate(config, "activation");
        boolean hasBias = config.flag("use_bias", true);
        Variables cell = variables.part("cell");
        RecurrentLayer layer = switch (config.className()) {
            case "SimpleRNN" ->
                with(config, rnn(activation), activation, activation, RecurrentWeights.rnn(cell, units, hasBias));
            case "LSTM" ->
                with(
                        config,
                        Cell.LSTM,
                        ActivationFunction.gate(config, "recurrent_activation"),
                        activation,
                        RecurrentWeights.lstm(cell, units, hasBias));
            case "GRU" -> {
                boolean after = config.flag("reset_after", true);
                yield with(
                        config,
                        after ? Cell.LBR_GRU : Cell.GRU,
                        ActivationFunction.gate(config, "recurrent_activation"),
                        activation,
                        RecurrentWeights.gru(cell, units, hasBias, after));
            }
            default -> throw config.malformed("is no recurrent layer that Rondo knows");
        };
        config.requireAllKnown();
        return layer;
    }

    private static RecurrentLayer with(
            LayerConfig config, Cell cell, GateFunction gates, GateFunction activation, RecurrentWeights weights) {
        return new RecurrentLayer(
                config.name(),
                cell,
                new GeneralRecurrent.Functions(gates, activation, activation),
                weights,
                config.flag("return_sequences", false),
                config.flag("return_state", false),
                config.flag("go_backwards", false),
                config.flag("stateful", false),
                config.flag("zero_output_for_mask", false));
    }

    private static Cell rnn(GateFunction activation) {
        return switch (activation.kind()) {
            case RELU -> Cell.RNN_RELU;
            case SIGMOID -> Cell.RNN_LOGISTIC;
            default -> Cell.RNN_TANH;
        };
    }

    RecurrentLayer withZeroOutput(boolean zero) {
        return new RecurrentLayer(
                name, cell, functions, weights, returnSequences, returnState, goBackwards, stateful, zero);
    }

    /// Width of the state.
    long units() {
        return weights.stateWeight().shape().size(1);
    }

    Direction direction() {
        return goBackwards ? Direction.RIGHT_TO_LEFT : Direction.LEFT_TO_RIGHT;
    }

    /// Number of initial and of last states.
    int stateCount() {
        return cell.hasCellState() ? 2 : 1;
    }

    /// Whether one operation of the engine can compute both.
    boolean goesWith(RecurrentLayer other) {
        return isOrdinary()
                && other.isOrdinary()
                && cell == other.cell
                && weights.inputWeight()
                        .shape()
                        .equals(other.weights.inputWeight().shape())
                && weights.stateWeight()
                        .shape()
                        .equals(other.weights.stateWeight().shape());
    }

    /// Whether the engine's own cells do what is asked for.
    boolean isOrdinary() {
        boolean tanh = functions.candidate().kind() == GateFunction.Kind.TANH;
        return switch (cell) {
            case RNN_TANH -> tanh;
            case RNN_RELU, RNN_LOGISTIC -> true;
            default -> tanh && functions.gates().kind() == GateFunction.Kind.SIGMOID;
        };
    }

    Recurrent.Weights weights(Recorder recorder) {
        return weights.record(recorder);
    }

    @Override
    public boolean takesStates() {
        return true;
    }

    @Override
    public List<Flow> record(Call call) {
        SequenceRun run = SequenceRun.record(List.of(this), call);
        Value output = returnSequences && goBackwards ? reversed(run.output()) : run.output();
        List<Flow> flows = new ArrayList<>();
        flows.add(new Flow(output, returnSequences ? call.inputs().getFirst().mask() : null));
        if (returnState) {
            run.states().forEach(state -> flows.add(Flow.of(state)));
        }
        return flows;
    }

    /// (N, T, …) with the last step first.
    static Value reversed(Value x) {
        long steps = x.shape().size(1);
        long[] ids = LongStream.range(0, steps).map(t -> steps - 1 - t).toArray();
        return Functional.indexSelect(x, 1, x.recorder().literal(Tensor.of(Shape.of(steps), ids)));
    }
}
