package dev.rondo.nn;

import dev.rondo.op.Cell;
import dev.rondo.op.Parents;
import dev.rondo.op.Recurrent;
import dev.rondo.op.RecurrentInputs;
import dev.rondo.program.Direction;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Stacked recurrent layers, each in one or both directions.
///
/// With T steps, N samples, D directions, L layers, G gates, and R the width of the hidden state (H, or P projected):
///
/// - x: (T, N, I); output: (T, N, D*R), or as [dev.rondo.program.Merge] has it, the top layer's states; N before T
/// where the recurrence is batch-first
/// - h0, hN: (L*D, N, R); c0, cN: (L*D, N, H); layer 0 left to right, layer 0 right to left, layer 1 left to right, …
/// - parameters of layer k: `weight_ih_lk` (G*H, its input's width), `weight_hh_lk` (G*H, R), `bias_ih_lk` and
///   `bias_hh_lk` (G*H), `weight_hr_lk` (P, H) with a projection; those of right to left end in `_reverse`
/// - first values: uniform(±1/sqrt(H))
///
/// Layers of unequal widths have their states side by side only layer by layer, so h0, c0, hN and cN are to be had
/// only where all layers are equally wide.
///
/// In a recording that streams ([dev.rondo.program.Recorder#streaming()]), layers that are given no initial
/// states carry theirs from run to run. Layers that read from right to left cannot.
///
/// Training drops what the recurrence's regularization says: elements between layers, recurrent weights.
///
/// T = 0 gives an empty output and the initial states as final ones; N = 0 gives empty results.
///
/// Source: PyTorch's `nn.RNN`, `nn.LSTM` and `nn.GRU`.
public abstract sealed class RNNBase extends Module permits RNN, LSTM, GRU {
    /// What a recurrent network gives.
    ///
    /// @param output the top layer's states at each step
    /// @param hN     hidden states after the last step; null where layers are unequally wide
    /// @param cN     cell states after the last step; null without cell states, or where layers are unequally wide
    public record Output(
            Value output, @Nullable Value hN, @Nullable Value cN) {}

    private record DirectionParameters(
            Parameter inputWeight,
            Parameter stateWeight,
            @Nullable Parameter inputBias,
            @Nullable Parameter stateBias,
            @Nullable Parameter projectionWeight,
            @Nullable Parameter peepholeWeight,
            Dropout weightDrop) {
        Recurrent.Weights record(Value x) {
            return new Recurrent.Weights(
                    weight(x, inputWeight),
                    weightDrop.forward(weight(x, stateWeight)),
                    optional(x, inputBias),
                    optional(x, stateBias),
                    optional(x, projectionWeight),
                    optional(x, peepholeWeight));
        }

        private static @Nullable Value optional(Value x, @Nullable Parameter parameter) {
            return parameter == null ? null : weight(x, parameter);
        }
    }

    private final Cell cell;
    private final Recurrence recurrence;
    private final List<List<DirectionParameters>> layers = new ArrayList<>();
    private final List<Dropout> between = new ArrayList<>(); // before each layer but the lowest

    RNNBase(Cell cell, Recurrence recurrence, boolean peephole) {
        this.cell = cell;
        this.recurrence = recurrence;
        Recurrence.Regularization regularization = recurrence.regularization();
        if (recurrence.projSize() > 0 && cell != Cell.LSTM) {
            throw new IllegalArgumentException("only an LSTM's hidden state can be projected, not that of " + cell);
        }
        for (int layer = 0; layer < recurrence.hiddenSizes().size(); layer++) {
            List<DirectionParameters> parameters = new ArrayList<>();
            for (Direction direction : recurrence.directions()) {
                parameters.add(parameters(layer, direction, peephole));
            }
            layers.add(parameters);
            if (layer > 0) {
                between.add(new Dropout(regularization.dropout(), regularization.isLocked()));
            }
        }
    }

    private DirectionParameters parameters(int layer, Direction direction, boolean peephole) {
        int hidden = recurrence.hiddenSizes().get(layer);
        int state = recurrence.stateSize(layer);
        Initializer uniform = Initializer.uniform(1 / Math.sqrt(hidden));
        // A lone layer from right to left has PyTorch's plain names: there it is a left-to-right layer over a
        // reversed sequence.
        boolean reverse = recurrence.directions().size() == 2 && direction == Direction.RIGHT_TO_LEFT;
        String suffix = "_l" + layer + (reverse ? "_reverse" : "");
        long rows = (long) cell.gates() * hidden;
        Shape bias = Shape.of(rows);
        return new DirectionParameters(
                register("weight_ih" + suffix, new Parameter(Shape.of(rows, recurrence.inputSize(layer)), uniform)),
                register("weight_hh" + suffix, new Parameter(Shape.of(rows, state), uniform)),
                recurrence.hasBias() ? register("bias_ih" + suffix, new Parameter(bias, uniform)) : null,
                recurrence.hasBias() ? register("bias_hh" + suffix, new Parameter(bias, uniform)) : null,
                recurrence.projSize() > 0
                        ? register("weight_hr" + suffix, new Parameter(Shape.of(state, hidden), uniform))
                        : null,
                peephole ? register("weight_ch" + suffix, new Parameter(Shape.of(3, hidden), uniform)) : null,
                new Dropout(recurrence.regularization().weightDrop()));
    }

    /// What the layers have in common.
    public final Recurrence recurrence() {
        return recurrence;
    }

    /// The output for initial states of zeros.
    @Override
    public Value forward(Value x) {
        return record(x, null, null, null, null).output();
    }

    /// The output and the final states for initial states of zeros.
    public final Output forwardWithStates(Value x) {
        return record(x, null, null, null, null);
    }

