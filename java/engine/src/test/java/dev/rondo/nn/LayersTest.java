package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import dev.rondo.reference.Golden;
import dev.rondo.reference.ReferenceLayers;
import dev.rondo.reference.Samples;
import dev.rondo.reference.Tolerance;
import dev.rondo.reference.Values;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BinaryOperator;
import java.util.function.DoubleBinaryOperator;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Layers and functions around the recurrent ones, against PyTorch's values and plain loops.
class LayersTest {
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);

    /// What a function of values gives for these inputs.
    private static Tensor run(Function<List<Value>, Value> function, Tensor... tensors) {
        List<Input> inputs = new ArrayList<>();
        List<Shape> shapes = new ArrayList<>();
        for (Tensor tensor : tensors) {
            List<String> sizes = IntStream.range(0, tensor.shape().rank())
                    .mapToObj(i -> Long.toString(tensor.shape().size(i)))
                    .toList();
            inputs.add(new Input("x" + inputs.size(), tensor.type(), sizes));
            shapes.add(tensor.shape());
        }
        try (Model model = Model.of(inputs, values -> Map.of("y", function.apply(List.copyOf(values.values()))));
                Session session = model.session(shapes.toArray(Shape[]::new))) {
            for (int i = 0; i < tensors.length; i++) {
                session.input("x" + i).copyFrom(tensors[i]);
            }
            session.run();
            Tensor y = session.output();
            return Tensor.of(y.shape(), y.toFloatArray());
        }
    }

    private static Tensor run(Module module, Tensor x) {
        return run(inputs -> module.forward(inputs.getFirst()), x);
    }

    private static Tensor random(long seed, long... sizes) {
        Shape shape = Shape.of(sizes);
        return Tensor.of(shape, Values.floats(new Samples(seed).vector((int) shape.elements())));
    }

    private static void check(String what, double[] expected, Tensor actual) {
        TOLERANCE.assertClose(what, expected, actual.toFloatArray());
    }

    @ParameterizedTest
    @ValueSource(strings = {"linear", "linear_nobias"})
    void linearEqualsPyTorch(String name) throws IOException {
        Golden golden = Golden.read("layers/" + name);
        int[] sizes = golden.sizes("weight");
        Linear linear = new Linear(sizes[1], sizes[0], golden.has("bias"), null);
        linear.load(
                golden.has("bias")
                        ? Map.of("weight", golden.tensor("weight"), "bias", golden.tensor("bias"))
                        : Map.of("weight", golden.tensor("weight")));
        check(name, golden.values("output"), run(linear, golden.tensor("input")));
    }

    @Test
    void embeddingEqualsPyTorch() throws IOException {
        Golden golden = Golden.read("layers/embedding");
        Embedding embedding = new Embedding(11, 6);
        embedding.load(Map.of("weight", golden.tensor("weight")));
        check("embedding", golden.values("output"), run(embedding, golden.tensor("input")));
    }

    @Test
    void layerNormEqualsPyTorch() throws IOException {
        Golden affine = Golden.read("layers/layer_norm");
        LayerNorm norm = new LayerNorm(19);
        norm.load(Map.of("weight", affine.tensor("weight"), "bias", affine.tensor("bias")));
        check("layer norm", affine.values("output"), run(norm, affine.tensor("input")));
        Golden plain = Golden.read("layers/layer_norm_plain");
        check(
                "plain layer norm",
                plain.values("output"),
                run(new LayerNorm(8, 1e-3f, false, false), plain.tensor("input")));
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 7, 16, 17, 33, 100, 1000})
    void softmaxOverOddWidths(long width) {
        Tensor x = random(width, 3, 2, width);
        double[][] rows = Values.matrix(x.toDoubleArray(), 6, (int) width);
        check(
                "softmax",
                Values.flat(ReferenceLayers.each(rows, ReferenceLayers::softmax)),
                run(in -> Functional.softmax(in.getFirst()), x));
        check(
                "log softmax",
                Values.flat(ReferenceLayers.each(rows, ReferenceLayers::logSoftmax)),
                run(in -> Functional.logSoftmax(in.getFirst()), x));
    }

    private static DoubleUnaryOperator reference(Activation activation) {
        return switch (activation) {
            case RELU -> x -> Math.max(x, 0);
            case TANH -> Math::tanh;
            case SIGMOID -> x -> 1 / (1 + Math.exp(-x));
            case GELU -> x -> x * (1 + erf(x / Math.sqrt(2))) / 2;
            case ELU -> x -> x > 0 ? x : Math.expm1(x);
            case EXP -> Math::exp;
            case LOG -> Math::log;
            case ABS -> Math::abs;
            case SQRT -> Math::sqrt;
            case SQUARE -> x -> x * x;
            case NEGATE -> x -> -x;
        };
    }

    /// The series of the error function: `2 / sqrt(pi) * sum (-1)^n x^(2n+1) / (n! (2n+1))`.
    private static double erf(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; n < 200; n++) {
            term *= -x * x / n;
            sum += term / (2 * n + 1);
        }
        return 2 / Math.sqrt(Math.PI) * sum;
    }

    @ParameterizedTest
    @EnumSource(Activation.class)
    void activations(Activation activation) {
        Tensor x = random(5, 7, 11);
        if (activation == Activation.LOG || activation == Activation.SQRT) {
            x = run(in -> Functional.activation(in.getFirst(), Activation.EXP), x);
        }
        double[] expected =
                Arrays.stream(x.toDoubleArray()).map(reference(activation)).toArray();
        check(activation.toString(), expected, run(in -> Functional.activation(in.getFirst(), activation), x));

        if (activation == Activation.LOG || activation == Activation.SQRT) {
            return; // a linear layer gives negative numbers, too
        }
        Linear fused = new Linear(11, 6, true, activation);
        Linear alone = new Linear(11, 6, true, null);
        fused.initialize(4);
        alone.initialize(4);
        double[] after = Arrays.stream(run(alone, x).toDoubleArray())
                .map(reference(activation))
                .toArray();
        check("linear with " + activation, after, run(fused, x));
    }

    /// Parts of a layer's features, whose shares of the sum are added up, are the layer; by each kind of product.
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 300})
    void partsOfALinearLayer(int rows) {
        Linear linear = new Linear(17, 9, false, Activation.TANH);
        linear.initialize(3);
        Tensor x = random(8, rows, 17);
        Tensor parts = run(
                in -> {
                    Value first = linear.part(in.getFirst().slice(1, 0, 5), 0, null, null);
                    return linear.part(in.getFirst().slice(1, 5, 17), 5, first, Activation.TANH);
                },
                x);
        check("parts of " + rows + " rows", run(linear, x).toDoubleArray(), parts);
    }

    @Test
    void arithmeticBroadcasts() {
        Tensor a = random(1, 4, 1, 3);
        Tensor b = random(2, 5, 1);
        double[] x = a.toDoubleArray();
        double[] y = b.toDoubleArray();
        record Case(String name, BinaryOperator<Value> engine, DoubleBinaryOperator reference) {}
        List<Case> cases = List.of(
                new Case("add", Functional::add, Double::sum),
                new Case("subtract", Functional::subtract, (p, q) -> p - q),
                new Case("multiply", Functional::multiply, (p, q) -> p * q),
                new Case("divide", Functional::divide, (p, q) -> p / q),
                new Case("maximum", Functional::maximum, Math::max),
                new Case("minimum", Functional::minimum, Math::min));
        for (Case one : cases) {
            double[] expected = new double[4 * 5 * 3];
            for (int i = 0; i < expected.length; i++) {
                expected[i] = one.reference().applyAsDouble(x[i / 15 * 3 + i % 3], y[i / 3 % 5]);
            }
            Tensor result = run(in -> one.engine().apply(in.get(0), in.get(1)), a, b);
            assertEquals(Shape.of(4, 5, 3), result.shape());
            check(one.name(), expected, result);
        }
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class,
                () -> run(in -> Functional.add(in.get(0), in.get(1)), random(1, 2, 3), random(1, 4)));
        assertEquals("ADD cannot broadcast [2, 3] and [4] together", e.getMessage());
    }

    @Test
    void viewsAndConcatMoveElements() {
        Tensor x = random(3, 4, 3, 2);
        double[] v = x.toDoubleArray();
        double[] transposed = new double[24];
        for (int i = 0; i < 24; i++) {
            transposed[i] = v[i % 4 * 6 + i / 8 % 3 * 2 + i / 4 % 2]; // (3, 2, 4) from (4, 3, 2)
        }
        check("transpose", transposed, run(in -> in.getFirst().transpose(0, 1).transpose(1, 2), x));
        double[] slice = Arrays.copyOfRange(v, 6, 18);
        check("slice", slice, run(in -> in.getFirst().slice(0, 1, 3), x));
        check(
                "select",
                new double[] {v[5], v[11], v[17], v[23]},
                run(in -> in.getFirst().select(1, 2).select(-1, 1), x));
        check("reshape", v, run(in -> in.getFirst().reshape(6, 4), x));
        Tensor joined = run(in -> Functional.concat(List.of(in.getFirst().slice(2, 1, 2), in.getFirst()), 2), x);
        double[] expected = new double[36];
        for (int i = 0; i < 12; i++) {
            expected[3 * i] = v[2 * i + 1];
            expected[3 * i + 1] = v[2 * i];
            expected[3 * i + 2] = v[2 * i + 1];
        }
        check("concat", expected, joined);
    }

    @Test
    void functionsReadViews() {
        Tensor x = random(4, 3, 5);
        double[] flipped = new double[15];
        for (int i = 0; i < 15; i++) {
            flipped[i] = Math.tanh(x.toDoubleArray()[i % 3 * 5 + i / 3]);
        }
        check(
                "tanh of a transposed value",
                flipped,
                run(in -> Functional.tanh(in.getFirst().transpose(0, 1)), x));
        Linear linear = new Linear(3, 2);
        linear.initialize(1);
        Tensor direct =
                run(linear, run(in -> Functional.contiguous(in.getFirst().transpose(0, 1)), x));
        check(
                "linear of a transposed value",
                direct.toDoubleArray(),
                run(in -> linear.forward(in.getFirst().transpose(0, 1)), x));
    }

    @Test
    void dropoutIsTheIdentity() {
        Tensor x = random(6, 2, 3);
        assertArrayEquals(x.toFloatArray(), run(new Dropout(0.5), x).toFloatArray());
        assertThrows(IllegalArgumentException.class, () -> new Dropout(1.5));
    }

    @Test
    void wrongShapesAndTypesAreNamed() {
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> run(new Linear(4, 2), random(1, 3, 5)));
        assertEquals(
                "linear with weight of shape [2, 4] needs an input whose last dimension is 4, not [3, 5]",
                e.getMessage());
        Tensor ids = Tensor.of(Shape.of(2), 0L, 1L);
        assertEquals(DataType.I64, ids.type());
        e = assertThrows(IllegalArgumentException.class, () -> run(new Linear(2, 2), ids));
        assertEquals("linear takes F32 values, not I64", e.getMessage());
        e = assertThrows(IllegalArgumentException.class, () -> run(new Embedding(4, 2), random(1, 3)));
        assertEquals("embedding takes I64 ids, not F32", e.getMessage());
        e = assertThrows(IllegalArgumentException.class, () -> run(new LSTM(4, 2), random(1, 5, 3, 2)));
        assertEquals("lstm needs an input of shape [T, N, 4], not [5, 3, 2]", e.getMessage());
    }

    @Test
    void aStateDictMustFit() {
        LSTM lstm = new LSTM(2, 3);
        Map<String, Tensor> whole = Map.of(
                "weight_ih_l0", random(1, 12, 2),
                "weight_hh_l0", random(2, 12, 3),
                "bias_ih_l0", random(3, 12),
                "bias_hh_l0", random(4, 12));
        lstm.load(whole);
        Map<String, Tensor> cut = new HashMap<>(whole);
        cut.remove("bias_hh_l0");
        IllegalArgumentException e = assertThrows(IllegalArgumentException.class, () -> lstm.load(cut));
        assertEquals("tensor bias_hh_l0 of shape [12] is missing", e.getMessage());
        cut.put("bias_hh_l0", random(4, 9));
        e = assertThrows(IllegalArgumentException.class, () -> lstm.load(cut));
        assertEquals("tensor bias_hh_l0: needs F32 of shape [12], not F32 of shape [9]", e.getMessage());
        cut.put("bias_hh_l0", random(4, 12));
        cut.put("gamma", random(4, 12));
        e = assertThrows(IllegalArgumentException.class, () -> lstm.load(cut));
        assertEquals("tensor gamma belongs to no layer", e.getMessage());
    }

    @Test
    void theSameSeedGivesTheSameWeights() {
        LSTM one = new LSTM(3, 4);
        LSTM other = new LSTM(3, 4);
        one.initialize(9);
        other.initialize(9);
        one.parameters()
                .forEach((name, parameter) -> assertArrayEquals(
                        parameter.tensor().toFloatArray(),
                        other.parameters().get(name).tensor().toFloatArray()));
        float[] weights = one.parameters().get("weight_hh_l0").tensor().toFloatArray();
        for (float weight : weights) {
            assertEquals(0, weight, 0.5); // 1 / sqrt(4)
        }
        assertEquals(16 * 3 + 16 * 4 + 16 + 16, one.parameterCount());
    }
}
