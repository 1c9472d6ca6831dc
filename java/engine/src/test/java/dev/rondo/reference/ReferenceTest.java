package dev.rondo.reference;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.rondo.reference.ReferenceRecurrent.Result;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The reference against PyTorch's values.
///
/// The files hold what PyTorch computes in double precision, rounded once to float32. So the reference may differ by
/// half of a float's last place, and by next to nothing besides.
class ReferenceTest {
    private static final Tolerance ROUNDED_ONCE = new Tolerance(0x1p-24 + 1e-12);

    @Test
    void allRecurrentCasesAreThere() throws IOException {
        assertTrue(Golden.list("recurrent").size() >= 65, "cases in recurrent");
        assertTrue(Golden.list("packed").size() >= 10, "cases in packed");
    }

    @TestFactory
    Stream<DynamicTest> recurrent() throws IOException {
        return Stream.concat(Golden.list("recurrent").stream(), Golden.list("packed").stream())
                .map(name -> dynamicTest(name, () -> checkRecurrent(Golden.read(name))));
    }

    private static void checkRecurrent(Golden golden) {
        assertEquals(golden.name().startsWith("packed/"), golden.has("lengths"), "has lengths");
        boolean lstm = golden.setting("kind").equals("LSTM");
        double[][][] c0 = lstm ? golden.cube("c0") : null;
        Result result = ReferenceRecurrent.run(
                golden.layers(), golden.cube("input"), golden.cube("h0"), c0, golden.lengths(), null);
        check(golden, "output", Values.flat(result.output()));
        check(golden, "hn", Values.flat(result.hN()));
        check(golden, "cn", lstm, Values.flat(result.cN()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"layers/linear", "layers/linear_nobias"})
    void linear(String name) throws IOException {
        Golden golden = Golden.read(name);
        double[][] weight = golden.matrix("weight");
        double[] bias = golden.valuesOrNull("bias");
        checkRows(golden, x -> ReferenceLayers.linear(x, weight, bias));
    }

    @ParameterizedTest
    @ValueSource(strings = {"layers/layer_norm", "layers/layer_norm_plain"})
    void layerNorm(String name) throws IOException {
        Golden golden = Golden.read(name);
        double eps = Double.parseDouble(golden.setting("eps"));
        double[] weight = golden.valuesOrNull("weight");
        double[] bias = golden.valuesOrNull("bias");
        checkRows(golden, x -> ReferenceLayers.layerNorm(x, eps, weight, bias));
    }

    @ParameterizedTest
    @ValueSource(strings = {"layers/embedding", "layers/embedding_padding"})
    void embedding(String name) throws IOException {
        Golden golden = Golden.read(name);
        int columns = golden.sizes("input")[1];
        long[] flat = golden.integers("input");
        long[][] ids = new long[flat.length / columns][];
        for (int r = 0; r < ids.length; r++) {
            ids[r] = Arrays.copyOfRange(flat, r * columns, (r + 1) * columns);
        }
        check(golden, "output", Values.flat(ReferenceLayers.embedding(ids, golden.matrix("weight"))));
    }

    /// Checks a layer that works on the last dimension, whatever the others.
    private static void checkRows(Golden golden, UnaryOperator<double[]> layer) {
        int[] sizes = golden.sizes("input");
        int columns = sizes[sizes.length - 1];
        double[] input = golden.values("input");
        double[][] rows = Values.matrix(input, input.length / columns, columns);
        check(golden, "output", Values.flat(ReferenceLayers.each(rows, layer)));
    }

    private static void check(Golden golden, String tensor, double[] actual) {
        String what = golden.name() + " " + tensor;
        ROUNDED_ONCE.assertClose(what, golden.values(tensor), actual, golden.sizes(tensor));
    }

    private static void check(Golden golden, String tensor, boolean expected, double[] actual) {
        assertEquals(expected, golden.has(tensor), "has " + tensor);
        if (expected) {
            check(golden, tensor, actual);
        } else {
            assertEquals(0, actual.length, "elements of " + tensor);
        }
    }
}
