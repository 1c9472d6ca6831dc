package dev.rondo.op;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.program.PackedWeights;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/// Converts recurrent weights from PyTorch's layout to oneDNN's: the one place where both gate orders meet.
///
/// | | PyTorch | oneDNN |
/// |---|---|---|
/// | LSTM's gates | i, f, g, o | i, f, c~, o |
/// | GRU's gates | r, z, n | u, r, o |
/// | weights of input and state | (G*H, I), (G*H, R) | (I, G, H), (R, G, H) |
/// | biases | two of (G*H) | one of (G, H), or (4, H): u, r, o and that of the recurrent product |
/// | projection | (P, H) | (H, P) |
final class WeightLayout {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    private WeightLayout() {}

    /// Which of PyTorch's gate blocks each of oneDNN's gates is.
    static int[] source(Cell cell) {
        return switch (cell) {
            case RNN_TANH, RNN_RELU, RNN_LOGISTIC -> new int[] {0};
            case LSTM -> new int[] {0, 1, 2, 3};
            case GRU, LBR_GRU, AUGRU, LBR_AUGRU -> new int[] {1, 0, 2};
        };
    }

    /// Whether both gate orders are the same.
    static boolean isIdentity(int[] source) {
        for (int gate = 0; gate < source.length; gate++) {
            if (source[gate] != gate) {
                return false;
            }
        }
        return true;
    }

    /// Weights (G*H, W) with the gates in oneDNN's order: (G, H, W).
    static Tensor gates(Cell cell, Tensor weight) {
        int[] source = source(cell);
        Tensor ordered = Tensor.allocate(Arena.ofAuto(), weight.shape(), DataType.F32);
        long block = weight.data().byteSize() / source.length;
        for (int gate = 0; gate < source.length; gate++) {
            MemorySegment.copy(weight.data(), source[gate] * block, ordered.data(), gate * block, block);
        }
        return ordered;
    }

    /// Weights (G*H, W), gates in oneDNN's order, as oneDNN's (1, 1, W, G, H).
    static PackedWeights.Plain ldigo(Cell cell, Tensor weight, long hidden) {
        long width = weight.shape().size(1);
        long gates = cell.gates();
        long all = gates * hidden * width;
        MemoryDescriptor layout = MemoryDescriptor.strided(
                new long[] {1, 1, width, gates, hidden}, new long[] {all, all, 1, hidden * width, width});
        return new PackedWeights.Plain(layout, gates(cell, weight).data());
    }

    /// The projection (P, H) as oneDNN's (1, 1, H, P).
    ///
    /// It is transposed here and not by strides: oneDNN 3.13's reorder of transposed projections into its packed
    /// format, which processors without AVX2 use, books no memory for the transposition and crashes
    /// (`rnn_weights_reorder_t::init_scratchpad` asks for the tag `ldio` where `ldoi` is meant).
    static PackedWeights.Plain ldio(Tensor weight) {
        long projected = weight.shape().size(0);
        long hidden = weight.shape().size(1);
        Tensor transposed = Tensor.allocate(Arena.ofAuto(), Shape.of(hidden, projected), DataType.F32);
        for (long p = 0; p < projected; p++) {
            for (long h = 0; h < hidden; h++) {
                transposed
                        .data()
                        .setAtIndex(F32, h * projected + p, weight.data().getAtIndex(F32, p * hidden + h));
            }
        }
        return new PackedWeights.Plain(MemoryDescriptor.dense(1, 1, hidden, projected), transposed.data());
    }

    /// The biases of the input and of the state (each (G*H) or null) as oneDNN's one: (G, H), or (4, H).
    ///
    /// Where the reset gate scales the recurrent product of the last gate, it scales that product's bias with
    /// it, so the two biases cannot be added.
    static Tensor bias(Cell cell, @Nullable Tensor input, @Nullable Tensor state, long hidden) {
        int[] source = source(cell);
        Tensor bias = Tensor.allocate(Arena.ofAuto(), Shape.of(cell.biases(), hidden), DataType.F32);
        int gates = cell.gates();
        boolean separate = cell.biases() > gates;
        for (int gate = 0; gate < gates; gate++) {
            boolean last = gate == gates - 1;
            add(input, source[gate], bias, gate, hidden);
            add(state, source[gate], bias, separate && last ? gates : gate, hidden);
        }
        return bias;
    }

    private static void add(@Nullable Tensor from, int fromRow, Tensor to, int toRow, long hidden) {
        if (from == null) {
            return;
        }
        for (long h = 0; h < hidden; h++) {
            long at = toRow * hidden + h;
            float sum = to.data().getAtIndex(F32, at) + from.data().getAtIndex(F32, fromRow * hidden + h);
            to.data().setAtIndex(F32, at, sum);
        }
    }
}
