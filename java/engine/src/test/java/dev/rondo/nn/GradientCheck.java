package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rondo.op.Sum;
import dev.rondo.program.Gradients;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.reference.Golden;
import dev.rondo.reference.Samples;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.Values;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/// How gradients are tested: against PyTorch's, and against differences of the engine's own results.
final class GradientCheck {
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);

    private GradientCheck() {}

    /// The loss and the gradients of all variables, by name.
    static Map<String, float[]> gradients(
            Map<String, Tensor> variables, Function<Map<String, Value>, Value> objective) {
        try (Recorded recorded = new Recorded(variables, objective)) {
            return recorded.results();
        }
    }

    /// A program with the loss and all gradients, which reads the variables as they are at each run.
    private static final class Recorded implements AutoCloseable {
        private final Arena arena = Arena.ofConfined();
        private final PackedWeights weights = new PackedWeights();
        private final Program program;
        private final Replay replay;

        Recorded(Map<String, Tensor> variables, Function<Map<String, Value>, Value> objective) {
            Recorder recorder = new Recorder(true);
            Map<String, Value> values = new LinkedHashMap<>();
            variables.forEach((name, tensor) -> values.put(name, recorder.weight(tensor)));
            Value loss = objective.apply(values);
            Gradients gradients = recorder.backward(loss);
            recorder.output("loss", loss);
            values.forEach(
                    (name, value) -> recorder.output("grad." + name, Functional.contiguous(gradients.of(value))));
            this.program = recorder.finish(weights, 1);
            this.replay = program.replay(arena);
        }

        /// All outputs, of a run after another one.
        Map<String, float[]> results() {
            replay.run(0);
            replay.run(1);
            Map<String, float[]> results = new LinkedHashMap<>();
            replay.outputs().forEach((name, tensor) -> results.put(name, tensor.toFloatArray()));
            return results;
        }

        double loss() {
            replay.run(1);
            return replay.outputs().get("loss").toFloatArray()[0];
        }

        @Override
        public void close() {
            replay.close();
            arena.close();
            program.close();
            weights.close();
        }
    }

    static Value total(Value value) {
        return value.recorder().record(new Sum(value, Shape.of())).output();
    }

    static Value dot(Value value, Tensor factor) {
        return total(Functional.multiply(value, value.recorder().constant(factor)));
    }

    static Tensor floats(Golden golden, String name) {
        return Tensor.of(golden.tensor(name).shape(), golden.tensor(name).toFloatArray());
    }

    static void check(Golden golden, Map<String, float[]> actual) {
        assertEquals(golden.values("loss")[0], actual.remove("loss")[0], 1e-4, golden.name());
        actual.forEach(
                (name, gradient) -> TOLERANCE.assertClose(golden.name() + " " + name, golden.values(name), gradient));
    }

    /// Central differences of the engine's own loss, with steps that suit float32.
    static void checkDifferences(
            String what, Map<String, Tensor> variables, Function<Map<String, Value>, Value> objective) {
        try (Recorded recorded = new Recorded(variables, objective)) {
            checkDifferences(what, variables, recorded);
        }
    }

    private static void checkDifferences(String what, Map<String, Tensor> variables, Recorded recorded) {
        Map<String, float[]> actual = recorded.results();
        double step = 1e-2;
        variables.forEach((name, tensor) -> {
            float[] values = tensor.toFloatArray();
            double[] expected = new double[values.length];
            for (int i = 0; i < values.length; i++) {
                // Two step widths cancel the error of second order.
                double wide = difference(recorded, tensor, values, i, 2 * step);
                double narrow = difference(recorded, tensor, values, i, step);
                expected[i] = (4 * narrow - wide) / 3;
            }
            new Tolerance(2e-3).assertClose(what + " grad." + name, expected, actual.get("grad." + name));
        });
    }

    /// Differences along a random direction of each variable, for networks of many weights.
    static void checkDirections(
            String what, Map<String, Tensor> variables, Function<Map<String, Value>, Value> objective) {
        try (Recorded recorded = new Recorded(variables, objective)) {
            checkDirections(what, variables, recorded);
        }
    }

    private static void checkDirections(String what, Map<String, Tensor> variables, Recorded recorded) {
        Map<String, float[]> actual = recorded.results();
        double[] scale = {0};
        actual.forEach((name, values) -> {
            for (float value : values) {
                scale[0] = Math.max(scale[0], name.equals("loss") ? 0 : Math.abs(value));
            }
        });
        variables.forEach((name, tensor) -> {
            float[] values = tensor.toFloatArray();
            float[] direction = random(name.hashCode(), values.length).toFloatArray();
            double slope = 0;
            double length = 0;
            for (int i = 0; i < values.length; i++) {
                slope += direction[i] * (double) actual.get("grad." + name)[i];
                length += direction[i] * (double) direction[i];
            }
            double step = 1e-2 / Math.sqrt(length);
            double wide = along(recorded, tensor, values, direction, 2 * step);
            double narrow = along(recorded, tensor, values, direction, step);
            assertEquals(
                    (4 * narrow - wide) / 3 / Math.sqrt(length),
                    slope / Math.sqrt(length),
                    5e-3 * Math.max(scale[0], Math.abs(slope) / Math.sqrt(length)),
                    what + " grad." + name);
        });
    }

    private static double along(Recorded recorded, Tensor tensor, float[] values, float[] direction, double step) {
        double[] losses = new double[2];
        for (int side = 0; side < 2; side++) {
            float[] moved = values.clone();
            for (int i = 0; i < moved.length; i++) {
                moved[i] += (float) ((side == 0 ? -step : step) * direction[i]);
            }
            tensor.copyFrom(moved);
            losses[side] = recorded.loss();
        }
        tensor.copyFrom(values);
        return (losses[1] - losses[0]) / (2 * step);
    }

    private static double difference(Recorded recorded, Tensor tensor, float[] values, int i, double step) {
        float[] moved = values.clone();
        moved[i] = (float) (values[i] + step);
        double up = moved[i];
        tensor.copyFrom(moved);
        double high = recorded.loss();
        moved[i] = (float) (values[i] - step);
        double down = moved[i];
        tensor.copyFrom(moved);
        double low = recorded.loss();
        tensor.copyFrom(values);
        return (high - low) / (up - down);
    }

    static Tensor random(long seed, long... sizes) {
        Shape shape = Shape.of(sizes);
        return Tensor.of(shape, Values.floats(new Samples(seed).vector((int) shape.elements())));
    }
}
