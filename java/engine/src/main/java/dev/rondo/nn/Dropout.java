package dev.rondo.nn;

import dev.rondo.program.Value;

/// Dropout, which does nothing in inference: `y = x`.
///
/// x, y: (…). Source: Srivastava et al. 2014; PyTorch's `nn.Dropout`.
public final class Dropout extends Module {
    /// @param p probability with which training drops an element
    /// @throws IllegalArgumentException if p is not between 0 and 1
    public Dropout(double p) {
        if (!(p >= 0 && p <= 1)) {
            throw new IllegalArgumentException("dropout's probability is between 0 and 1, not " + p);
        }
    }

    @Override
    public Value forward(Value x) {
        return x;
    }
}
