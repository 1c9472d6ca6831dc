package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import java.lang.foreign.Arena;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MatMulTest {
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
