package dev.rondo.kernel;

import java.lang.foreign.MemorySegment;

/// A loss over given arrays, prepared to run many times.
public interface LossKernel {
    /// Computes the loss: one number, or one for each element or row without reduction.
    ///
    /// @return -1, or the position of the first target that is no class (of the first sequence with such a
    ///         target or a length out of range, for losses of sequences); then nothing is written
    long forward(MemorySegment loss);

    /// Computes the gradient of what the loss is of.
    ///
    /// @param diffLoss gradient of the loss, as large as it is
    void backward(MemorySegment diffLoss, MemorySegment diffX);
}
