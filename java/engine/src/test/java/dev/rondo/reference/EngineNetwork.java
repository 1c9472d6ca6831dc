package dev.rondo.reference;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.PackedSequence;
import dev.rondo.nn.RNN;
import dev.rondo.nn.RNNBase;
import dev.rondo.nn.Recurrence;
import dev.rondo.program.Merge;
import dev.rondo.program.Value;
import dev.rondo.reference.ReferenceRecurrent.Layer;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// A network of the reference as the engine's module, with the same weights, and its inputs as the engine's tensors.
///
/// @param layers    the reference's layers, lowest first
/// @param x         (T, N, I)
/// @param h0        (L*D, N, R), or null
/// @param c0        (L*D, N, H), or null
/// @param attention (T, N), or null
/// @param lengths   number of steps of each sequence (N), or null where all have T
public record EngineNetwork(
        List<Layer> layers, double[][][] x, double[][][] h0, double[][][] c0, double[][] attention, int[] lengths) {

    /// Sequences that all have T steps.
    public EngineNetwork(List<Layer> layers, double[][][] x, double[][][] h0, double[][][] c0, double[][] attention) {
        this(layers, x, h0, c0, attention, null);
    }

    /// The same network over sequences of these lengths.
    public EngineNetwork withLengths(int... lengths) {
        return new EngineNetwork(layers, x, h0, c0, attention, lengths);
    }

    /// What the engine computed, time first.
    public record Result(float[] output, float[] hN, float[] cN, String description) {}

    /// The reference's answer.
    public ReferenceRecurrent.Result expected() {
        return ReferenceRecurrent.run(layers, x, h0, c0, lengths, attention);
    }

    /// The engine's answer.
    public Result run(boolean batchFirst, int threads) {
        RNNBase module = module(batchFirst);
        boolean hasCell = firstCell().cellSize() > 0;
        boolean equallyWide =
                module.recurrence().hiddenSizes().stream().distinct().count() == 1;
        List<Input> inputs = new ArrayList<>();
        List<Shape> shapes = new ArrayList<>();
        Map<String, float[]> data = new HashMap<>();
        String[] outer = batchFirst ? new String[] {"N", "T"} : new String[] {"T", "N"};
        inputs.add(Input.floats("x", outer[0], outer[1], Integer.toString(x[0][0].length)));
        data.put("x", Values.floats(Values.flat(batchFirst ? transposed(x) : x)));
        shapes.add(shape(batchFirst ? transposed(x) : x));
        if (h0 != null) {
            inputs.add(
                    Input.floats("h0", "LD", "N", Integer.toString(firstCell().outputSize())));
            data.put("h0", Values.floats(Values.flat(h0)));
            shapes.add(shape(h0));
        }
        if (c0 != null && hasCell) {
            inputs.add(
                    Input.floats("c0", "LD", "N", Integer.toString(firstCell().cellSize())));
            data.put("c0", Values.floats(Values.flat(c0)));
            shapes.add(shape(c0));
        }
        if (attention != null) {
            double[][] scores = batchFirst ? transposed(attention) : attention;
            inputs.add(Input.floats("attention", outer));
            data.put("attention", Values.floats(Values.flat(scores)));
            shapes.add(Shape.of(scores.length, scores[0].length));
        }
        if (lengths != null) {
            inputs.add(Input.ids("lengths", "N"));
            shapes.add(Shape.of(lengths.length));
        }
        try (Model model = Model.of(inputs, values -> {
                    RNNBase.Output result = forward(module, values);
                    Map<String, Value> outputs = new HashMap<>();
                    outputs.put("output", result.output());
                    if (equallyWide) {
                        outputs.put("hN", result.hN());
                        if (hasCell) {
                            outputs.put("cN", result.cN());
                        }
                    }
                    return outputs;
                });
                Session session = model.session(threads, shapes.toArray(Shape[]::new))) {
            data.forEach((name, values) -> session.input(name).copyFrom(values));
            if (lengths != null) {
                session.input("lengths").copyFrom(longs());
            }
            session.run();
            session.run(); // what a run leaves behind must not matter to the next
            float[] output = session.output("output").toFloatArray();
            if (batchFirst) {
                output = timeFirst(output, session.output("output").shape());
            }
            return new Result(
                    output,
                    equallyWide ? session.output("hN").toFloatArray() : null,
                    equallyWide && hasCell ? session.output("cN").toFloatArray() : null,
                    session.describe());
        }
    }

    /// Records the module.
    ///
    /// @param values x, and h0, c0, attention and lengths where there are such
    public static RNNBase.Output forward(RNNBase module, Map<String, Value> values) {
        Value x = values.get("x");
        Value h0 = values.get("h0");
        Value c0 = values.get("c0");
        Value scores = values.get("attention");
        if (!values.containsKey("lengths")) {
            return switch (module) {
                case RNN rnn -> rnn.forward(x, h0);
                case LSTM lstm -> lstm.forward(x, h0, c0);
                case GRU gru -> scores == null ? gru.forward(x, h0) : gru.forward(x, h0, scores);
            };
        }
        PackedSequence packed = new PackedSequence(x, values.get("lengths"));
        return switch (module) {
            case RNN rnn -> rnn.forward(packed, h0);
            case LSTM lstm -> lstm.forward(packed, h0, c0);
            case GRU gru -> scores == null ? gru.forward(packed, h0) : gru.forward(packed, h0, scores);
        };
    }

    /// The lengths as a program takes them.
    public long[] longs() {
        return IntStream.of(lengths).asLongStream().toArray();
    }

    private Cell firstCell() {
        return layers.getFirst().cells().getFirst();
    }

    private static Shape shape(double[][][] values) {
        return Shape.of(values.length, values[0].length, values[0][0].length);
    }

    private static float[] timeFirst(float[] values, Shape shape) {
        double[] wide = Tensor.of(shape, values).toDoubleArray();
        double[][][] cube = Values.cube(wide, (int) shape.size(0), (int) shape.size(1), (int) shape.size(2));
        return Values.floats(Values.flat(transposed(cube)));
    }

    private static double[][][] transposed(double[][][] cube) {
        double[][][] result = new double[cube[0].length][cube.length][];
        for (int i = 0; i < cube.length; i++) {
            for (int j = 0; j < cube[0].length; j++) {
                result[j][i] = cube[i][j];
            }
        }
        return result;
    }

    private static double[][] transposed(double[][] matrix) {
        double[][] result = new double[matrix[0].length][matrix.length];
        for (int i = 0; i < matrix.length; i++) {
            for (int j = 0; j < matrix[0].length; j++) {
                result[j][i] = matrix[i][j];
            }
        }
        return result;
    }

    /// All numbers the result depends on, as the reference has them, to be varied in place: by the names of the
    /// engine's parameters, and `input`, `h0`, `c0` and `attention`.
    public Map<String, double[][]> variables() {
        Map<String, double[][]> variables = new HashMap<>();
        variables.put("input", rows(x));
        if (h0 != null) {
            variables.put("h0", rows(h0));
        }
        if (c0 != null) {
            variables.put("c0", rows(c0));
        }
        if (attention != null) {
            variables.put("attention", attention);
        }
        forEachCell((suffix, cell) -> {
            Weights weights = cell.weights();
            variables.put("weight_ih" + suffix, weights.weightIh());
            variables.put("weight_hh" + suffix, weights.weightHh());
            variables.put("bias_ih" + suffix, new double[][] {weights.biasIh()});
            variables.put("bias_hh" + suffix, new double[][] {weights.biasHh()});
            if (cell instanceof LstmCell lstm && lstm.weightHr() != null) {
                variables.put("weight_hr" + suffix, lstm.weightHr());
            }
            if (cell instanceof LstmCell lstm && lstm.weightPeephole() != null) {
                variables.put("weight_ch" + suffix, lstm.weightPeephole());
            }
        });
        return variables;
    }

    private static double[][] rows(double[][][] cube) {
        return Stream.of(cube).flatMap(Stream::of).toArray(double[][]::new);
    }

    private void forEachCell(BiConsumer<String, Cell> use) {
        for (int l = 0; l < layers.size(); l++) {
            for (int d = 0; d < layers.get(l).cells().size(); d++) {
                use.accept(
                        "_l" + l + (d == 1 ? "_reverse" : ""),
                        layers.get(l).cells().get(d));
            }
        }
    }

    /// The module with the reference's weights.
    public RNNBase module(boolean batchFirst) {
        Cell cell = firstCell();
        ReferenceRecurrent.Direction direction = layers.getFirst().direction();
        Recurrence recurrence = Recurrence.of(x[0][0].length, cell.weights().hiddenSize())
                .layers(layers.stream()
                        .map(layer -> layer.cells().getFirst().weights().hiddenSize())
                        .toList())
                .projected(cell instanceof LstmCell lstm && lstm.weightHr() != null ? lstm.outputSize() : 0);
        recurrence = switch (direction) {
            case FORWARD -> recurrence;
            case REVERSE -> recurrence.reversed();
            case CONCAT -> recurrence.bidirectional();
            case SUM -> recurrence.bidirectional(Merge.SUM);
        };
        if (batchFirst) {
            recurrence = recurrence.batchFirst();
        }
        if (cell.weights().biasIh() == null) {
            recurrence = recurrence.withoutBias();
        }
        RNNBase module = switch (cell) {
            case RnnCell rnn ->
                new RNN(recurrence, RNN.Nonlinearity.valueOf(rnn.activation().name()));
            case LstmCell lstm -> new LSTM(recurrence, lstm.weightPeephole() != null);
            case GruCell gru ->
                new GRU(
                        recurrence,
                        gru.reset() == GruCell.Reset.AFTER_PRODUCT ? GRU.Reset.AFTER_PRODUCT : GRU.Reset.BEFORE_PRODUCT,
                        gru.attention());
        };
        module.load(weights());
        return module;
    }

    private Map<String, Tensor> weights() {
        Map<String, Tensor> tensors = new HashMap<>();
        forEachCell((suffix, cell) -> {
            tensors.put("weight_ih" + suffix, matrix(cell.weights().weightIh()));
            tensors.put("weight_hh" + suffix, matrix(cell.weights().weightHh()));
            if (cell.weights().biasIh() != null) {
                tensors.put("bias_ih" + suffix, vector(cell.weights().biasIh()));
                tensors.put("bias_hh" + suffix, vector(cell.weights().biasHh()));
            }
            if (cell instanceof LstmCell lstm && lstm.weightHr() != null) {
                tensors.put("weight_hr" + suffix, matrix(lstm.weightHr()));
            }
            if (cell instanceof LstmCell lstm && lstm.weightPeephole() != null) {
                tensors.put("weight_ch" + suffix, matrix(lstm.weightPeephole()));
            }
        });
        return tensors;
    }

    private static Tensor matrix(double[][] values) {
        return Tensor.of(Shape.of(values.length, values[0].length), Values.floats(Values.flat(values)));
    }

    private static Tensor vector(double[] values) {
        return Tensor.of(Shape.of(values.length), Values.floats(values));
    }
}
