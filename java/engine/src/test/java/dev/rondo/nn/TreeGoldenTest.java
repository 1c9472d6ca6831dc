package dev.rondo.nn;

import static dev.rondo.nn.GradientCheck.dot;
import static dev.rondo.nn.GradientCheck.floats;
import static dev.rondo.nn.GradientCheck.gradients;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.kernel.TreeKernel;
import dev.rondo.op.TreeRecurrent;
import dev.rondo.op.TreeSchedule;
import dev.rondo.program.Value;
import dev.rondo.reference.Golden;
import dev.rondo.reference.Tolerance;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Networks over trees against PyTorch's values and gradients.
class TreeGoldenTest {
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);

    @BeforeEach
    void needsNativeCode() {
        assumeTrue(TreeKernel.isAvailable());
    }

    /// With PyTorch's values and gradients; the weights are put together as the network has them.
    private static void golden(String name, Function<Map<String, Value>, TreeRecurrent> tree) throws IOException {
        Golden golden = Golden.read(name);
        Map<String, Tensor> variables = new LinkedHashMap<>();
        golden.file().tensors().keySet().stream()
                .filter(key -> golden.has("grad." + key))
                .sorted()
                .forEach(key -> variables.put(key, floats(golden, key)));
        Map<String, float[]> actual = gradients(variables, in -> {
            TreeRecurrent states = tree.apply(in);
            states.h().recorder().output("h", states.h());
            states.h().recorder().output("c", states.c());
            return Functional.add(dot(states.h(), floats(golden, "R")), dot(states.c(), floats(golden, "Q")));
        });
        assertEquals(golden.values("loss")[0], actual.remove("loss")[0], 1e-4, name);
        assertEquals(variables.size() + 2, actual.size());
        actual.forEach((key, value) -> TOLERANCE.assertClose(name + " " + key, golden.values(key), value));
    }

    private static Value rows(Value... parts) {
        return Functional.concat(List.of(parts), 0);
    }

    private static TreeRecurrent tree(
            TreeKernel cell, Value input, long[] parents, long[] types, Value wih, Value bias, Value whh, int arity) {
        Value given = input.recorder().constant(TreeTest.ids(parents));
        Value edges = input.recorder().constant(TreeTest.ids(types));
        TreeSchedule schedule = input.recorder()
                .record(new TreeSchedule(given, edges, whh.shape().size(0), false));
        Value projected = input.recorder()
                .record(new dev.rondo.op.Linear(input, wih, null, null))
                .output();
        return input.recorder().record(new TreeRecurrent(cell, schedule, projected, bias, whh, arity));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree/child_sum_a", "tree/child_sum_b"})
    void childSumEqualsPyTorchs(String name) throws IOException {
        long[] parents = Golden.read(name).integers("parent");
        golden(
                name,
                in -> tree(
                        TreeKernel.CHILD_SUM_LSTM,
                        in.get("input"),
                        parents,
                        new long[parents.length],
                        rows(in.get("W_i"), in.get("W_f"), in.get("W_u"), in.get("W_o")),
                        rows(in.get("b_i"), in.get("b_f"), in.get("b_u"), in.get("b_o")),
                        rows(in.get("U_i"), in.get("U_f"), in.get("U_u"), in.get("U_o"))
                                .reshape(1, 28, 7),
                        1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tree/binary_a", "tree/binary_b"})
    void binaryEqualsPyTorchs(String name) throws IOException {
        long[] parents = Golden.read(name).integers("parent");
        long[] types = new long[parents.length];
        for (long right : Golden.read(name).integers("right")) {
            if (right >= 0) {
                types[(int) right] = 1;
            }
        }
        golden(
                name,
                in -> tree(
                        TreeKernel.LSTM,
                        in.get("input"),
                        parents,
                        types,
                        rows(in.get("W_i"), in.get("W_f"), in.get("W_f"), in.get("W_u"), in.get("W_o")),
                        rows(in.get("b_i"), in.get("b_f"), in.get("b_f"), in.get("b_u"), in.get("b_o")),
                        Functional.concat(
                                List.of(
                                        in.get("U_i"),
                                        in.get("U_f").select(0, 0),
                                        in.get("U_f").select(0, 1),
                                        in.get("U_u"),
                                        in.get("U_o")),
                                1),
                        2));
    }
}
