package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rondo.reference.EngineNetwork;
import dev.rondo.reference.Golden;
import dev.rondo.reference.Tolerance;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The engine's recurrent networks against PyTorch's.
class RecurrentGoldenTest {
    // A fair bound for float32: PyTorch's own stays within 1e-6 of the largest magnitude.
    private static final Tolerance TOLERANCE = new Tolerance(1e-5);

    static List<String> cases() throws IOException {
        return Stream.of(Golden.list("recurrent"), Golden.list("packed"))
                .flatMap(List::stream)
                .toList();
    }

    @Test
    void allCasesAreThere() throws IOException {
        assertEquals(75, cases().size());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void equalsPyTorch(String name) throws IOException {
        Golden golden = Golden.read(name);
        boolean hasCell = golden.has("c0");
        EngineNetwork network = new EngineNetwork(
                golden.layers(),
                golden.cube("input"),
                golden.cube("h0"),
                hasCell ? golden.cube("c0") : null,
                null,
                golden.lengths());
        for (boolean batchFirst : new boolean[] {false, true}) {
            EngineNetwork.Result result = network.run(batchFirst, 1);
            String what = name + (batchFirst ? " batch first" : " time first");
            TOLERANCE.assertClose(what + " output", golden.values("output"), result.output(), golden.sizes("output"));
            TOLERANCE.assertClose(what + " hN", golden.values("hn"), result.hN(), golden.sizes("hn"));
            if (hasCell) {
                TOLERANCE.assertClose(what + " cN", golden.values("cn"), result.cN(), golden.sizes("cn"));
            }
        }
    }
}
