package dev.rondo.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import dev.rondo.nn.Functional;
import dev.rondo.nn.GumbelTreeLSTM;
import dev.rondo.nn.MatrixVectorRNN;
import dev.rondo.nn.MergeSteps;
import dev.rondo.nn.Module;
import dev.rondo.nn.PackedSequence;
import dev.rondo.nn.RecursiveAutoencoder;
import dev.rondo.nn.SPINN;
import dev.rondo.program.Gradients;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Networks that find trees, or compose them step by step, in training: what their steps run on, and what they
/// allocate.
class StructureTest {
    private static final int LEAVES = 5;
    private static final int BATCH = 3;
    private static final int HIDDEN = 4;

    private enum Network {
        GUMBEL(
                new GumbelTreeLSTM(HIDDEN, HIDDEN),
                (network, in) -> ((GumbelTreeLSTM) network)
                        .forward(new PackedSequence(in.get("x"), in.get("lengths")))
                        .h()),
        SPINN(
                new SPINN(HIDDEN, HIDDEN, HIDDEN),
                (network, in) -> ((SPINN) network)
                        .forward(new PackedSequence(in.get("x"), in.get("lengths")), null)
                        .h()),
        AUTOENCODER(new RecursiveAutoencoder(HIDDEN), (network, in) -> {
            RecursiveAutoencoder autoencoder = (RecursiveAutoencoder) network;
            RecursiveAutoencoder.Output all = autoencoder.forward(in.get("x"), steps(in));
            return Functional.add(
                    Functional.sum(all.errors()),
                    Functional.sum(autoencoder.unfolded(in.get("x"), all.nodes(), in.get("places"), LEAVES - 1)));
        }),
        MATRIX_VECTOR(
                new MatrixVectorRNN(HIDDEN),
                (network, in) -> ((MatrixVectorRNN) network)
                        .forward(in.get("x"), in.get("matrices"), steps(in))
                        .vectors());

        private final Module module;
        private final BiFunction<Module, Map<String, Value>, Value> result;

        Network(Module module, BiFunction<Module, Map<String, Value>, Value> result) {
            this.module = module;
            this.result = result;
        }

        private static MergeSteps steps(Map<String, Value> in) {
            return new MergeSteps(in.get("left"), in.get("right"));
        }

        Value loss(Map<String, Value> in) {
            return Functional.sum(Functional.square(result.apply(module, in)));
        }
    }

    private static final Map<String, Shape> IDS = Map.of(
            "lengths", Shape.of(BATCH),
            "left", Shape.of(LEAVES - 1, BATCH),
            "right", Shape.of(LEAVES - 1, BATCH),
            "places", Shape.of((2 * LEAVES - 1) * BATCH));

    private static final Map<String, Shape> FLOATS =
            Map.of("x", Shape.of(LEAVES, BATCH, HIDDEN), "matrices", Shape.of(LEAVES, BATCH, HIDDEN * HIDDEN));

    @ParameterizedTest
    @EnumSource
    void aStepAllocatesNothingOnTheHeap(Network network) {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        network.module.initialize(2);
        TrainingStep.Builder builder = TrainingStep.of(network.module, Optimizer.sgd(1e-3));
        IDS.forEach((name, shape) -> builder.input(name, shape, DataType.I64));
        FLOATS.forEach((name, shape) -> builder.input(name, shape, DataType.F32));
        try (TrainingStep step = builder.record(in -> network.loss(Map.of(
                "x", in.get("x"),
                "matrices", in.get("matrices"),
                "lengths", in.get("lengths"),
                "left", in.get("left"),
                "right", in.get("right"),
                "places", in.get("places"))))) {
            fill(step.input("x"), 0.3f);
            fill(step.input("matrices"), 0.1f);
            step.input("lengths").copyFrom(new long[] {LEAVES, 1, LEAVES - 1});
            step.input("left").copyFrom(new long[] {0, -1, 2, 15, -1, -1, 18, -1, -1, 21, -1, -1});
            step.input("right").copyFrom(new long[] {3, -1, 5, 6, -1, -1, 9, -1, -1, 12, -1, -1});
            long[] places = new long[(2 * LEAVES - 1) * BATCH];
            Arrays.fill(places, -1);
            places[0] = 30;
            places[3] = 31;
            step.input("places").copyFrom(places);
            long allocated = Long.MAX_VALUE;
            for (int round = 0; round < 100 && allocated > 0; round++) {
                long before = threads.getCurrentThreadAllocatedBytes();
                for (int i = 0; i < 100; i++) {
                    step.run();
                }
                allocated = threads.getCurrentThreadAllocatedBytes() - before;
            }
            assertEquals(0, allocated);
        }
    }

    private static void fill(Tensor tensor, float scale) {
        float[] values = new float[Math.toIntExact(tensor.shape().elements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = scale * (i % 7 - 3);
        }
        tensor.copyFrom(values);
    }

    /// Gates that are parts of one array have gradients that are, too; oneDNN's sums of such are its reference
    /// implementation, which would take most of the time.
    @ParameterizedTest
    @EnumSource
    void nothingRunsOnOneDnnsReference(Network network) {
        Recorder recorder = new Recorder(true);
        Map<String, Value> in = new HashMap<>();
        IDS.forEach((name, shape) -> in.put(name, recorder.input(name, shape, DataType.I64)));
        FLOATS.forEach((name, shape) -> in.put(name, recorder.input(name, shape, DataType.F32)));
        Value loss = network.loss(in);
        Gradients gradients = recorder.backward(loss);
        int number = 0;
        for (Tensor weight : network.module.parameters().values().stream()
                .map(parameter -> parameter.tensor())
                .toList()) {
            Value gradient = gradients.of(recorder.weight(weight));
            if (gradient != null) {
                recorder.output("gradient " + number++, Functional.contiguous(gradient));
            }
        }
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1)) {
            List<String> slow = program.describe()
                    .lines()
                    .filter(line -> line.contains("ref:any"))
                    .toList();
            assertFalse(number == 0);
            assertEquals(List.of(), slow);
        }
    }
}