    /// The output and the final states of sequences of unequal lengths, for initial states of zeros.
    public final Output forward(PackedSequence x) {
        return record(x.padded(), x.lengths(), null, null, null);
    }

    /// Records all layers.
    ///
    /// @param lengths   number of steps of each sequence (N), or null where all have T
    /// @param attention scores (T, N) for cells with attention, else null
    final Output record(
            Value x, @Nullable Value lengths, @Nullable Value h0, @Nullable Value c0, @Nullable Value attention) {
        return record(new RecurrentInputs(x, null, h0, c0, null, attention, lengths));
    }

    /// Records all layers over ids, and what else each step reads.
    ///
    /// @param more    (T, N, …), or null
    /// @param parents (N), I64, where T is 1: which rows of more, h0 and c0 sequences go on from;
    ///                null for their own
    final Output record(
            EmbeddedIds ids,
            @Nullable Value more,
            @Nullable Value lengths,
            @Nullable Value h0,
            @Nullable Value c0,
            @Nullable Value parents) {
        boolean shares = parents != null && Parents.isAvailable();
        Value input = ids.input(shares && ids.lookup() != null ? more : rows(more, parents));
        Value h = shares ? h0 : rows(h0, parents);
        Value c = shares ? c0 : rows(c0, parents);
        return record(
                new RecurrentInputs(input, ids.lookup(), h, c, shares ? new Parents(parents) : null, null, lengths));
    }

    private static @Nullable Value rows(@Nullable Value value, @Nullable Value numbers) {
        return value == null || numbers == null ? value : Functional.indexSelect(value, 1, numbers);
    }

    private Output record(RecurrentInputs all) {
        boolean equallyWide = recurrence.hiddenSizes().stream().distinct().count() == 1;
        if (!equallyWide && (all.h0() != null || all.c0() != null)) {
            throw new IllegalArgumentException("layers of unequal widths take no initial states");
        }
        requireStates(all.h0(), "h0");
        requireStates(all.c0(), "c0");
        Value x = all.x();
        Recorder recorder = x.recorder();
        boolean carried = recorder.isStreaming() && all.h0() == null;
        if (carried && recurrence.directions().contains(Direction.RIGHT_TO_LEFT)) {
            throw new IllegalArgumentException("layer " + path() + " reads sequences from right to left, so it cannot"
                    + " begin before a stream has ended; stream networks from left to right only");
        }
        List<Value> hidden = new ArrayList<>();
        List<Value> cells = new ArrayList<>();
        Value output = x;
        for (int layer = 0; layer < layers.size(); layer++) {
            Value input = layer == 0 ? x : dropped(output, between.get(layer - 1));
            Value h = carried ? state(x, "h_l" + layer, recurrence.stateSize(layer)) : part(all.h0(), layer);
            Value c = carried && cell.hasCellState()
                    ? state(x, "c_l" + layer, recurrence.hiddenSizes().get(layer))
                    : part(all.c0(), layer);
            Recurrent recurrent = recorder.record(new Recurrent(
                    cell,
                    recurrence.directions(),
                    recurrence.joined(),
                    recurrence.isBatchFirst(),
                    new RecurrentInputs(
                            input,
                            layer == 0 ? all.lookup() : null,
                            h,
                            c,
                            all.parents(),
                            all.attention(),
                            all.lengths() == null ? recorder.lengths() : all.lengths()),
                    layers.get(layer).stream()
                            .map(parameters -> parameters.record(input))
                            .toList()));
            output = joined(recurrent.output());
            hidden.add(recurrent.hN());
            if (cell.hasCellState()) {
                cells.add(recurrent.cN());
            }
            if (carried) {
                recorder.carry(h, recurrent.hN());
                if (c != null) {
                    recorder.carry(c, recurrent.cN());
                }
            }
        }
        return new Output(
                output,
                equallyWide ? Functional.concat(hidden, 0) : null,
                equallyWide && cell.hasCellState() ? Functional.concat(cells, 0) : null);
    }

    /// What the layer's merge leaves to be done to its output.
    private Value joined(Value output) {
        if (recurrence.directions().size() == 1) {
            return output;
        }
        Shape shape = output.shape();
        long width = shape.size(2) / 2;
        return switch (recurrence.merge()) {
            case CONCAT, SUM -> output;
            case MEAN -> Functional.multiply(output, 0.5);
            case PRODUCT -> Functional.multiply(output.slice(2, 0, width), output.slice(2, width, 2 * width));
            case NONE -> output.reshape(shape.size(0), shape.size(1), 2, width);
        };
    }

    /// A layer's state as the run before has left it: (1, N, width).
    private Value state(Value x, String name, long width) {
        long samples = x.shape().size(recurrence.isBatchFirst() ? 0 : 1);
        return x.recorder().state(path() + "." + name, Shape.of(samples, width)).reshape(1, samples, width);
    }

    /// A layer's part of all layers' states: (D, N, width).
    private @Nullable Value part(@Nullable Value states, int layer) {
        long count = recurrence.directions().size();
        return states == null ? null : states.slice(0, layer * count, (layer + 1) * count);
    }

    /// Locked dropout drops alike along the first dimension, which has to be time.
    private Value dropped(Value x, Dropout dropout) {
        return recurrence.isBatchFirst() ? dropout.forward(x.transpose(0, 1)).transpose(0, 1) : dropout.forward(x);
    }

    private void requireStates(@Nullable Value states, String name) {
        long expected = (long) layers.size() * recurrence.directions().size();
        if (states != null && (states.shape().rank() != 3 || states.shape().size(0) != expected)) {
            throw new IllegalArgumentException(
                    name + " of shape " + states.shape() + " has not " + expected + " layers and directions first");
        }
    }
}
