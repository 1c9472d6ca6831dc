package dev.rondo.onnx.operator;

import dev.rondo.format.MalformedFileException;
import dev.rondo.op.Cell;
import dev.rondo.op.GateFunction;
import dev.rondo.op.GeneralRecurrent;
import dev.rondo.op.Recurrent;
import dev.rondo.op.RecurrentInputs;
import dev.rondo.op.Zeros;
import dev.rondo.program.Direction;
import dev.rondo.program.Merge;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/// Recurrent layers: ONNX's RNN, LSTM and GRU on the engine's cells, and on [GeneralRecurrent] where those lack what
/// the attributes ask for.
final class Recurrences {
    private static final String ATTRIBUTES =
            "activation_alpha activation_beta activations clip direction hidden_size layout";

    private Recurrences() {}

    static void register(Map<String, Operator> into) {
        Operators.add(into, "RNN", ATTRIBUTES, call -> new Recurrences.Layer(call, RecurrentWeights.RNN).record());
        Operators.add(
                into,
                "GRU",
                ATTRIBUTES + " linear_before_reset",
                call -> new Recurrences.Layer(call, RecurrentWeights.GRU).record());
        Operators.add(
                into,
                "LSTM",
                ATTRIBUTES + " input_forget",
                call -> new Recurrences.Layer(call, RecurrentWeights.LSTM).record());
        Operators.add(
                into,
                "com.microsoft.DynamicQuantizeLSTM",
                ATTRIBUTES + " input_forget",
                call -> new Recurrences.Layer(call, RecurrentWeights.QUANTIZED_LSTM).record());
    }

    /// A node that is being recorded.
    private static final class Layer {
        private final Call call;
        private final RecurrentWeights kind;
        private final boolean batchFirst;
        private final List<Direction> directions;
        private final Value x; // (T, N, I), or (N, T, I) batch first
        private final List<GateFunction> functions;

        Layer(Call call, RecurrentWeights kind) {
            this.call = call;
            this.kind = kind;
            this.batchFirst = call.flag("layout", false);
            this.directions = directions(call.text("direction", "forward"));
            this.x = call.input(0);
            if (x.shape().rank() != 3) {
                throw new IllegalArgumentException("its input has three dimensions, not the shape " + x.shape());
            }
            this.functions = functions();
        }

        private static List<Direction> directions(String direction) {
            return switch (direction) {
                case "forward" -> List.of(Direction.LEFT_TO_RIGHT);
                case "reverse" -> List.of(Direction.RIGHT_TO_LEFT);
                case "bidirectional" -> List.of(Direction.LEFT_TO_RIGHT, Direction.RIGHT_TO_LEFT);
                default ->
                    throw new IllegalArgumentException(
                            "there is no direction " + MalformedFileException.quote(direction));
            };
        }

        /// The activations of all directions, one after the other. Parameters are taken in order by those that have
        /// them.
        private List<GateFunction> functions() {
            List<String> names = call.texts("activations");
            int count = kind.functions().size() * directions.size();
            if (!names.isEmpty() && names.size() != count) {
                throw new IllegalArgumentException("it has " + names.size() + " activations instead of " + count);
            }
            var alphas = call.reals("activation_alpha").iterator();
            var betas = call.reals("activation_beta").iterator();
            List<GateFunction> all = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                GateFunction.Kind function = names.isEmpty()
                        ? kind.functions().get(i % kind.functions().size())
                        : RecurrentWeights.function(names.get(i));
                GateFunction usual = function.usual();
                float alpha = function.hasAlpha() && alphas.hasNext() ? alphas.next() : usual.alpha();
                float beta = function.hasBeta() && betas.hasNext() ? betas.next() : usual.beta();
                all.add(new GateFunction(function, alpha, beta));
            }
            return all;
        }

        List<Value> record() {
            List<Recurrent.Weights> weights = kind.weights(call, directions.size());
            long hidden = weights.getFirst().stateWeight().shape().size(1);
            if (call.has("hidden_size") && call.integer("hidden_size", 0) != hidden) {
                throw new IllegalArgumentException(
                        "its hidden_size " + call.integer("hidden_size", 0) + " is not that of its weights, " + hidden);
            }
            Value h0 = state(kind.initialState(), hidden);
            Value c0 = kind.hasCell() ? state(kind.initialState() + 1, hidden) : null;
            if (kind.hasCell() && (h0 == null) != (c0 == null)) {
                h0 = h0 == null ? zeros(hidden) : h0;
                c0 = c0 == null ? zeros(hidden) : c0;
            }
            List<Value> outputs = isOrdinary() ? ordinary(weights, h0, c0) : general(weights, h0, c0);
            return arranged(outputs, hidden);
        }

        private long samples() {
            return x.shape().size(batchFirst ? 0 : 1);
        }

