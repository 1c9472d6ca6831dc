package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.check;
import static dev.rondo.nn.GradientCheck.checkDifferences;
import static dev.rondo.nn.GradientCheck.dot;
import static dev.rondo.nn.GradientCheck.floats;
import static dev.rondo.nn.GradientCheck.gradients;
import static dev.rondo.nn.GradientCheck.random;
import static dev.rondo.nn.GradientCheck.total;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.rondo.kernel.PointwiseLoss;
import dev.rondo.kernel.Reduction;
import dev.rondo.kernel.StepKernel;
import dev.rondo.op.Loss;
import dev.rondo.op.MatMul;
import dev.rondo.program.Activation;
import dev.rondo.program.Gradients;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.reference.Golden;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Gradients of layers, functions and losses: against PyTorch's, and against differences of the engine's own
/// results.
class LayerGradientTest {
    @ParameterizedTest
    @ValueSource(strings = {"linear", "linear_nobias", "layer_norm", "layer_norm_plain"})
    void layersEqualPyTorch(String name) throws IOException {
        Golden golden = Golden.read("layers/" + name);
        Map<String, Tensor> variables = new LinkedHashMap<>();
        for (String variable : List.of("input", "weight", "bias")) {
            if (golden.has(variable)) {
                variables.put(variable, floats(golden, variable));
            }
        }
        Tensor r = floats(golden, "R");
        check(golden, gradients(variables, in -> {
            Value x = in.get("input");
            Value y = name.startsWith("linear")
                    ? x.recorder()
                            .record(new dev.rondo.op.Linear(x, in.get("weight"), in.get("bias"), null))
                            .output()
                    : x.recorder()
                            .record(new dev.rondo.op.LayerNorm(
                                    x,
                                    x.shape().size(-1),
                                    in.get("weight"),
                                    in.get("bias"),
                                    Float.parseFloat(golden.setting("eps"))))
                            .output();
            return dot(y, r);
        }));
    }

    @ParameterizedTest
    @ValueSource(strings = {"embedding", "embedding_padding"})
    void embeddingsEqualPyTorch(String name) throws IOException {
        Golden golden = Golden.read("layers/" + name);
        Tensor ids = golden.tensor("input");
        Tensor r = floats(golden, "R");
        long padding = golden.setting("padding_idx") == null ? -1 : golden.number("padding_idx");
        check(golden, gradients(Map.of("weight", floats(golden, "weight")), in -> {
            Recorder recorder = in.get("weight").recorder();
            return dot(
                    recorder.record(new dev.rondo.op.Embedding(recorder.constant(ids), in.get("weight"), padding))
                            .output(),
                    r);
        }));
    }

    static Stream<String> crossEntropies() throws IOException {
        return Golden.list("layers").stream().filter(name -> name.contains("cross_entropy"));
    }

    @ParameterizedTest
    @MethodSource("crossEntropies")
    void crossEntropyEqualsPyTorch(String name) throws IOException {
        Golden golden = Golden.read(name);
        Reduction reduction = Reduction.valueOf(golden.setting("reduction").toUpperCase(Locale.ROOT));
        Tensor target = Tensor.of(golden.tensor("target").shape(), golden.integers("target"));
        check(golden, gradients(Map.of("input", floats(golden, "input")), in -> {
            Recorder recorder = in.get("input").recorder();
            Value loss = recorder.record(new Loss.CrossEntropy(
                            in.get("input"),
                            recorder.constant(target),
                            golden.has("class_weight") ? recorder.constant(floats(golden, "class_weight")) : null,
                            golden.number("ignore_index"),
                            Float.parseFloat(golden.setting("label_smoothing")),
                            reduction))
                    .output();
            return reduction == Reduction.NONE ? dot(loss, floats(golden, "R")) : loss;
        }));
    }

