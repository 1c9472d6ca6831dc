package dev.rondo.examples.structure;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.examples.listops.Expression;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.train.Optimizer;
import dev.rondo.train.TrainingStep;
import dev.rondo.tree.Trees;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LatentTreeClassifierTest {
    private static final int BATCH = 16;
    private static final int LENGTH = 10;

    private static List<Expression> expressions(RandomGenerator random) {
        return IntStream.range(0, BATCH)
                .mapToObj(_ -> Expression.random(random, 2, 3, LENGTH))
                .toList();
    }

    private static float[] losses(int steps) {
        LatentTreeClassifier<Expression> network = new LatentTreeClassifier<>(
                Expression::value, Expression::symbols, Expression.VOCABULARY.size(), 8, 16, 10, 3);
        network.initialize(1);
        float[] losses = new float[steps];
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        TrainingStep.Builder builder = TrainingStep.of(network, Optimizer.adam(1e-2));
        network.declare(builder::input, BATCH, LENGTH);
        try (TrainingStep step = builder.input("targets", Shape.of(BATCH), DataType.I64)
                .clipNorm(5)
                .record(in -> network.loss(in::get, in.get("targets")))) {
            for (int i = 0; i < steps; i++) {
                List<Expression> batch = expressions(random);
                network.fill(step::input, batch, BATCH, LENGTH);
                network.anneal(step::input, i / 300.0);
                step.input("targets")
                        .copyFrom(batch.stream().mapToLong(Expression::value).toArray());
                losses[i] = step.run();
            }
        }
        return losses;
    }

    @Test
    void theLossFalls() {
        float[] losses = losses(300);
        double first =
                IntStream.range(0, 20).mapToDouble(i -> losses[i]).average().orElseThrow();
        double last =
                IntStream.range(280, 300).mapToDouble(i -> losses[i]).average().orElseThrow();
        assertTrue(last < 0.85 * first, first + " to " + last);
        assertArrayEquals(Arrays.copyOf(losses, 10), losses(10), "the same seeds give the same bits");
    }

    @Test
    void findsTrees() {
        LatentTreeClassifier<Expression> network = new LatentTreeClassifier<>(
                Expression::value, Expression::symbols, Expression.VOCABULARY.size(), 8, 16, 10, 3);
        network.initialize(1);
        List<Expression> some = List.of(Expression.parse("[MAX 2 9 [MIN 4 7 ] 0 ]"), Expression.parse("[SM 5 6 ]"));
        Trees trees = network.find(
                        some, expression -> List.of(expression.toString().split(" ")))
                .trees();
        assertEquals(2, trees.size());
        assertEquals(2 * 9 - 1, trees.first(1));
        for (int tree = 0; tree < 2; tree++) {
            StringBuilder leaves = new StringBuilder();
            for (int node : trees.preorder(tree)) {
                assertTrue(trees.isLeaf(node) || trees.arity(node) == 2);
                leaves.append(trees.isLeaf(node) ? trees.token(node) + " " : "");
            }
            assertEquals(some.get(tree).toString(), leaves.toString().strip());
        }
    }
}
