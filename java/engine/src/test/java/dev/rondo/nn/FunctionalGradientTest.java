package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.checkDifferences;
import static dev.rondo.nn.GradientCheck.dot;
import static dev.rondo.nn.GradientCheck.gradients;
import static dev.rondo.nn.GradientCheck.random;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Indexing, reductions and functions of single elements: values by plain loops, gradients by differences.
class FunctionalGradientTest {
    private static final int[] SIZES = {2, 4, 3};

    /// Checks the elements of a function of x, one by one.
    private static void assertElements(double[] expected, Tensor x, UnaryOperator<Value> function) {
        for (int i = 0; i < expected.length; i++) {
            int element = i;
            float[] loss = gradients(Map.of("x", x), in -> {
                        Value y = Functional.contiguous(function.apply(in.get("x")));
                        assertEquals(expected.length, y.shape().elements());
                        return Functional.sum(y.reshape(expected.length).slice(0, element, element + 1));
                    })
                    .get("loss");
            assertEquals(expected[i], loss[0], 1e-5);
        }
    }

    private static int at(int... index) {
        return (index[0] * SIZES[1] + index[1]) * SIZES[2] + index[2];
    }

    private static Value ids(Value x, Shape shape, long... ids) {
        return x.recorder().constant(Tensor.of(shape, ids));
    }