    @Test
    void allCrossEntropiesAreThere() throws IOException {
        assertEquals(7, crossEntropies().count());
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void activations(Activation activation) {
        Tensor x = random(31, 2, 5);
        if (activation == Activation.LOG || activation == Activation.SQRT) {
            float[] positive = x.toFloatArray();
            for (int i = 0; i < positive.length; i++) {
                positive[i] = Math.abs(positive[i]) + 0.5f;
            }
            x.copyFrom(positive);
        }
        Tensor r = random(32, 2, 5);
        checkDifferences(
                activation.toString(), Map.of("x", x), in -> dot(Functional.activation(in.get("x"), activation), r));
    }

    @Test
    void arithmeticWithBroadcasting() {
        Tensor r = random(33, 4, 2, 3);
        Map<String, Tensor> variables = new LinkedHashMap<>();
        variables.put("a", random(34, 4, 1, 3));
        variables.put("b", Tensor.of(Shape.of(2, 1), 1.5f, -0.75f));
        checkDifferences("add", variables, in -> dot(Functional.add(in.get("a"), in.get("b")), r));
        checkDifferences("subtract", variables, in -> dot(Functional.subtract(in.get("a"), in.get("b")), r));
        checkDifferences("multiply", variables, in -> dot(Functional.multiply(in.get("a"), in.get("b")), r));
        checkDifferences("divide", variables, in -> dot(Functional.divide(in.get("a"), in.get("b")), r));
        checkDifferences("maximum", variables, in -> dot(Functional.maximum(in.get("a"), in.get("b")), r));
        checkDifferences("minimum", variables, in -> dot(Functional.minimum(in.get("a"), in.get("b")), r));
    }

    @Test
    void softmaxes() {
        Tensor r = random(35, 3, 6);
        Map<String, Tensor> x = Map.of("x", random(36, 3, 6));
        checkDifferences("softmax", x, in -> dot(Functional.softmax(in.get("x")), r));
        checkDifferences("log softmax", x, in -> dot(Functional.logSoftmax(in.get("x")), r));
    }

    @Test
    void products() {
        Map<String, Tensor> variables = new LinkedHashMap<>();
        variables.put("a", random(37, 2, 3, 4));
        variables.put("b", random(38, 2, 5, 4));
        Tensor r = random(39, 2, 3, 5);
        checkDifferences(
                "matmul",
                variables,
                in -> dot(
                        in.get("a")
                                .recorder()
                                .record(new MatMul(in.get("a"), in.get("b").transpose(1, 2)))
                                .output(),
                        r));
    }

    /// A value that is read in several ways gets the sum of what each gives.
    @Test
    void viewsAndSeveralUses() {
        Tensor r = random(40, 3, 4);
        checkDifferences("views", Map.of("x", random(41, 4, 3)), in -> {
            Value x = in.get("x");
            Value y = Functional.concat(
                    List.of(
                            Functional.tanh(x.slice(0, 1, 3)),
                            x.slice(0, 0, 1),
                            Functional.multiply(x.slice(0, 2, 3), x.slice(0, 3, 4))),
                    0);
            Value z = Functional.multiply(y.transpose(0, 1), Functional.contiguous(x.transpose(0, 1)));
            return Functional.add(dot(z, r), total(Functional.activation(x.select(1, 2), Activation.SQUARE)));
        });
    }

    @ParameterizedTest
    @EnumSource(PointwiseLoss.class)
    void pointwiseLosses(PointwiseLoss loss) {
        float[] x = {0.2f, 0.7f, 0.55f, 0.9f, 0.35f, 0.6f};
        float[] t = {1, 0, 1, 0.25f, 0, 0.1f};
        float[] w = {1, 2, 0.5f, 1, 3, 0};
        for (Reduction reduction : Reduction.values()) {
            Tensor r = random(42, 2, 3);
            checkDifferences(loss + " " + reduction, Map.of("x", Tensor.of(Shape.of(2, 3), x)), in -> {
                Recorder recorder = in.get("x").recorder();
                Value result = recorder.record(new Loss.Pointwise(
                                loss,
                                0.3f,
                                in.get("x"),
                                recorder.constant(Tensor.of(Shape.of(2, 3), t)),
                                recorder.constant(Tensor.of(Shape.of(2, 3), w)),
                                reduction))
                        .output();
                return reduction == Reduction.NONE ? dot(result, r) : result;
            });
        }
    }

    /// The gradient drops what the value dropped: both are 0 or 1 / (1 - p) times what went in.
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void dropoutDropsAlikeOnTheWayBack(boolean locked) {
        int steps = 20;
        int count = 500;
        float[] ones = new float[steps * count];
        Arrays.fill(ones, 1);
        Tensor x = Tensor.of(Shape.of(steps, count), ones);
        Recorder recorder = new Recorder(true);
        Value variable = recorder.weight(x);
        Value y = new Dropout(0.3, 42, locked).forward(variable);
        Gradients gradients = recorder.backward(total(y));
        recorder.output("y", y);
        recorder.output("dx", gradients.of(variable));
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            float[] before = new float[0];
            for (int run = 0; run < 3; run++) {
                replay.run();
                float[] dropped = replay.outputs().get("y").toFloatArray();
                assertArrayEquals(dropped, replay.outputs().get("dx").toFloatArray());
                assertFalse(Arrays.equals(before, dropped), "each run drops other elements");
                before = dropped;
                double kept = 0;
                for (int i = 0; i < dropped.length; i++) {
                    assertTrue(dropped[i] == 0 || Math.abs(dropped[i] - 1 / 0.7) < 1e-6);
                    kept += dropped[i] == 0 ? 0 : 1;
                    assertTrue(!locked || dropped[i] == dropped[i % count]);
                }
                assertEquals(0.7, kept / dropped.length, locked ? 0.08 : 0.02);
            }
        }
    }

    @Test
    void misusesAreNamed() {
        Recorder recorder = new Recorder(true);
        Value x = recorder.weight(random(1, 2, 3));
        assertThrows(IllegalArgumentException.class, () -> recorder.backward(x));
        Value constant = recorder.constant(random(2, 1));
        assertThrows(IllegalArgumentException.class, () -> recorder.backward(constant));
        Value targets = recorder.input("t", Shape.of(2), DataType.F32);
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> Losses.crossEntropy(x, targets));
        assertEquals(
                "cross entropy of logits of shape [2, 3] needs I64 targets of that shape without the last dimension, "
                        + "not F32 [2]",
                e.getMessage());
    }

    @Test
    void withoutNativeCodeAttentionIsRefused() {
        assumeFalse(StepKernel.isAvailable());
        Recorder recorder = new Recorder(true);
        GRU attention = new GRU(Recurrence.of(3, 4), GRU.Reset.AFTER_PRODUCT, true);
        UnsupportedOperationException e = assertThrows(
                UnsupportedOperationException.class,
                () -> attention.forward(recorder.weight(random(3, 5, 2, 3)), null, recorder.weight(random(4, 5, 2))));
        assertEquals(
                "lbr_augru can be trained only in a build with native code, and this one has none", e.getMessage());
    }
}
