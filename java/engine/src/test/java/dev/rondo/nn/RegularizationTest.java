package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// What recurrent networks drop in training, and that inference drops nothing.
class RegularizationTest {
    private static final Recurrence TWO_LAYERS = Recurrence.of(3, 5).layers(2);

    /// The output of two runs over the same input.
    private static float[][] run(RNNBase module, boolean training) {
        Recorder recorder = new Recorder(training);
        Value x = recorder.input("x", Shape.of(4, 2, 3), DataType.F32);
        recorder.output("y", Functional.contiguous(module.forward(x)));
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            float[] input = new float[24];
            for (int i = 0; i < input.length; i++) {
                input[i] = (i - 7) * 0.1f;
            }
            replay.inputs().get("x").copyFrom(input);
            replay.run();
            float[] first = replay.outputs().get("y").toFloatArray();
            replay.run();
            return new float[][] {first, replay.outputs().get("y").toFloatArray()};
        }
    }

    private static GRU gru(Recurrence recurrence) {
        GRU gru = new GRU(recurrence);
        gru.initialize(5);
        return gru;
    }

    /// The same network with some parameters of zeros.
    private static GRU zeroed(String prefix) {
        GRU gru = gru(TWO_LAYERS);
        Map<String, Tensor> tensors = new HashMap<>();
        gru.parameters()
                .forEach((name, parameter) -> tensors.put(
                        name,
                        name.startsWith(prefix)
                                ? Tensor.allocate(Arena.ofAuto(), parameter.shape(), DataType.F32)
                                : parameter.tensor()));
        gru.load(tensors);
        return gru;
    }

    @Test
    void inferenceDropsNothing() {
        float[] expected = run(gru(TWO_LAYERS), false)[0];
        assertArrayEquals(expected, run(gru(TWO_LAYERS.dropout(0.5).weightDrop(0.5)), false)[0]);
        assertArrayEquals(expected, run(gru(TWO_LAYERS.lockedDropout(0.5)), false)[1]);
    }

    @Test
    void droppingAllBetweenLayersLeavesTheUpperOneWithoutInput() {
        float[] expected = run(zeroed("weight_ih_l1"), true)[0];
        assertArrayEquals(expected, run(gru(TWO_LAYERS.dropout(1)), true)[0], 1e-6f);
        assertArrayEquals(expected, run(gru(TWO_LAYERS.lockedDropout(1)), true)[0], 1e-6f);
    }

    @Test
    void droppingAllRecurrentWeightsLeavesNoRecurrence() {
        float[] expected = run(zeroed("weight_hh"), true)[0];
        assertArrayEquals(expected, run(gru(TWO_LAYERS.weightDrop(1)), true)[0], 1e-6f);
    }

    @Test
    void everyRunDropsOtherElements() {
        Recurrence wide = Recurrence.of(3, 64).layers(2); // no two runs drop the same of so many by chance
        for (Recurrence recurrence :
                new Recurrence[] {wide.dropout(0.4), wide.lockedDropout(0.4), wide.weightDrop(0.4)}) {
            float[][] runs = run(gru(recurrence), true);
            assertFalse(Arrays.equals(runs[0], runs[1]), recurrence.toString());
        }
    }

    /// A seed by default would otherwise depend on what else the JVM has made.
    @Test
    void networksOfOneStructureDropTheSame() {
        Recurrence wide = Recurrence.of(3, 64).layers(2).dropout(0.4);
        assertArrayEquals(run(gru(wide), true), run(gru(wide), true));
    }

    /// A layer that is used twice, and layers of one seed, drop other elements each time, the same in each program.
    @Test
    void everyUseInAProgramDropsOtherElements() {
        Dropout layer = new Dropout(0.5, 3, false);
        float[][] first = uses(layer, layer, new Dropout(0.5, 3, false));
        assertFalse(Arrays.equals(first[0], first[1]));
        assertFalse(Arrays.equals(first[0], first[2]));
        assertFalse(Arrays.equals(first[1], first[2]));
        float[][] second = uses(layer, new Dropout(0.5, 4, false), layer);
        assertArrayEquals(first[0], second[0]);
        assertArrayEquals(first[1], second[2]);
        for (float[] dropped : first) {
            assertEquals(
                    500, IntStream.range(0, 1000).filter(i -> dropped[i] == 0).count(), 80);
        }
    }

    /// Ones that each layer has dropped some of.
    private static float[][] uses(Dropout... layers) {
        float[] ones = new float[1000];
        Arrays.fill(ones, 1);
        Recorder recorder = new Recorder(true);
        Value x = recorder.constant(Tensor.of(Shape.of(1000), ones));
        for (int i = 0; i < layers.length; i++) {
            recorder.output(Integer.toString(i), layers[i].forward(x));
        }
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            replay.run();
            float[][] results = new float[layers.length][];
            Arrays.setAll(
                    results, i -> replay.outputs().get(Integer.toString(i)).toFloatArray());
            return results;
        }
    }

    /// Locked dropout is of elements of a step, whichever dimension time is.
    @Test
    void lockedDropoutDropsTheSameAtAllSteps() {
        for (boolean batchFirst : new boolean[] {false, true}) {
            Recurrence recurrence = Recurrence.of(3, 64).layers(2).lockedDropout(0.5);
            // The lower layer has its bias alone: equal at all steps. The upper one passes on what it reads.
            RNN rnn = new RNN(batchFirst ? recurrence.batchFirst() : recurrence, RNN.Nonlinearity.RELU);
            Map<String, Tensor> tensors = new HashMap<>();
            rnn.parameters().forEach((name, parameter) -> {
                Tensor tensor = Tensor.allocate(Arena.ofAuto(), parameter.shape(), DataType.F32);
                float[] values = new float[(int) parameter.shape().elements()];
                if (name.equals("bias_ih_l0")) {
                    Arrays.fill(values, 1);
                } else if (name.equals("weight_ih_l1")) {
                    for (int i = 0; i < 64; i++) {
                        values[i * 64 + i] = 1;
                    }
                }
                tensor.copyFrom(values);
                tensors.put(name, tensor);
            });
            rnn.load(tensors);
            float[] output = run(rnn, true)[0]; // (T=4, N=2, 64), or (N=4, T=2, 64)
            int steps = batchFirst ? 2 : 4;
            int samples = batchFirst ? 4 : 2;
            int kept = 0;
            for (int n = 0; n < samples; n++) {
                for (int i = 0; i < 64; i++) {
                    for (int t = 0; t < steps; t++) {
                        float first = output[(batchFirst ? n * steps : n) * 64 + i];
                        float here = output[(batchFirst ? n * steps + t : t * samples + n) * 64 + i];
                        assertEquals(first, here);
                    }
                    kept += output[(batchFirst ? n * steps : n) * 64 + i] == 0 ? 0 : 1;
                }
            }
            assertTrue(kept > samples * 16 && kept < samples * 48, "kept " + kept + " of " + samples * 64);
        }
    }

    @Test
    void aProbabilityIsBetween0And1() {
        assertThrows(IllegalArgumentException.class, () -> TWO_LAYERS.dropout(-0.1));
        assertThrows(IllegalArgumentException.class, () -> TWO_LAYERS.weightDrop(Double.NaN));
    }
}
