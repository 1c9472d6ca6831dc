package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import org.jspecify.annotations.Nullable;

/// The weights of one direction in training, where they change between runs: converted on every run to the layouts that
/// oneDNN's training primitives want, as [WeightLayout] converts constants once.
///
/// @param layerForward      (I, G*H), gates in oneDNN's order: `ldigo`
/// @param iterForward       (R, G*H)
/// @param layerBackward     (G*H, I): `ldgoi`
/// @param iterBackward      (G*H, R)
/// @param projection        (H, P): `ldio`, or null
/// @param projectionBackward (P, H): `ldoi`, or null
/// @param peephole          (3, H), or null
/// @param bias              (rows, H)
record TrainedWeights(
        Value layerForward,
        Value iterForward,
        Value layerBackward,
        Value iterBackward,
        @Nullable Value projection,
        @Nullable Value projectionBackward,
        @Nullable Value peephole,
        Value bias) {

    /// Emits the conversions.
    static TrainedWeights emit(Emitter emitter, RecurrentDescriptor d, Recurrent.Weights weights) {
        Value layer = ordered(emitter, d, weights.inputWeight());
        Value iter = ordered(emitter, d, weights.stateWeight());
        Value projection = weights.projectionWeight();
        return new TrainedWeights(
                transposed(emitter, layer),
                transposed(emitter, iter),
                layer,
                iter,
                projection == null ? null : transposed(emitter, projection),
                projection,
                weights.peepholeWeight(),
                bias(emitter, d, weights));
    }

    /// (G*H, W) with the gates in oneDNN's order.
    private static Value ordered(Emitter emitter, RecurrentDescriptor d, Value weight) {
        int[] source = WeightLayout.source(d.cell());
        if (WeightLayout.isIdentity(source)) {
            return weight;
        }
        Value ordered = emitter.temporary(weight.shape());
        for (int gate = 0; gate < source.length; gate++) {
            emitter.copy(block(weight, source[gate], d.hidden()), block(ordered, gate, d.hidden()));
        }
        return ordered;
    }

    /// Rows of one gate.
    private static Value block(Value rows, int gate, long hidden) {
        return rows.slice(0, gate * hidden, (gate + 1) * hidden);
    }

    private static Value transposed(Emitter emitter, Value matrix) {
        Value transposed = matrix.transpose(0, 1);
        Value dense = emitter.temporary(transposed.shape());
        emitter.copy(transposed, dense);
        return dense;
    }

    private static Value bias(Emitter emitter, RecurrentDescriptor d, Recurrent.Weights weights) {
        Cell cell = d.cell();
        int[] source = WeightLayout.source(cell);
        Value bias = emitter.temporary(Shape.of(cell.biases() * d.hidden()));
        emitter.zero(bias);
        for (int gate = 0; gate < source.length; gate++) {
            addBlock(emitter, weights.inputBias(), source[gate], bias, gate, d.hidden());
            addBlock(emitter, weights.stateBias(), source[gate], bias, stateRow(cell, gate), d.hidden());
        }
        return bias;
    }

    /// The row of oneDNN's bias that the state's bias of a gate goes to: a row of its own where the reset gate scales
    /// it.
    private static int stateRow(Cell cell, int gate) {
        return cell.biases() > cell.gates() && gate == cell.gates() - 1 ? cell.gates() : gate;
    }

    private static void addBlock(
            Emitter emitter, @Nullable Value from, int fromGate, Value to, int toGate, long hidden) {
        if (from != null) {
            emitter.accumulate(block(from, fromGate, hidden), block(to, toGate, hidden));
        }
    }

    /// Emits gradients in oneDNN's layout (W, G*H) as one in PyTorch's (G*H, W).
    static void gradient(Emitter emitter, RecurrentDescriptor d, Value from, Value to) {
        int[] source = WeightLayout.source(d.cell());
        for (int gate = 0; gate < source.length; gate++) {
            Value columns = from.slice(1, gate * d.hidden(), (gate + 1) * d.hidden()); // (W, H)
            emitter.copy(columns.transpose(0, 1), block(to, source[gate], d.hidden()));
        }
    }

    /// Emits the bias gradient (rows*H) as those of the input's and the state's bias, each (G*H).
    static void biasGradient(Emitter emitter, RecurrentDescriptor d, Value from, Value input, Value state) {
        int[] source = WeightLayout.source(d.cell());
        for (int gate = 0; gate < source.length; gate++) {
            emitter.copy(block(from, gate, d.hidden()), block(input, source[gate], d.hidden()));
            emitter.copy(block(from, stateRow(d.cell(), gate), d.hidden()), block(state, source[gate], d.hidden()));
        }
    }
}
