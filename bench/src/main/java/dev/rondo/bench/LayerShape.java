package dev.rondo.bench;

import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Module;
import dev.rondo.nn.RNN;
import dev.rondo.nn.Recurrence;
import dev.rondo.tensor.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/// A stack of recurrent layers on one batch of sequences; written `lstm h256 b16 t100`, or with all there is
/// `lstm i64 h256 l2 bi b16 t100 ragged`.
///
/// @param cell            `lstm`, `gru`, `gru_reset_before`, `rnn` (tanh) or `rnn_relu`
/// @param input           width of the input; `h` where it is not written
/// @param hidden          width of the state
/// @param layers          how many are stacked
/// @param isBidirectional whether each layer has both directions, their outputs side by side
/// @param batch           sequences
/// @param steps           steps of the longest sequence
/// @param isRagged        whether the sequences' lengths differ
public record LayerShape(
        String cell,
        int input,
        int hidden,
        int layers,
        boolean isBidirectional,
        int batch,
        int steps,
        boolean isRagged) {

    /// One layer from left to right, its input as wide as its state.
    public LayerShape(String cell, int hidden, int batch, int steps) {
        this(cell, hidden, hidden, 1, false, batch, steps, false);
    }

    /// @throws IllegalArgumentException if the text is no shape
    public static LayerShape parse(String text) {
        String[] parts = text.split(" ");
        int input = 0;
        int hidden = 0;
        int layers = 1;
        int batch = 0;
        int steps = 0;
        boolean isBidirectional = false;
        boolean isRagged = false;
        for (String part : Arrays.asList(parts).subList(1, parts.length)) {
            if (part.equals("bi")) {
                isBidirectional = true;
            } else if (part.equals("ragged")) {
                isRagged = true;
            } else if (part.matches("[ihlbt][1-9]\\d{0,8}")) {
                int number = Integer.parseInt(part.substring(1));
                switch (part.charAt(0)) {
                    case 'i' -> input = number;
                    case 'h' -> hidden = number;
                    case 'l' -> layers = number;
                    case 'b' -> batch = number;
                    default -> steps = number;
                }
            } else {
                throw new IllegalArgumentException("a shape has no part " + part + ": " + text);
            }
        }
        if (hidden == 0 || batch == 0 || steps == 0) {
            throw new IllegalArgumentException("a shape is written like \"lstm h256 b16 t100\", not \"" + text + '"');
        }
        int width = input == 0 ? hidden : input;
        return new LayerShape(parts[0], width, hidden, layers, isBidirectional, batch, steps, isRagged);
    }

    /// Rondo's layers, their weights at random.
    public Module module() {
        Recurrence recurrence = Recurrence.of(input, hidden).layers(layers);
        recurrence = isBidirectional ? recurrence.bidirectional() : recurrence;
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

    /// The weights of all libraries under comparison, by PyTorch's names and in its layout.
    public Map<String, float[]> weights() {
        Map<String, float[]> weights = new LinkedHashMap<>();
        module().parameters()
                .forEach((name, parameter) ->
                        weights.put(name, parameter.tensor().toFloatArray()));
        return weights;
    }

    /// G: 4 for an LSTM, 3 for a GRU, 1 for an RNN.
    public int gates() {
        return switch (cell) {
            case "lstm" -> 4;
            case "gru", "gru_reset_before" -> 3;
            default -> 1;
        };
    }

    /// D.
    public int directions() {
        return isBidirectional ? 2 : 1;
    }

    /// The width of what a layer reads, the lowest being 0.
    public int input(int layer) {
        return layer == 0 ? input : directions() * hidden;
    }

    /// Whether this is one layer from left to right over sequences of one length.
    public boolean isPlain() {
        return layers == 1 && !isBidirectional && !isRagged;
    }

    /// Shape of the input: (T, N, I).
    public Shape sequence() {
        return Shape.of(steps, batch, input);
    }

    /// Shape of the output: (T, N, D*H).
    public Shape output() {
        return Shape.of(steps, batch, (long) directions() * hidden);
    }

    /// The input of all libraries under comparison: (T, N, I).
    public float[] values() {
        return random(2);
    }

    /// As many random numbers as the input has.
    public float[] random(long seed) {
        float[] values = new float[steps * batch * input];
        Random random = new Random(seed);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /// How many steps each sequence has: T, or from a quarter of T to T where they differ.
    public int[] lengths() {
        int[] lengths = new int[batch];
        Arrays.fill(lengths, steps);
        if (isRagged) {
            Random random = new Random(3);
            int shortest = Math.ceilDiv(steps, 4);
            for (int i = 1; i < batch; i++) {
                lengths[i] = random.nextInt(shortest, steps + 1);
            }
        }
        return lengths;
    }

    /// Multiplications of a run, padding not counted.
    public long multiplications() {
        long step = 0;
        for (int layer = 0; layer < layers; layer++) {
            step += (long) directions() * gates() * hidden * (input(layer) + hidden);
        }
        return step * Arrays.stream(lengths()).sum();
    }

    @Override
    public String toString() {
        return cell
                + (input == hidden ? "" : " i" + input)
                + (" h" + hidden)
                + (layers == 1 ? "" : " l" + layers)
                + (isBidirectional ? " bi" : "")
                + (" b" + batch + " t" + steps)
                + (isRagged ? " ragged" : "");
    }
}
