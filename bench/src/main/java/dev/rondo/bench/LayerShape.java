package dev.rondo.bench;

import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Module;
import dev.rondo.nn.RNN;
import dev.rondo.nn.Recurrence;
import dev.rondo.tensor.Shape;
import java.util.Random;

/// One recurrent layer on one batch of sequences, its input as wide as its state; written `lstm h256 b16 t100`.
///
/// @param cell   `lstm`, `gru`, `gru_reset_before`, `rnn` (tanh) or `rnn_relu`
/// @param hidden width of the input and of the state
/// @param batch  sequences
/// @param steps  steps of each sequence
record LayerShape(String cell, int hidden, int batch, int steps) {
    static LayerShape parse(String text) {
        String[] parts = text.split(" ");
        if (parts.length != 4) {
            throw new IllegalArgumentException("a shape is written like \"lstm h256 b16 t100\", not \"" + text + '"');
        }
        return new LayerShape(parts[0], number(parts[1], 'h'), number(parts[2], 'b'), number(parts[3], 't'));
    }

    private static int number(String part, char letter) {
        if (!part.matches(letter + "\\d{1,9}")) {
            throw new IllegalArgumentException("a shape has " + letter + " and a number where it has " + part);
        }
        return Integer.parseInt(part.substring(1));
    }

    /// Rondo's layer, its weights at random.
    Module module() {
        Recurrence recurrence = Recurrence.of(hidden, hidden);
        Module module = switch (cell) {
            case "lstm" -> new LSTM(recurrence);
            case "gru" -> new GRU(recurrence);
            case "gru_reset_before" -> new GRU(recurrence, GRU.Reset.BEFORE_PRODUCT, false);
            case "rnn" -> new RNN(recurrence, RNN.Nonlinearity.TANH);
            case "rnn_relu" -> new RNN(recurrence, RNN.Nonlinearity.RELU);
            default -> throw new IllegalArgumentException("there is no cell named " + cell);
        };
        module.initialize(1);
        return module;
    }

    /// Shape of the input and of the output: (T, N, H).
    Shape sequence() {
        return Shape.of(steps, batch, hidden);
    }

    /// As many random numbers as the input or the output has.
    float[] random(long seed) {
        float[] values = new float[steps * batch * hidden];
        Random random = new Random(seed);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Override
    public String toString() {
        return cell + " h" + hidden + " b" + batch + " t" + steps;
    }
}
