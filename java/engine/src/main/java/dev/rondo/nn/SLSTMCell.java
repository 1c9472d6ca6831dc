package dev.rondo.nn;

import dev.rondo.kernel.CellKernel;
import dev.rondo.op.MatMul;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.List;

/// The sLSTM of the xLSTM: an exponential input gate, and a normalizer in place of the bounded cell.
///
/// ```
/// z = tanh(z~)        o = σ(o~)        m' = max(log σ(f~) + m, i~)
/// i = exp(i~ - m')    f = exp(log σ(f~) + m - m')
/// c' = f c + i z      n' = f n + i     h' = o c' / n'
/// ```
///
/// where i~, f~, z~ and o~ are `W x + b + R h + b'`, and m keeps the exponentials in range: h does not depend on it.
/// With several heads, R is block-diagonal: units read the state of their own head alone.
///
/// - x: (T, N, I); output: (T, N, H); states `h`, `c`, `n` and `m`, (N, H) each
/// - parameters: [GatedCell], with G = 4 in the order i, f, z, o; `weight_hh` is (heads, H/heads, 4*H/heads) where
///   there are several: what a head's state gives the four gates of its units
///
/// Gradients are those of losses that read h; c, n and m count as a scale that cancels.
///
/// Source: Beck et al. 2024, arXiv 2405.04517 (equations 8 to 18).
public final class SLSTMCell extends GatedCell {
    private final int heads;

    /// One head.
    public SLSTMCell(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, 1);
    }

    /// @param inputSize I, or 0 for a cell without an input
    /// @param heads     divides the hidden size
    public SLSTMCell(int inputSize, int hiddenSize, int heads) {
        super(
                CellKernel.SLSTM,
                inputSize,
                hiddenSize,
                true,
                stateWeight(hiddenSize, heads),
                List.of(
                        new State("h", hiddenSize),
                        new State("c", hiddenSize),
                        new State("n", hiddenSize),
                        new State("m", hiddenSize)));
        this.heads = heads;
    }

    private static Shape stateWeight(int hiddenSize, int heads) {
        Sizes.requirePositive(heads, "number of heads");
        if (hiddenSize % heads != 0) {
            throw new IllegalArgumentException(heads + " heads do not divide a hidden size of " + hiddenSize);
        }
        long width = hiddenSize / heads;
        return heads == 1 ? Shape.of(4L * hiddenSize, hiddenSize) : Shape.of(heads, width, 4 * width);
    }

    @Override
    Value product(Value h) {
        if (heads == 1) {
            return super.product(h);
        }
        long batch = h.shape().size(0);
        long width = hiddenSize() / heads;
        Value perHead = h.reshape(batch, heads, width).transpose(0, 1); // (heads, N, H/heads)
        Value product =
                h.recorder().record(new MatMul(perHead, weight(h, stateWeight))).output(); // (heads, N, 4*H/heads)
        Value byGate = Functional.contiguous(
                product.reshape(heads, batch, 4, width).permute(1, 2, 0, 3)); // (N, 4, heads, H/heads)
        return Functional.add(byGate.reshape(batch, 4L * hiddenSize()), weight(h, stateBias));
    }
}