    @Test
    void reductionsOverEverything() {
        Tensor x = random(1, 2, 4, 3);
        double sum = 0;
        for (float value : x.toFloatArray()) {
            sum += value;
        }
        assertElements(new double[] {sum}, x, Functional::sum);
        assertElements(new double[] {sum / 24}, x, Functional::mean);
        checkDifferences("mean", Map.of("x", x), in -> Functional.mean(Functional.square(in.get("x"))));
        checkDifferences(
                "of a view",
                Map.of("x", x),
                in -> Functional.sum(
                        Functional.square(in.get("x").transpose(0, 2).slice(1, 1, 3))));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, -1})
    void reductionsOverADimension(int dimension) {
        Tensor x = random(2, 2, 4, 3);
        float[] values = x.toFloatArray();
        int d = Math.floorMod(dimension, 3);
        double[] sums = new double[24 / SIZES[d]];
        int inner = d == 0 ? 12 : d == 1 ? 3 : 1;
        for (int i = 0; i < 24; i++) {
            sums[i / (inner * SIZES[d]) * inner + i % inner] += values[i];
        }
        assertElements(sums, x, y -> Functional.sum(y, dimension));
        double[] means = sums.clone();
        for (int i = 0; i < means.length; i++) {
            means[i] /= SIZES[d];
        }
        assertElements(means, x, y -> Functional.mean(y, dimension));
        Shape shape = d == 0 ? Shape.of(4, 3) : d == 1 ? Shape.of(2, 3) : Shape.of(2, 4);
        Tensor r = random(3, shape.sizes());
        checkDifferences("sum", Map.of("x", x), in -> dot(Functional.sum(in.get("x"), dimension), r));
        checkDifferences("mean", Map.of("x", x), in -> dot(Functional.mean(in.get("x"), dimension), r));
    }

    @Test
    void joinedDimensions() {
        Tensor x = random(9, 2, 4, 3);
        for (int first = 0; first < 3; first++) {
            int from = first;
            assertElements(x.toDoubleArray(), x, y -> Functional.flatten(y, from));
        }
        Tensor r = random(10, 3, 8); // of (3, 2, 4)
        checkDifferences(
                "of a view",
                Map.of("x", x),
                in -> dot(Functional.flatten(in.get("x").transpose(0, 2).transpose(1, 2), 1), r));
    }

    @Test
    void selectionsAlongEachDimension() {
        Tensor x = random(4, 2, 4, 3);
        float[] v = x.toFloatArray();
        double[] first = new double[12];
        double[] middle = new double[18];
        double[] last = new double[16];
        for (int i = 0; i < 12; i++) {
            first[i] = v[12 + i];
        }
        long[] rows = {3, 0, 3};
        for (int i = 0; i < 18; i++) {
            middle[i] = v[at(i / 9, (int) rows[i / 3 % 3], i % 3)];
        }
        for (int i = 0; i < 16; i++) {
            last[i] = v[at(i / 8, i / 2 % 4, i % 2 == 0 ? 2 : 1)];
        }
        assertElements(first, x, y -> Functional.indexSelect(y, 0, ids(y, Shape.of(1), 1)));
        assertElements(middle, x, y -> Functional.indexSelect(y, 1, ids(y, Shape.of(3), rows)));
        assertElements(last, x, y -> Functional.indexSelect(y, -1, ids(y, Shape.of(2), 2, 1)));
        Tensor r = random(5, 2, 3, 3);
        checkDifferences(
                "index select",
                Map.of("x", x),
                in -> dot(Functional.indexSelect(in.get("x"), 1, ids(in.get("x"), Shape.of(3), rows)), r));
    }

    /// Of a view, which has gaps.
    @Test
    void gathersEachElement() {
        Tensor x = random(6, 3, 4, 2);
        float[] v = x.toFloatArray();
        long[] indices = {3, 0, 1, 1, 2, 3, 0, 0, 0, 2, 1, 3};
        double[] expected = new double[12];
        for (int i = 0; i < 12; i++) {
            int a = i / 6; // of two, the last dimension of x
            int b = i % 3;
            expected[i] = v[(b * 4 + (int) indices[i]) * 2 + a];
        }
        Function<Value, Value> gather =
                y -> Functional.gather(y.transpose(0, 2), 1, ids(y, Shape.of(2, 2, 3), indices));
        assertElements(expected, x, gather::apply);
        Tensor r = random(7, 2, 2, 3);
        checkDifferences("gather", Map.of("x", x), in -> dot(gather.apply(in.get("x")), r));
    }

    @Test
    void gradientsOfRepeatedIndicesAddUp() {
        Tensor x = random(8, 3);
        float[] gradient = gradients(
                        Map.of("x", x),
                        in -> Functional.sum(
                                Functional.indexSelect(in.get("x"), 0, ids(in.get("x"), Shape.of(4), 2, 0, 2, 2))))
                .get("grad.x");
        assertArrayEquals(new float[] {1, 0, 3}, gradient);
    }

    @Test
    void functionsAreNamedAsTheyAre() {
        float[] x = {0.25f, 1, 2.25f};
        Tensor tensor = Tensor.of(Shape.of(3), x);
        assertElements(new double[] {Math.exp(0.25), Math.E, Math.exp(2.25)}, tensor, Functional::exp);
        assertElements(new double[] {Math.log(0.25), 0, Math.log(2.25)}, tensor, Functional::log);
        assertElements(new double[] {0.5, 1, 1.5}, tensor, Functional::sqrt);
        assertElements(new double[] {0.0625, 1, 5.0625}, tensor, Functional::square);
        assertElements(new double[] {-0.25, -1, -2.25}, tensor, Functional::negate);
        assertElements(new double[] {0.25, 1, 2.25}, tensor, y -> Functional.abs(Functional.negate(y)));
        assertElements(new double[] {-0.5, -2, -4.5}, tensor, y -> Functional.multiply(y, -2));
    }

    @Test
    void badIndicesAreNamed() {
        Tensor x = random(9, 2, 4);
        for (long bad : new long[] {-1, 4}) {
            IllegalArgumentException e = assertThrows(
                    IllegalArgumentException.class,
                    () -> gradients(
                            Map.of("x", x),
                            in -> Functional.sum(
                                    Functional.indexSelect(in.get("x"), 1, ids(in.get("x"), Shape.of(2), 3, bad)))));
            assertEquals("index " + bad + " at position 1 is not inside dimension 1 of [2, 4]", e.getMessage());
        }
        Recorder recorder = new Recorder(true);
        Value y = recorder.weight(x);
        assertThrows(IllegalArgumentException.class, () -> Functional.gather(y, 0, ids(y, Shape.of(1, 3), 0, 0, 0)));
        assertThrows(IllegalArgumentException.class, () -> Functional.gather(y, 0, ids(y, Shape.of(2), 0, 0)));
        assertThrows(IllegalArgumentException.class, () -> Functional.indexSelect(y, 2, ids(y, Shape.of(1), 0)));
        assertThrows(IllegalArgumentException.class, () -> Functional.indexSelect(y, 0, y));
    }
}
