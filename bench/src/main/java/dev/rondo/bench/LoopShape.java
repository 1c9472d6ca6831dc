package dev.rondo.bench;

import dev.rondo.nn.DeepTransition;
import dev.rondo.nn.LSTMCell;
import dev.rondo.nn.Module;
import dev.rondo.tensor.Shape;
import java.util.Random;

/// A network that has to be stepped through, over sequences as wide as its state.
///
/// @param cell   of which kind
/// @param hidden H, and the width of the input
/// @param batch  N
/// @param steps  T
public record LoopShape(Cell cell, int hidden, int batch, int steps) {
    /// What a step computes.
    public enum Cell {
        /// `h' = tanh(V tanh(W x + U h + b) + c)`
        DEEP_TRANSITION,
        /// An LSTM with layer normalization of both products and of the cell state.
        NORMALIZED_LSTM
    }

    /// The network with its weights, always the same ones.
    Module module() {
        Module module = switch (cell) {
            case DEEP_TRANSITION -> new DeepTransition(hidden, hidden, 2);
            case NORMALIZED_LSTM -> new LSTMCell(hidden, hidden, true);
        };
        module.initialize(1);
        return module;
    }

    /// The input's shape, and the output's: (T, N, H).
    Shape sequence() {
        return Shape.of(steps, batch, hidden);
    }

    float[] random(long seed) {
        float[] values = new float[steps * batch * hidden];
        Random random = new Random(seed);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
