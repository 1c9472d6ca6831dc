package dev.rondo.onnx;

import static dev.rondo.onnx.RecurrentTest.H;
import static dev.rondo.onnx.RecurrentTest.I;
import static dev.rondo.onnx.RecurrentTest.N;
import static dev.rondo.onnx.RecurrentTest.T;
import static dev.rondo.onnx.RecurrentTest.finish;
import static dev.rondo.onnx.RecurrentTest.layer;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the specification says of recurrent operators and ONNX Runtime does otherwise, or not at all: the module's
/// README.md lists it.
class RecurrentSpecificationTest {
    /// The clip bounds what every activation is given, the cell state where it becomes the hidden state as well.
    @Test
    void clipsAsTheSpecificationSays() {
        double clip = 0.3;
        Case graph = finish(layer("clip of all steps", "LSTM", 1), "LSTM", "x w r b", "clip", (float) clip);
        float[] x = graph.values.get("x").toFloatArray();
        float[] w = graph.tensor("w").toFloatArray(); // gates i, o, f, c
        float[] r = graph.tensor("r").toFloatArray();
        float[] b = graph.tensor("b").toFloatArray();
        float[] y = new float[T * N * H];
        for (int n = 0; n < N; n++) {
            double[] h = new double[H];
            double[] c = new double[H];
            for (int t = 0; t < T; t++) {
                double[] gates = new double[4 * H];
                for (int row = 0; row < gates.length; row++) {
                    double sum = b[row] + b[4 * H + row];
                    for (int k = 0; k < I; k++) {
                        sum += w[row * I + k] * x[(t * N + n) * I + k];
                    }
                    for (int k = 0; k < H; k++) {
                        sum += r[row * H + k] * h[k];
                    }
                    gates[row] = Math.clamp(sum, -clip, clip);
                }
                for (int k = 0; k < H; k++) {
                    c[k] = sigmoid(gates[2 * H + k]) * c[k] + sigmoid(gates[k]) * Math.tanh(gates[3 * H + k]);
                    h[k] = sigmoid(gates[H + k]) * Math.tanh(Math.clamp(c[k], -clip, clip));
                    y[(t * N + n) * H + k] = (float) h[k];
                }
            }
        }
        assertArrayEquals(
                y, Comparison.rondo(graph.bytes(), graph.values).get("y").toFloatArray(), 1e-5f);
    }

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    /// ONNX Runtime insists on the attribute.
    @ParameterizedTest
    @ValueSource(strings = {"RNN", "GRU", "LSTM"})
    void infersTheHiddenSize(String operator) {
        Case with = finish(layer("size", operator, 1), operator, "x w r b");
        Case without = finish(layer("size", operator, 1), operator, "x w r b", "hidden_size", Case.LEFT_OUT);
        assertThrows(
                IllegalStateException.class,
                () -> Comparison.onnxRuntime(without.bytes(), without.values, without.types));
        Comparison.assertClose(
                operator,
                Comparison.rondo(with.bytes(), with.values),
                Comparison.rondo(without.bytes(), without.values),
                0);
    }

    /// ONNX Runtime has only layout 0, so that layout 1 is compared with transposed values in it.
    @ParameterizedTest
    @ValueSource(strings = {"RNN", "GRU", "LSTM"})
    void readsBatchFirstLayouts(String operator) {
        Case plain = finish(
                layer("layout", operator, 2).input("h0", 2, N, H),
                operator,
                "x w r b _ h0",
                "direction",
                "bidirectional");
        Case batchFirst = finish(
                layer("layout", operator, 2).input("h0", 2, N, H),
                operator,
                "x w r b _ h0",
                "direction",
                "bidirectional",
                "layout",
                1);
        Map<String, Tensor> turned = new LinkedHashMap<>();
        plain.values.forEach((name, tensor) -> turned.put(name, exchanged(tensor, 0)));
        Map<String, Tensor> expected = Comparison.onnxRuntime(plain.bytes(), plain.values, plain.types);
        Map<String, Tensor> actual = Comparison.rondo(batchFirst.bytes(), turned);
        Map<String, Tensor> arranged = new LinkedHashMap<>();
        actual.forEach((name, tensor) ->
                arranged.put(name, name.equals("y") ? exchanged(exchanged(tensor, 0), 1) : exchanged(tensor, 0)));
        Comparison.assertClose(operator, expected, arranged, 2e-5);
    }

    /// A dimension exchanged with the one behind it.
    private static Tensor exchanged(Tensor tensor, int dimension) {
        long[] sizes = tensor.shape().sizes();
        int a = (int) sizes[dimension];
        int b = (int) sizes[dimension + 1];
        int inner = 1;
        for (int i = dimension + 2; i < sizes.length; i++) {
            inner *= (int) sizes[i];
        }
        float[] from = tensor.toFloatArray();
        float[] to = new float[from.length];
        for (int row = 0; row < from.length / inner; row++) {
            int outer = row / (a * b) * a * b;
            int target = outer + row % b * a + row / b % a;
            System.arraycopy(from, row * inner, to, target * inner, inner);
        }
        sizes[dimension] = b;
        sizes[dimension + 1] = a;
        return Tensor.of(Shape.of(sizes), to);
    }
}
