package dev.rondo.onnx.operator;

import dev.rondo.format.MalformedFileException;
import dev.rondo.op.GateFunction;
import dev.rondo.op.Recurrent;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// ONNX's recurrent operators: where their inputs are, and the order of their gates, which PyTorch's is made of.
///
/// | operator | ONNX's gates | PyTorch's |
/// |---|---|---|
/// | LSTM | i, o, f, c | i, f, g, o |
/// | LSTM's peepholes | i, o, f | i, f, o, as the engine has them |
/// | GRU | z, r, h | r, z, n |
enum RecurrentWeights {
    RNN(5, List.of(GateFunction.Kind.TANH), 0),
    GRU(5, List.of(GateFunction.Kind.SIGMOID, GateFunction.Kind.TANH), 1, 0, 2),
    LSTM(5, List.of(GateFunction.Kind.SIGMOID, GateFunction.Kind.TANH, GateFunction.Kind.TANH), 0, 2, 3, 1),
    /// ONNX Runtime's: weights are transposed and quantised, with their scales and zero points behind the peepholes.
    QUANTIZED_LSTM(5, List.of(GateFunction.Kind.SIGMOID, GateFunction.Kind.TANH, GateFunction.Kind.TANH), 0, 2, 3, 1);

    private static final int PEEPHOLE = 7;
    private static final int[] PEEPHOLE_ORDER = {0, 2, 1};

    private final int initialState;
    private final List<GateFunction.Kind> functions;
    private final int[] order; // which of ONNX's gates each of PyTorch's is

    RecurrentWeights(int initialState, List<GateFunction.Kind> functions, int... order) {
        this.initialState = initialState;
        this.functions = functions;
        this.order = order;
    }

    /// The input that is the initial hidden state; lengths are before it, a cell's state is behind it.
    int initialState() {
        return initialState;
    }

    /// The default activations of one direction.
    List<GateFunction.Kind> functions() {
        return functions;
    }

    boolean hasCell() {
        return this == LSTM || this == QUANTIZED_LSTM;
    }

    static GateFunction.Kind function(String name) {
        return switch (name.toLowerCase(Locale.ROOT)) {
            case "relu" -> GateFunction.Kind.RELU;
            case "tanh" -> GateFunction.Kind.TANH;
            case "sigmoid" -> GateFunction.Kind.SIGMOID;
            case "affine" -> GateFunction.Kind.AFFINE;
            case "leakyrelu" -> GateFunction.Kind.LEAKY_RELU;
            case "thresholdedrelu" -> GateFunction.Kind.THRESHOLDED_RELU;
            case "scaledtanh" -> GateFunction.Kind.SCALED_TANH;
            case "hardsigmoid" -> GateFunction.Kind.HARD_SIGMOID;
            case "elu" -> GateFunction.Kind.ELU;
            case "softsign" -> GateFunction.Kind.SOFTSIGN;
            case "softplus" -> GateFunction.Kind.SOFTPLUS;
            default ->
                throw new IllegalArgumentException("there is no activation " + MalformedFileException.quote(name));
        };
    }

    /// The weights of each direction, in PyTorch's layout: made once for the model.
    List<Recurrent.Weights> weights(Call call, int directions) {
        Tensor input = matrix(call, 1, 8);
        Tensor state = matrix(call, 2, 10);
        long gates = order.length;
        if (input.shape().rank() != 3
                || state.shape().rank() != 3
                || input.shape().size(0) != directions
                || state.shape().size(0) != directions
                || state.shape().size(1) != gates * state.shape().size(2)
                || input.shape().size(1) != state.shape().size(1)) {
            throw new IllegalArgumentException("its weights of shapes " + input.shape() + " and " + state.shape()
                    + " are not those of " + directions + " directions with " + gates + " gates");
        }
        long hidden = state.shape().size(2);
        Tensor bias = vector(call, 3, Shape.of(directions, 2 * gates * hidden));
        Tensor peephole = hasCell() ? vector(call, PEEPHOLE, Shape.of(directions, 3 * hidden)) : null;
        List<Recurrent.Weights> weights = new ArrayList<>();
        for (int d = 0; d < directions; d++) {
            weights.add(new Recurrent.Weights(
                    ordered(
                            call,
                            input,
                            d,
                            0,
                            order,
                            gates * hidden,
                            input.shape().size(2)),
                    ordered(call, state, d, 0, order, gates * hidden, hidden),
                    bias == null ? null : ordered(call, bias, d, 0, order, gates * hidden, 0),
                    bias == null ? null : ordered(call, bias, d, gates * hidden, order, gates * hidden, 0),
                    null,
                    peephole == null ? null : ordered(call, peephole, d, 0, PEEPHOLE_ORDER, 3, hidden)));
        }
        return weights;
    }

