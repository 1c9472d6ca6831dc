package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.check;
import static dev.rondo.nn.GradientCheck.dot;
import static dev.rondo.nn.GradientCheck.floats;
import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.program.Gradients;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.reference.Golden;
import dev.rondo.reference.Tolerance;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Attention against PyTorch's, and what has to be so without it.
class AttentionTest {
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);

    @ParameterizedTest
    @ValueSource(strings = {"dot", "general", "additive", "scaled", "local_general", "local_additive"})
    void equalsPyTorch(String name) throws IOException {
        Golden golden = Golden.read("attention/" + name);
        boolean local = name.startsWith("local_");
        Attention.Score score =
                Attention.Score.valueOf(name.replace("local_", "").toUpperCase(Locale.ROOT));
        Tensor query = floats(golden, "query"); // (N, T, Q)
        Tensor memory = floats(golden, "memory"); // (S, N, M)
        int querySize = Math.toIntExact(query.shape().size(2));
        int memorySize = Math.toIntExact(memory.shape().size(2));
        Attention everywhere = score == Attention.Score.SCALED
                ? Attention.scaled(querySize, memorySize, 8, 2)
                : Attention.of(score, querySize, memorySize, 5);
        Attention attention = local ? everywhere.local(2) : everywhere;
        Map<String, Tensor> weights = new LinkedHashMap<>();
        attention.parameters().keySet().forEach(parameter -> weights.put(parameter, golden.tensor(parameter)));
        attention.load(weights);

        Recorder recorder = new Recorder(true);
        Map<String, Value> variables = new LinkedHashMap<>();
        variables.put("query", recorder.weight(query));
        variables.put("memory", recorder.weight(memory));
        attention
                .parameters()
                .forEach((parameter, values) -> variables.put(parameter, recorder.weight(values.tensor())));
        Value lengths = recorder.constant(Tensor.of(Shape.of(3), golden.integers("lengths")));
        Attention.Output found =
                attention.attend(variables.get("query"), attention.remember(variables.get("memory"), lengths));
        Value loss =
                Functional.add(dot(found.context(), floats(golden, "R")), dot(found.weights(), floats(golden, "S")));
        Gradients gradients = recorder.backward(loss);
        recorder.output("context", found.context());
        recorder.output("weights", found.weights());
        recorder.output("loss", loss);
        variables.forEach(
                (variable, value) -> recorder.output("grad." + variable, Functional.contiguous(gradients.of(value))));
        Map<String, float[]> results = run(recorder);
        TOLERANCE.assertClose(name + " context", golden.values("context"), results.remove("context"));
        TOLERANCE.assertClose(name + " weights", golden.values("weights"), results.remove("weights"));
        if (score == Attention.Score.SCALED) { // the bias adds the same to all scores
            assertArrayEquals(new float[8], results.remove("grad.key.bias"), 1e-5f);
        }
        check(golden, results);
    }

    private static Map<String, float[]> run(Recorder recorder) {
        try (PackedWeights packed = new PackedWeights();
                Program program = recorder.finish(packed, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            replay.run();
            Map<String, float[]> results = new LinkedHashMap<>();
            replay.outputs().forEach((name, tensor) -> results.put(name, tensor.toFloatArray()));
            return results;
        }
    }

    /// What the padding holds does not matter, not even infinities' neighbours; and a lone step gets all the weight.
    @ParameterizedTest
    @EnumSource(Attention.Score.class)
    void paddingHasNoWeight(Attention.Score score) {
        Attention attention = Attention.of(score, 6, 6, 4);
        attention.initialize(3);
        float[] memory = random(5, 7, 2, 6).toFloatArray(); // (S, N, M)
        float[] disturbed = memory.clone();
        for (int s = 0; s < 7; s++) {
            for (int n = 0; n < 2; n++) {
                boolean counts = s < (n == 0 ? 1 : 4);
                for (int i = 0; i < 6 && !counts; i++) {
                    disturbed[(s * 2 + n) * 6 + i] = 1e4f;
                }
            }
        }
        Map<String, float[]> once = attend(attention, memory);
        Map<String, float[]> again = attend(attention, disturbed);
        assertArrayEquals(once.get("context"), again.get("context"));
        float[] weights = once.get("weights"); // (N, T, S) of 2, 3, 7
        assertArrayEquals(new float[] {1, 0, 0, 0, 0, 0, 0}, Arrays.copyOf(weights, 7));
        assertArrayEquals(new float[3], Arrays.copyOfRange(weights, 25, 28));
        if (score == Attention.Score.SCALED) {
            return; // its context is a projection
        }
        float[] context = once.get("context"); // (N, T, M)
        for (int t = 0; t < 3; t++) {
            assertArrayEquals(Arrays.copyOf(memory, 6), Arrays.copyOfRange(context, 6 * t, 6 * t + 6), 1e-6f);
        }
    }

    private static Map<String, float[]> attend(Attention attention, float[] memory) {
        Recorder recorder = new Recorder();
        Value lengths = recorder.constant(Tensor.of(Shape.of(2), 1L, 4L));
        Attention.Memory remembered =
                attention.remember(recorder.constant(Tensor.of(Shape.of(7, 2, 6), memory)), lengths);
        Attention.Output found = attention.attend(recorder.constant(random(6, 2, 3, 6)), remembered);
        recorder.output("context", found.context());
        recorder.output("weights", found.weights());
        return run(recorder);
    }

    /// Windows with scores and heads of all kinds, with lengths and without.
    @ParameterizedTest
    @EnumSource(Attention.Score.class)
    void windowsHaveGradients(Attention.Score score) {
        Attention everywhere =
                score == Attention.Score.SCALED ? Attention.scaled(6, 6, 4, 2) : Attention.of(score, 6, 6, 4);
        List<Attention> all = new ArrayList<>(List.of(everywhere, everywhere.local(2), everywhere.monotonic(1)));
        if (score == Attention.Score.ADDITIVE) {
            all.add(everywhere.covering());
            all.add(everywhere.local(2).covering());
        } else {
            assertThrows(IllegalArgumentException.class, everywhere::covering);
        }
        for (Attention attention : all) {
            attention.initialize(9);
            Map<String, Tensor> variables = new LinkedHashMap<>();
            attention.parameters().forEach((name, parameter) -> variables.put(name, parameter.tensor()));
            variables.put("q", random(1, 2, 3, 6));
            variables.put("m", random(2, 5, 2, 6));
            GradientCheck.checkDirections(score + "", variables, values -> {
                Attention.Memory memory = attention.remember(values.get("m"), null);
                Attention.Output found = attention.attend(values.get("q"), memory);
                return Functional.add(
                        dot(found.context(), random(3, 2, 3, 6)), dot(found.weights(), random(4, 2, 3, 5)));
            });
        }
        assertThrows(IllegalArgumentException.class, () -> Attention.scaled(6, 6, 5, 2));
        assertThrows(IllegalArgumentException.class, () -> everywhere.local(0));
        assertThrows(
                IllegalArgumentException.class,
                () -> Attention.additive(6, 6, 4).covering().monotonic(2));
    }

    /// A monotonic window moves on with the queries, stays at the last step that counts, and goes on where it was.
    @Test
    void monotonicWindowsMoveOn() {
        Attention attention = Attention.dot(6).monotonic(1);
        Recorder recorder = new Recorder();
        Value lengths = recorder.constant(Tensor.of(Shape.of(2), 5L, 2L));
        Attention.Memory memory = attention.remember(recorder.constant(random(5, 5, 2, 6)), lengths);
        Value queries = recorder.constant(random(6, 2, 7, 6));
        Attention.Output together = attention.attend(queries, memory);
        Attention.Output first = attention.attend(queries.slice(1, 0, 3), memory);
        Value past = first.past().select(1, 2);
        recorder.output("weights", together.weights());
        recorder.output(
                "in parts",
                Functional.concat(
                        List.of(
                                first.weights(),
                                attention
                                        .attendInOrder(queries.slice(1, 3, 7), memory, past)
                                        .weights()),
                        1));
        Map<String, float[]> results = run(recorder);
        float[] weights = results.get("weights"); // (N, T, S)
        assertArrayEquals(weights, results.get("in parts"), 1e-6f);
        for (int n = 0; n < 2; n++) {
            int length = n == 0 ? 5 : 2;
            for (int t = 0; t < 7; t++) {
                for (int s = 0; s < 5; s++) {
                    boolean inside = s < length && Math.abs(s - Math.min(t, length - 1)) <= 1;
                    assertEquals(inside, weights[(n * 7 + t) * 5 + s] > 0, n + " " + t + " " + s);
                }
            }
        }
    }

    @Test
    void wrongSizesAreNamed() {
        assertEquals(
                "the product of a query of 5 elements and a memory of 4 needs a projection: use GENERAL",
                assertThrows(IllegalArgumentException.class, () -> Attention.of(Attention.Score.DOT, 5, 4, 1))
                        .getMessage());
        Attention attention = Attention.general(5, 4);
        Recorder recorder = new Recorder();
        Value memory = recorder.input("memory", Shape.of(6, 2, 4), DataType.F32);
        Attention.Memory remembered = attention.remember(memory, null);
        Value query = recorder.input("query", Shape.of(2, 3, 4), DataType.F32);
        assertEquals(
                "attention needs queries of shape [2, T, 5], not [2, 3, 4]",
                assertThrows(IllegalArgumentException.class, () -> attention.attend(query, remembered))
                        .getMessage());
        Value good = recorder.input("good", Shape.of(2, 3, 5), DataType.F32);
        Value past = recorder.input("past", Shape.of(2, 1), DataType.F32);
        Attention monotonic = attention.monotonic(1);
        assertThrows(IllegalArgumentException.class, () -> monotonic.attendInOrder(good, remembered, null));
        assertThrows(IllegalArgumentException.class, () -> attention.attendInOrder(good, remembered, past));
        assertEquals(
                "attention needs a memory of shape [S, N, 4], not [2, 3, 5]",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> attention.remember(recorder.constant(random(1, 2, 3, 5)), null))
                        .getMessage());
    }
}
