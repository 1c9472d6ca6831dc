package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MatMulTest {
    /// Views of one constant are told apart, however they are packed.
    @ParameterizedTest
    @ValueSource(ints = {1, 30, 300})
    void constantsMayBeViews(int rows) {
        Tensor left = random(5, rows, 7);
        Tensor right = random(6, 7, 7);
        Recorder recorder = new Recorder();
        Value x = recorder.constant(left);
        Value w = recorder.constant(right);
        List<Value> views = List.of(w, w.transpose(0, 1), w.slice(1, 1, 4), w.slice(1, 2, 5), w.slice(1, 3, 7));
        for (int i = 0; i < views.size(); i++) {
            recorder.output("product " + i, Functional.matmul(x, views.get(i)));
            Value turned = views.get(i).transpose(0, 1);
            recorder.output(
                    "linear " + i,
                    recorder.record(new dev.rondo.op.Linear(x, turned, null, null))
                            .output());
        }
        double[] a = left.toDoubleArray();
        double[] b = right.toDoubleArray();
        int[] firsts = {0, 0, 1, 2, 3};
        try (PackedWeights packed = new PackedWeights();
                Program program = recorder.finish(packed, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            replay.run();
            for (int i = 0; i < views.size(); i++) {
                int columns = (int) views.get(i).shape().size(1);
                double[] expected = new double[rows * columns];
                for (int j = 0; j < expected.length; j++) {
                    for (int k = 0; k < 7; k++) {
                        int column = firsts[i] + j % columns;
                        expected[j] += a[j / columns * 7 + k] * b[i == 1 ? column * 7 + k : k * 7 + column];
                    }
                }
                for (String what : new String[] {"product " + i, "linear " + i}) {
                    assertArrayEquals(expected, replay.outputs().get(what).toDoubleArray(), 1e-5, what);
                }
            }
        }
    }

    /// Heads that stand side by side in memory are multiplied as those that lie one behind the other.
    @ParameterizedTest
    @CsvSource({"3, 2, 5, 7, 2", "1, 2, 5, 7, 2", "1, 4, 1, 7, 3", "2, 1, 5, 7, 8"})
    void matricesMayBeInterleaved(long batch, long heads, long steps, long length, long width) {
        Recorder recorder = new Recorder();
        Value queries = recorder.constant(random(1, batch, steps, heads, width)).transpose(1, 2);
        Value keys = recorder.constant(random(2, batch, length, heads, width)).permute(0, 2, 3, 1);
        Value weights = recorder.constant(random(3, batch, heads, steps, length));
        Value values = recorder.constant(random(4, batch, length, heads, width)).transpose(1, 2);
        recorder.output("scores", Functional.matmul(queries, keys));
        recorder.output(
                "expected scores", Functional.matmul(Functional.contiguous(queries), Functional.contiguous(keys)));
        recorder.output("contexts", Functional.matmul(weights, values));
        recorder.output("expected contexts", Functional.matmul(weights, Functional.contiguous(values)));
        try (PackedWeights packed = new PackedWeights();
                Program program = recorder.finish(packed, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            replay.run();
            for (String what : new String[] {"scores", "contexts"}) {
                float[] expected = replay.outputs().get("expected " + what).toFloatArray();
                assertArrayEquals(expected, replay.outputs().get(what).toFloatArray(), 1e-6f, what);
            }
        }
    }
}
