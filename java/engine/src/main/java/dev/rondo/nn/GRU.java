package dev.rondo.nn;

import dev.rondo.op.Cell;
import dev.rondo.program.Value;
import org.jspecify.annotations.Nullable;

/// Gated recurrent units:
///
/// ```
/// r = σ(W_r x + b_r + U_r h + b'_r)     z = σ(W_z x + b_z + U_z h + b'_z)
/// n = tanh(W_n x + b_n + r (U_n h + b'_n))      reset after the product
/// n = tanh(W_n x + b_n + U_n (r h) + b'_n)      reset before the product
/// h' = (1 - z) n + z h
/// ```
///
/// The reset after the product is PyTorch's, cuDNN's and Keras' GRU (`reset_after=True`; ONNX:
/// `linear_before_reset=1`), the one before it is the GRU of the paper. With attention (AUGRU), each step's score a
/// weakens the update: `(1 - a) z` takes the place of z. In builds without native code it cannot be trained.
///
/// Shapes and parameters: [RNNBase], with G = 3 in the order r, z, n.
///
/// Source: Cho et al. 2014, arXiv 1406.1078; Zhou et al. 2019, arXiv 1809.03672 (AUGRU); PyTorch's `nn.GRU`.
public final class GRU extends RNNBase {
    /// Where the reset gate acts.
    public enum Reset {
        /// On the recurrent product of the candidate: PyTorch's.
        AFTER_PRODUCT,
        /// On the state, before the product: the paper's.
        BEFORE_PRODUCT
    }

    /// One layer, resetting after the product.
    public GRU(int inputSize, int hiddenSize) {
        this(Recurrence.of(inputSize, hiddenSize));
    }

    /// Layers that reset after the product.
    public GRU(Recurrence recurrence) {
        this(recurrence, Reset.AFTER_PRODUCT, false);
    }

    /// @param attention whether each step reads a score
    public GRU(Recurrence recurrence, Reset reset, boolean attention) {
        super(cell(reset, attention), recurrence, false);
        if (attention && recurrence.hiddenSizes().size() > 1) {
            throw new IllegalArgumentException("attention scores go to one layer, not to stacked ones");
        }
    }

    private static Cell cell(Reset reset, boolean attention) {
        return switch (reset) {
            case AFTER_PRODUCT -> attention ? Cell.LBR_AUGRU : Cell.LBR_GRU;
            case BEFORE_PRODUCT -> attention ? Cell.AUGRU : Cell.GRU;
        };
    }

    /// The output and the final states.
    ///
    /// @param h0 (L*D, N, H), or null for zeros
    public Output forward(Value x, @Nullable Value h0) {
        return record(x, null, h0, null, null);
    }

    /// The output and the final states of a layer with attention.
    ///
    /// @param h0        (D, N, H), or null for zeros
    /// @param attention scores between 0 and 1, (T, N), or (N, T) where the recurrence is batch-first
    /// @throws UnsupportedOperationException in training, in a build without native code
    public Output forward(Value x, @Nullable Value h0, Value attention) {
        return record(x, null, h0, null, attention);
    }

    /// The output and the final states of sequences of unequal lengths.
    ///
    /// @param h0 (L*D, N, H), or null for zeros
    public Output forward(PackedSequence x, @Nullable Value h0) {
        return record(x.padded(), x.lengths(), h0, null, null);
    }

    /// The output and the final states of sequences of unequal lengths in a layer with attention.
    ///
    /// @param h0        (D, N, H), or null for zeros
    /// @param attention scores between 0 and 1, (T, N), or (N, T) where the recurrence is batch-first
    /// @throws UnsupportedOperationException in training, in a build without native code
    public Output forward(PackedSequence x, @Nullable Value h0, Value attention) {
        return record(x.padded(), x.lengths(), h0, null, attention);
    }
}
