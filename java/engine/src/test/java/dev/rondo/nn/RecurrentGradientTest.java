package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.kernel.StepKernel;
import dev.rondo.op.Sum;
import dev.rondo.program.Gradients;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.reference.EngineNetwork;
import dev.rondo.reference.Golden;
import dev.rondo.reference.ReferenceRecurrent;
import dev.rondo.reference.Samples;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.Values;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Gradients of recurrent networks against PyTorch's.
class RecurrentGradientTest {
    // PyTorch's own float32 stays within 1e-6 of the largest magnitude; gradients add up over all steps.
    private static final Tolerance TOLERANCE = new Tolerance(2e-5);

    static List<String> cases() throws IOException {
        return RecurrentGoldenTest.cases();
    }

    private static Value total(Value value) {
        return value.recorder().record(new Sum(value, Shape.of())).output();
    }

    private static Tensor floats(Golden golden, String name) {
        return Tensor.of(golden.tensor(name).shape(), golden.tensor(name).toFloatArray());
    }

    /// The gradients of `sum(output*R) + sum(hN*S) + sum(cN*Q)` with respect to all variables, and the loss.
    private static Map<String, float[]> gradients(
            RNNBase module,
            Map<String, Tensor> inputs,
            @Nullable Tensor attention,
            long @Nullable [] lengths,
            Tensor r,
            Tensor s,
            @Nullable Tensor q) {
        Recorder recorder = new Recorder(true);
        Map<String, Value> variables = new LinkedHashMap<>();
        inputs.forEach((key, tensor) -> variables.put(key, recorder.weight(tensor)));
        module.parameters().forEach((key, parameter) -> variables.put(key, recorder.weight(parameter.tensor())));
        if (attention != null) {
            variables.put("attention", recorder.weight(attention));
        }
        Map<String, Value> given = new LinkedHashMap<>(variables);
        given.put("x", variables.get("input"));
        if (lengths != null) {
            given.put("lengths", recorder.constant(Tensor.of(Shape.of(lengths.length), lengths)));
        }
        RNNBase.Output result = EngineNetwork.forward(module, given);
        Value loss = total(Functional.multiply(result.output(), recorder.constant(r)));
        loss = Functional.add(loss, total(Functional.multiply(result.hN(), recorder.constant(s))));
        if (q != null) {
            loss = Functional.add(loss, total(Functional.multiply(result.cN(), recorder.constant(q))));
        }
        Gradients gradients = recorder.backward(loss);
        recorder.output("loss", loss);
        variables.forEach((key, variable) -> recorder.output(key, Functional.contiguous(gradients.of(variable))));
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            replay.run();
            replay.run(); // gradients must not pile up
            Map<String, float[]> results = new LinkedHashMap<>();
            replay.outputs().forEach((key, tensor) -> results.put(key, tensor.toFloatArray()));
            return results;
        }
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalPyTorchs(String name) throws IOException {
        Golden golden = Golden.read(name);
        boolean hasCell = golden.has("c0");
        EngineNetwork network = new EngineNetwork(
                golden.layers(),
                golden.cube("input"),
                golden.cube("h0"),
                hasCell ? golden.cube("c0") : null,
                null,
                golden.lengths());
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        inputs.put("input", floats(golden, "input"));
        inputs.put("h0", floats(golden, "h0"));
        if (hasCell) {
            inputs.put("c0", floats(golden, "c0"));
        }
        Map<String, float[]> results = gradients(
                network.module(false),
                inputs,
                null,
                network.lengths() == null ? null : network.longs(),
                floats(golden, "R"),
                floats(golden, "S"),
                hasCell ? floats(golden, "Q") : null);
        assertEquals(golden.values("loss")[0], results.remove("loss")[0], 1e-3, name);
        results.forEach((key, gradient) -> TOLERANCE.assertClose(
                name + " grad." + key, golden.values("grad." + key), gradient, golden.sizes("grad." + key)));
    }

    @Test
    void allCasesAreThere() throws IOException {
        assertEquals(75, cases().size());
        assertTrue(Golden.read(cases().getFirst()).has("grad.input"));
    }

