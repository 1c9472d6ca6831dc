package dev.rondo.keras.layer;

import dev.rondo.keras.file.Variables;
import dev.rondo.op.Recurrent;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// A recurrent layer's weights in PyTorch's layout.
///
/// | layer | Keras's gates | PyTorch's |
/// |---|---|---|
/// | LSTM | i, f, c, o | i, f, g, o |
/// | GRU | z, r, h | r, z, n |
///
/// @param inputWeight (G*H, I)
/// @param stateWeight (G*H, H)
/// @param inputBias   (G*H), or null
/// @param stateBias   (G*H), or null
record RecurrentWeights(
        Tensor inputWeight,
        Tensor stateWeight,
        @Nullable Tensor inputBias,
        @Nullable Tensor stateBias) {
    private static final int[] GRU_ORDER = {1, 0, 2};

    static RecurrentWeights rnn(Variables cell, int units, boolean hasBias) {
        return of(cell, units, hasBias, 0);
    }

    static RecurrentWeights lstm(Variables cell, int units, boolean hasBias) {
        return of(cell, units, hasBias, 0, 1, 2, 3);
    }

    static RecurrentWeights gru(Variables cell, int units, boolean hasBias, boolean resetAfter) {
        if (!hasBias || !resetAfter) {
            return of(cell, units, hasBias, GRU_ORDER);
        }
        RecurrentWeights weights = of(cell, units, false, GRU_ORDER);
        Tensor biases = cell.tensor(2, 2, 3L * units); // of the input's product, and of the state's
        Shape shape = Shape.of(3L * units);
        return new RecurrentWeights(
                weights.inputWeight,
                weights.stateWeight,
                ordered(biases, 0, shape, GRU_ORDER),
                ordered(biases, biases.data().byteSize() / 2, shape, GRU_ORDER));
    }

    /// @param order which of Keras's gates each of PyTorch's is
    private static RecurrentWeights of(Variables cell, int units, boolean hasBias, int... order) {
        long rows = (long) order.length * units;
        Tensor input = cell.transposed(0, Variables.ANY, rows);
        Tensor state = cell.transposed(1, units, rows);
        Tensor bias = hasBias ? cell.tensor(2, rows) : null;
        return new RecurrentWeights(
                ordered(input, 0, input.shape(), order),
                ordered(state, 0, state.shape(), order),
                bias == null ? null : ordered(bias, 0, bias.shape(), order),
                null);
    }

    /// Blocks of rows in another order.
    ///
    /// @param from  where the first block begins
    /// @param shape of the result
    private static Tensor ordered(Tensor tensor, long from, Shape shape, int... order) {
        Tensor ordered = Tensor.allocate(Arena.ofAuto(), shape, DataType.F32);
        long block = ordered.data().byteSize() / order.length;
        for (int gate = 0; gate < order.length; gate++) {
            MemorySegment.copy(tensor.data(), from + order[gate] * block, ordered.data(), gate * block, block);
        }
        return ordered;
    }

    Recurrent.Weights record(Recorder recorder) {
        return new Recurrent.Weights(
                recorder.constant(inputWeight),
                recorder.constant(stateWeight),
                optional(recorder, inputBias),
                optional(recorder, stateBias),
                null,
                null);
    }

    private static @Nullable Value optional(Recorder recorder, @Nullable Tensor bias) {
        return bias == null ? null : recorder.constant(bias);
    }
}