        private long steps() {
            return x.shape().size(batchFirst ? 1 : 0);
        }

        /// An initial state (D, N, H), or null where there is none or it is known to be zeros.
        private @Nullable Value state(int input, long hidden) {
            Value given = call.optional(input);
            if (given == null) {
                return null;
            }
            Value state = batchFirst ? given.transpose(0, 1) : given;
            Shape shape = Shape.of(directions.size(), samples(), hidden);
            if (!state.shape().equals(shape) || state.type() != DataType.F32) {
                throw new IllegalArgumentException(
                        "its initial state is " + state + " where F32 " + shape + " is needed");
            }
            Tensor known = given.known();
            return known != null && isZero(known) ? null : state;
        }

        private static boolean isZero(Tensor tensor) {
            for (float value : tensor.toFloatArray()) {
                if (value != 0) {
                    return false;
                }
            }
            return true;
        }

        private Value zeros(long hidden) {
            return call.record(new Zeros(call.recorder(), Shape.of(directions.size(), samples(), hidden)));
        }

        /// Numbers of steps, or null where all sequences are known to have T.
        private @Nullable Value lengths() {
            Value lengths = call.optional(kind.initialState() - 1);
            Tensor known = lengths == null ? null : lengths.known();
            boolean all = known != null
                    && known.type() == DataType.I64
                    && LongStream.of(known.toLongArray()).allMatch(length -> length == steps());
            return all ? null : lengths;
        }

        private Cell cell() {
            if (kind.hasCell()) {
                return Cell.LSTM;
            }
            if (kind == RecurrentWeights.GRU) {
                return call.flag("linear_before_reset", false) ? Cell.LBR_GRU : Cell.GRU;
            }
            return switch (functions.getFirst().kind()) {
                case RELU -> Cell.RNN_RELU;
                case SIGMOID -> Cell.RNN_LOGISTIC;
                default -> Cell.RNN_TANH;
            };
        }

        /// Whether the engine's own cells do all that is asked for.
        private boolean isOrdinary() {
            if (call.has("clip") || call.flag("input_forget", false)) {
                return false;
            }
            if (kind == RecurrentWeights.RNN) {
                return functions.stream().distinct().count() == 1
                        && switch (functions.getFirst().kind()) {
                            case TANH, RELU, SIGMOID -> true;
                            default -> false;
                        };
            }
            for (int i = 0; i < functions.size(); i++) {
                if (functions.get(i).kind()
                        != kind.functions().get(i % kind.functions().size())) {
                    return false;
                }
            }
            return true;
        }

        private List<Value> ordinary(List<Recurrent.Weights> weights, @Nullable Value h0, @Nullable Value c0) {
            return call.recorder()
                    .record(new Recurrent(
                            cell(),
                            directions,
                            Merge.CONCAT,
                            batchFirst,
                            new RecurrentInputs(x, h0, c0, lengths()),
                            weights))
                    .outputs();
        }

        private List<Value> general(List<Recurrent.Weights> weights, @Nullable Value h0, @Nullable Value c0) {
            List<GeneralRecurrent.Functions> ofDirections = new ArrayList<>();
            int count = kind.functions().size();
            for (int d = 0; d < directions.size(); d++) {
                List<GateFunction> own = functions.subList(d * count, (d + 1) * count);
                ofDirections.add(
                        new GeneralRecurrent.Functions(own.getFirst(), own.get(Math.min(1, count - 1)), own.getLast()));
            }
            float clip = call.has("clip") ? call.real("clip", 0) : Float.POSITIVE_INFINITY;
            List<Value> outputs = call.recorder()
                    .record(new GeneralRecurrent(
                            cell(),
                            new GeneralRecurrent.Cells(ofDirections, clip, call.flag("input_forget", false)),
                            directions,
                            batchFirst ? x.transpose(0, 1) : x,
                            h0,
                            c0,
                            lengths(),
                            weights))
                    .outputs();
            List<Value> arranged = new ArrayList<>(outputs);
            arranged.set(0, batchFirst ? outputs.getFirst().transpose(0, 1) : outputs.getFirst());
            return arranged;
        }

        /// The output as (T, D, N, H), or (N, T, D, H) batch first; states as (D, N, H), or (N, D, H).
        private List<Value> arranged(List<Value> outputs, long hidden) {
            Value output = outputs.getFirst();
            long[] split = Arrays.copyOf(output.shape().sizes(), 4);
            split[2] = directions.size();
            split[3] = hidden;
            Value byDirection = Shapes.reshaped(output, split);
            List<Value> arranged = new ArrayList<>();
            arranged.add(batchFirst ? byDirection : byDirection.permute(0, 2, 1, 3));
            for (Value state : outputs.subList(1, outputs.size())) {
                arranged.add(batchFirst ? state.transpose(0, 1) : state);
            }
            return arranged;
        }
    }
}