    /// A batch-first layer without initial states: its gradients are those of the time-first one over zeros.
    @Test
    void batchFirstWithoutInitialStates() throws IOException {
        Golden golden = Golden.read("recurrent/lstm_l2_bi_i5h7n3t9");
        EngineNetwork network = new EngineNetwork(golden.layers(), golden.cube("input"), null, null, null);
        Tensor zeros = Tensor.allocate(Arena.ofAuto(), golden.tensor("h0").shape(), DataType.F32);
        Map<String, float[]> expected = gradients(
                network.module(false),
                Map.of(
                        "input",
                        floats(golden, "input"),
                        "h0",
                        zeros,
                        "c0",
                        Tensor.of(zeros.shape(), zeros.toFloatArray())),
                null,
                null,
                floats(golden, "R"),
                floats(golden, "S"),
                floats(golden, "Q"));
        Map<String, float[]> actual = gradients(
                network.module(true),
                Map.of("input", swapped(floats(golden, "input"))),
                null,
                null,
                swapped(floats(golden, "R")),
                floats(golden, "S"),
                floats(golden, "Q"));
        network.module(false)
                .parameters()
                .keySet()
                .forEach(key -> TOLERANCE.assertClose(
                        key,
                        Tensor.of(Shape.of(expected.get(key).length), expected.get(key))
                                .toDoubleArray(),
                        actual.get(key)));
        Tensor dx = swapped(Tensor.of(swapped(floats(golden, "input")).shape(), actual.get("input")));
        TOLERANCE.assertClose(
                "input", Tensor.of(dx.shape(), expected.get("input")).toDoubleArray(), dx.toFloatArray());
    }

    private static Tensor swapped(Tensor tensor) {
        int a = (int) tensor.shape().size(0);
        int b = (int) tensor.shape().size(1);
        int c = (int) tensor.shape().size(2);
        float[] from = tensor.toFloatArray();
        float[] to = new float[from.length];
        for (int i = 0; i < a; i++) {
            for (int j = 0; j < b; j++) {
                System.arraycopy(from, (i * b + j) * c, to, (j * a + i) * c, c);
            }
        }
        return Tensor.of(Shape.of(b, a, c), to);
    }

    /// What PyTorch lacks, against differences of the reference in double.
    @ParameterizedTest
    @EnumSource(RecurrentReferenceTest.Kind.class)
    void equalDifferencesOfTheReference(RecurrentReferenceTest.Kind kind) {
        assumeTrue(!kind.hasAttention() || StepKernel.isAvailable());
        for (ReferenceRecurrent.Direction direction : ReferenceRecurrent.Direction.values()) {
            EngineNetwork network = RecurrentReferenceTest.network(21, kind, direction, List.of(5), 4, 3, 2, true);
            checkDifferences(kind + " " + direction, kind, network, false);
            checkDifferences(kind + " " + direction + " of unequal lengths", kind, network.withLengths(2, 4, 1), true);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {201, 202, 203, 204})
    void randomNetworks(long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < 8; i++) {
            RecurrentReferenceTest.Kind[] kinds = RecurrentReferenceTest.Kind.values();
            RecurrentReferenceTest.Kind kind = kinds[random.nextInt(kinds.length)];
            if (kind.hasAttention() && !StepKernel.isAvailable()) {
                continue;
            }
            ReferenceRecurrent.Direction direction = ReferenceRecurrent.Direction.values()[random.nextInt(4)];
            List<Integer> sizes =
                    Collections.nCopies(kind.hasAttention() ? 1 : 1 + random.nextInt(2), 2 + random.nextInt(18));
            int steps = 1 + random.nextInt(5);
            int batch = 1 + random.nextInt(4);
            boolean state = random.nextBoolean();
            boolean batchFirst = random.nextBoolean();
            EngineNetwork network = RecurrentReferenceTest.network(
                    random.nextLong(), kind, direction, sizes, steps, batch, 1 + random.nextInt(6), state);
            if (random.nextBoolean()) {
                network = network.withLengths(random.ints(batch, 1, steps + 1).toArray());
            }
            String what = "seed " + seed + "#" + i + ": " + kind + " " + direction + " H" + sizes + " T" + steps + " N"
                    + batch + (network.lengths() == null ? "" : " unequal") + (state ? " state" : "")
                    + (batchFirst ? " NT" : " TN");
            checkDifferences(what, kind, network, batchFirst);
        }
    }

