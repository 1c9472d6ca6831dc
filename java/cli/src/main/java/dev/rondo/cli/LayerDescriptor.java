package dev.rondo.cli;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.RNN;
import dev.rondo.nn.RNNBase;
import dev.rondo.nn.Recurrence;
import dev.rondo.program.Merge;
import dev.rondo.tensor.Shape;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A recurrent layer in the words of oneDNN's test driver, which the engine's descriptions use too.
///
/// @param cell       `lstm`, `lstm_peephole`, `gru`, `lbr_gru`, `rnn_tanh`, `rnn_relu` or `rnn_logistic`
/// @param direction  `l2r`, `r2l`, or `concat` or `sum` for both
/// @param layers     l
/// @param steps      t
/// @param batch      mb
/// @param input      slc
/// @param hidden     dhc
/// @param projection dic; 0 for none
record LayerDescriptor(
        String cell, String direction, int layers, int steps, int batch, int input, int hidden, int projection) {
    static final String EXAMPLE = "lstm_f32_fwd_inf_l2r:l1t100mb16_slc256_sic256_dhc256";

    private static final long SEED = 1;
    private static final int MOST_LAYERS = 1000;
    private static final double MOST_NUMBERS = 1L << 30;
    private static final Pattern SYNTAX =
            Pattern.compile("(?<cell>lstm_peephole|lstm|lbr_gru|gru|rnn_tanh|rnn_relu|rnn_logistic)_f32_fwd_inf_"
                    + "(?<direction>l2r|r2l|concat|sum):l(?<l>\\d+)t(?<t>\\d+)mb(?<mb>\\d+)"
                    + "_slc(?<slc>\\d+)_sic(?<sic>\\d+)_dhc(?<dhc>\\d+)(_dic(?<dic>\\d+))?");

    /// Reads a descriptor.
    ///
    /// @throws InputException if it is none, with an example
    static LayerDescriptor parse(String text) {
        Matcher matcher = SYNTAX.matcher(text);
        if (!matcher.matches()) {
            throw new InputException(text + ": is neither a model's file nor a layer such as " + EXAMPLE);
        }
        int hidden = size(matcher, "dhc");
        int projection = matcher.group("dic") == null ? 0 : size(matcher, "dic");
        LayerDescriptor descriptor = new LayerDescriptor(
                matcher.group("cell"),
                matcher.group("direction"),
                size(matcher, "l"),
                size(matcher, "t"),
                size(matcher, "mb"),
                size(matcher, "slc"),
                hidden,
                projection == hidden ? 0 : projection);
        if (size(matcher, "sic") != descriptor.stateSize()) {
            throw new InputException(text + ": sic must be " + descriptor.stateSize() + ", the width of the state");
        }
        if (descriptor.layers > MOST_LAYERS || descriptor.numbers() > MOST_NUMBERS) {
            throw new InputException(text + ": is too large to measure: at most 1000 layers, and 4 GiB of numbers");
        }
        return descriptor;
    }

    /// About how many numbers weights, input and results are.
    private double numbers() {
        double weights = 4.0 * hidden * (input + hidden + 2.0 * hidden * (layers - 1));
        return weights + (double) steps * batch * (input + 5.0 * hidden);
    }

    private static int size(Matcher matcher, String name) {
        String digits = matcher.group(name);
        int size = digits.length() > 9 ? 0 : Integer.parseInt(digits);
        if (size < 1) {
            throw new InputException(matcher.group() + ": " + name + digits + " is not between 1 and 999999999");
        }
        return size;
    }

    private int stateSize() {
        return projection == 0 ? hidden : projection;
    }

    /// A model of the layer with random weights, always the same ones.
    ///
    /// @throws IllegalArgumentException if there is no such layer
    Model model() {
        RNNBase module = module();
        module.initialize(SEED);
        return Model.of(module, Input.floats("x", "T", "N", Integer.toString(input)));
    }

    private RNNBase module() {
        Recurrence one = Recurrence.of(input, hidden).layers(layers).projected(projection);
        Recurrence recurrence = switch (direction) {
            case "l2r" -> one;
            case "r2l" -> one.reversed();
            case "concat" -> one.bidirectional();
            default -> one.bidirectional(Merge.SUM);
        };
        return switch (cell) {
            case "lstm" -> new LSTM(recurrence);
            case "lstm_peephole" -> new LSTM(recurrence, true);
            case "gru" -> new GRU(recurrence, GRU.Reset.BEFORE_PRODUCT, false);
            case "lbr_gru" -> new GRU(recurrence);
            case "rnn_tanh" -> new RNN(recurrence, RNN.Nonlinearity.TANH);
            case "rnn_relu" -> new RNN(recurrence, RNN.Nonlinearity.RELU);
            default -> new RNN(recurrence, RNN.Nonlinearity.LOGISTIC);
        };
    }

    /// The input's shape.
    Shape shape() {
        return Shape.of(steps, batch, input);
    }
}
