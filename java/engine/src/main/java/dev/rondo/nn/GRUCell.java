package dev.rondo.nn;

import dev.rondo.kernel.CellKernel;
import dev.rondo.op.CellStep;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A GRU that is stepped through, resetting after the product, with layer normalization or without:
///
/// ```
/// r, z = σ(LN_i(W_rz x) + LN_h(U_rz h))            without it: W_rz x + b_rz + U_rz h + b'_rz
/// n = tanh(LN_i(W_n x) + r LN_h(U_n h))            without it: W_n x + b_n + r (U_n h + b'_n)
/// h' = (1 - z) n + z h
/// ```
///
/// LN(a) normalizes a row to mean 0 and variance 1, then scales and shifts it by parameters of its own: r and z
/// together, and n.
///
/// - x: (T, N, I); output: (T, N, H); state `h` (N, H)
/// - parameters: [GatedCell], with G = 3 in the order r, z, n; with layer normalization no biases, but
///   `layernorm_i.weight`, `layernorm_i.bias`, `layernorm_h.weight` and `layernorm_h.bias` (3*H), at first 1 and 0
///
/// Where nothing asks for steps, [GRU] computes the same without layer normalization, and faster.
///
/// Source: Ba, Kiros and Hinton 2016, arXiv 1607.06450 (layer normalization, equations 26 to 28).
public final class GRUCell extends GatedCell {
    private final @Nullable CellNorm norm;

    /// A cell without layer normalization.
    public GRUCell(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, false);
    }

    /// @param inputSize I, or 0 for a cell without an input
    /// @param layerNorm whether it normalizes
    public GRUCell(int inputSize, int hiddenSize, boolean layerNorm) {
        super(CellKernel.GRU, inputSize, hiddenSize, !layerNorm, List.of(new State("h", hiddenSize)));
        this.norm = !layerNorm
                ? null
                : new CellNorm(
                        inputSize == 0 ? null : register("layernorm_i.weight", CellNorm.gain(rows())),
                        inputSize == 0 ? null : register("layernorm_i.bias", CellNorm.shift(rows())),
                        register("layernorm_h.weight", CellNorm.gain(rows())),
                        register("layernorm_h.bias", CellNorm.shift(rows())),
                        null,
                        null);
    }

    @Override
    Value normalized(Value product) {
        return norm == null ? product : norm.input(product, Shape.of(2L * hiddenSize(), hiddenSize()));
    }

    @Override
    CellStep.@Nullable Norm norm(Recorder recorder) {
        return norm == null ? null : norm.step(recorder);
    }
}