    private static void checkDifferences(
            String what, RecurrentReferenceTest.Kind kind, EngineNetwork network, boolean batchFirst) {
        Samples samples = new Samples(22);
        ReferenceRecurrent.Result shapes = network.expected();
        double[][][] r = like(samples, shapes.output());
        double[][][] s = like(samples, shapes.hN());
        double[][][] q = kind.hasCell() ? like(samples, shapes.cN()) : null;
        DoubleSupplier loss = () -> {
            ReferenceRecurrent.Result result = network.expected();
            return dot(result.output(), r) + dot(result.hN(), s) + (q == null ? 0 : dot(result.cN(), q));
        };
        UnaryOperator<Tensor> given = tensor -> batchFirst ? swapped(tensor) : tensor;
        Map<String, Tensor> inputs = new LinkedHashMap<>();
        inputs.put("input", given.apply(tensor(network.x())));
        if (network.h0() != null) {
            inputs.put("h0", tensor(network.h0()));
        }
        if (network.c0() != null) {
            inputs.put("c0", tensor(network.c0()));
        }
        Map<String, Shape> sequences = new HashMap<>(); // in the order of the layer
        sequences.put("input", inputs.get("input").shape());
        Tensor attention = null;
        if (network.attention() != null) {
            Tensor scores = given.apply(tensor(
                    new double[][][] {network.attention()}, Shape.of(network.x().length, network.x()[0].length, 1)));
            sequences.put("attention", scores.shape());
            attention =
                    Tensor.of(Shape.of(scores.shape().size(0), scores.shape().size(1)), scores.toFloatArray());
        }
        Map<String, float[]> actual = gradients(
                network.module(batchFirst),
                inputs,
                attention,
                network.lengths() == null ? null : network.longs(),
                given.apply(tensor(r)),
                tensor(s),
                q == null ? null : tensor(q));
        if (batchFirst) {
            sequences.forEach((key, shape) -> actual.computeIfPresent(
                    key, (_, gradient) -> swapped(Tensor.of(shape, gradient)).toFloatArray()));
        }
        Map<String, double[][]> variables = new LinkedHashMap<>(network.variables());
        assertEquals(loss.getAsDouble(), actual.get("loss")[0], 1e-4, what);
        variables.forEach(
                (key, rows) -> TOLERANCE.assertClose(what + " grad." + key, differences(rows, loss), actual.get(key)));
        assertEquals(variables.size() + 1, actual.size());
    }

    private static double[] differences(double[][] rows, DoubleSupplier loss) {
        double step = 1e-5;
        double[] result = new double[rows.length * rows[0].length];
        int at = 0;
        for (double[] row : rows) {
            for (int i = 0; i < row.length; i++) {
                double value = row[i];
                row[i] = value + step;
                double up = loss.getAsDouble();
                row[i] = value - step;
                double down = loss.getAsDouble();
                row[i] = value;
                result[at++] = (up - down) / (2 * step);
            }
        }
        return result;
    }

    private static double[][][] like(Samples samples, double[][][] values) {
        return samples.cube(values.length, values[0].length, values[0][0].length);
    }

    private static double dot(double[][][] a, double[][][] b) {
        double[] x = Values.flat(a);
        double[] y = Values.flat(b);
        double sum = 0;
        for (int i = 0; i < x.length; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }

    private static Tensor tensor(double[][][] values) {
        return tensor(values, Shape.of(values.length, values[0].length, values[0][0].length));
    }

    private static Tensor tensor(double[][][] values, Shape shape) {
        return Tensor.of(shape, Values.floats(Values.flat(values)));
    }
}
