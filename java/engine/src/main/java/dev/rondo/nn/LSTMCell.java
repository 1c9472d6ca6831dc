package dev.rondo.nn;

import dev.rondo.kernel.CellKernel;
import dev.rondo.op.CellStep;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An LSTM that is stepped through, with layer normalization or without:
///
/// ```
/// i, f, g, o = LN_i(W x) + LN_h(U h)               without it: W x + b + U h + b'
/// c' = σ(f) c + σ(i) tanh(g)
/// h' = σ(o) tanh(LN_c(c'))                         without it: tanh(c')
/// ```
///
/// LN(a) normalizes a row to mean 0 and variance 1, then scales and shifts it by parameters of its own.
///
/// - x: (T, N, I); output: (T, N, H); states `h` and `c`, (N, H) each
/// - parameters: [GatedCell], with G = 4 in the order i, f, g, o; with layer normalization no biases, but
///   `layernorm_i.weight`, `layernorm_i.bias`, `layernorm_h.weight`, `layernorm_h.bias` (4*H), `layernorm_c.weight` and
///   `layernorm_c.bias` (H), at first 1 and 0
///
/// Where nothing asks for steps, [LSTM] computes the same without layer normalization, and faster.
///
/// Source: Ba, Kiros and Hinton 2016, arXiv 1607.06450 (layer normalization, equations 20 to 22).
public final class LSTMCell extends GatedCell {
    private final @Nullable CellNorm norm;

    /// A cell without layer normalization.
    public LSTMCell(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, false);
    }

    /// @param inputSize I, or 0 for a cell without an input
    /// @param layerNorm whether it normalizes
    public LSTMCell(int inputSize, int hiddenSize, boolean layerNorm) {
        super(
                CellKernel.LSTM,
                inputSize,
                hiddenSize,
                !layerNorm,
                List.of(new State("h", hiddenSize), new State("c", hiddenSize)));
        if (!layerNorm) {
            this.norm = null;
            return;
        }
        this.norm = new CellNorm(
                inputSize == 0 ? null : register("layernorm_i.weight", CellNorm.gain(rows())),
                inputSize == 0 ? null : register("layernorm_i.bias", CellNorm.shift(rows())),
                register("layernorm_h.weight", CellNorm.gain(rows())),
                register("layernorm_h.bias", CellNorm.shift(rows())),
                register("layernorm_c.weight", CellNorm.gain(hiddenSize)),
                register("layernorm_c.bias", CellNorm.shift(hiddenSize)));
    }

    @Override
    Value normalized(Value product) {
        return norm == null ? product : norm.input(product, Shape.of(rows()));
    }

    @Override
    CellStep.@Nullable Norm norm(Recorder recorder) {
        return norm == null ? null : norm.step(recorder);
    }
}