    private static @Nullable Tensor vector(Call call, int input, Shape shape) {
        if (call.optional(input) == null) {
            return null;
        }
        Tensor tensor = call.source(input);
        if (!tensor.shape().equals(shape) || tensor.type() != DataType.F32) {
            throw new IllegalArgumentException(
                    "its input number " + input + " is of shape " + tensor.shape() + " where " + shape + " is needed");
        }
        return tensor;
    }

    /// The weights (D, G*H, W), in numbers.
    private Tensor matrix(Call call, int input, int scaleInput) {
        Tensor tensor = call.source(input);
        if (this != QUANTIZED_LSTM) {
            return tensor;
        }
        Tensor scale = call.source(scaleInput);
        Tensor zero = call.optional(scaleInput + 1) == null ? null : call.source(scaleInput + 1);
        return call.derived().of("numbers", List.of(tensor, scale), () -> numbers(tensor, scale, zero));
    }

    /// `(q - zero) * scale`, from (D, W, G*H) to (D, G*H, W).
    private static Tensor numbers(Tensor quantized, Tensor scale, @Nullable Tensor zero) {
        if (quantized.shape().rank() != 3 || quantized.type() != DataType.I64) {
            throw new IllegalArgumentException("its weights are not quantised: " + quantized.shape());
        }
        long directions = quantized.shape().size(0);
        long width = quantized.shape().size(1);
        long rows = quantized.shape().size(2);
        long scales = scale.shape().elements();
        if (scales != directions && scales != directions * rows
                || zero != null && zero.shape().elements() != scales) {
            throw new IllegalArgumentException("its scales and zero points do not go with " + quantized.shape());
        }
        Tensor result = Tensor.allocate(Arena.ofAuto(), Shape.of(directions, rows, width), DataType.F32);
        for (long d = 0; d < directions; d++) {
            for (long row = 0; row < rows; row++) {
                long own = scales == directions ? d : d * rows + row;
                float factor = scale.data().getAtIndex(ValueLayout.JAVA_FLOAT, own);
                long origin = zero == null ? 0 : zero.data().getAtIndex(ValueLayout.JAVA_LONG, own);
                for (long i = 0; i < width; i++) {
                    long q = quantized.data().getAtIndex(ValueLayout.JAVA_LONG, (d * width + i) * rows + row);
                    result.data()
                            .setAtIndex(ValueLayout.JAVA_FLOAT, (d * rows + row) * width + i, (q - origin) * factor);
                }
            }
        }
        return result;
    }

    /// Blocks of rows of one direction in another order, as a constant of the model.
    ///
    /// @param from  the first row
    /// @param rows  how many there are
    /// @param width elements of a row; 0 for a vector
    private static Value ordered(
            Call call, Tensor tensor, int direction, long from, int[] order, long rows, long width) {
        String role = "gates " + direction + " " + from + " " + rows;
        Tensor result = call.derived().of(role, List.of(tensor), () -> {
            Shape shape = width == 0 ? Shape.of(rows) : Shape.of(rows, width);
            Tensor ordered = Tensor.allocate(Arena.ofAuto(), shape, DataType.F32);
            long block = ordered.data().byteSize() / order.length;
            long all = tensor.data().byteSize() / tensor.shape().size(0);
            long start = direction * all + from * Math.max(1, width) * Float.BYTES;
            for (int gate = 0; gate < order.length; gate++) {
                MemorySegment.copy(tensor.data(), start + order[gate] * block, ordered.data(), gate * block, block);
            }
            return ordered;
        });
        return call.recorder().constant(result);
    }
}
