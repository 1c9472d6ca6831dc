package dev.rondo.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.rondo.tree.Trees;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.annotations.Param;

class TreeBenchmarkTest {
    private static final String SHAPE = "h13 trees5 leaves1-9";

    private static TreeBenchmark open(TreeContender.Library library) {
        TreeBenchmark benchmark = new TreeBenchmark();
        benchmark.shape = SHAPE;
        benchmark.library = library;
        benchmark.open();
        return benchmark;
    }

    /// The same states, the same losses, and the same weights after some steps.
    @Test
    void bothComputeTheSame() {
        assumeTrue(Libtorch.isPresent(), "this platform has no libtorch");
        TreeBenchmark rondo = open(TreeContender.Library.RONDO);
        TreeBenchmark libtorch = open(TreeContender.Library.LIBTORCH);
        try {
            rondo.inference();
            libtorch.inference();
            rondo.product();
            assertArrayEquals(libtorch.contender().states(), rondo.contender().states(), 2e-6f);
            for (int i = 0; i < 3; i++) {
                assertEquals(libtorch.step(), rondo.step(), 2e-6);
            }
            Map<String, float[]> weights = rondo.contender().weights();
            libtorch.contender()
                    .weights()
                    .forEach((name, expected) -> assertArrayEquals(expected, weights.get(name), 2e-4f, name));
        } finally {
            rondo.close();
            libtorch.close();
        }
    }

    @Test
    void shapes() throws NoSuchFieldException {
        String text =
                TreeBenchmark.class.getField("shape").getAnnotation(Param.class).value()[0];
        TreeShape shape = TreeShape.parse(text);
        assertEquals(text, shape.toString());
        Trees trees = shape.grow();
        assertEquals(64, trees.size());
        for (int t = 0; t < trees.size(); t++) {
            int leaves = trees.tree(t).leaves();
            assertTrue(leaves >= 20 && leaves <= 40, leaves + " leaves");
            assertEquals(2 * leaves - 1, trees.tree(t).nodes());
        }
        assertThrows(IllegalArgumentException.class, () -> TreeShape.parse("h150"));
    }
}
