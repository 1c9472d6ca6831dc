package dev.rondo.examples.structure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.examples.listops.Expression;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.train.Optimizer;
import dev.rondo.train.TrainingStep;
import dev.rondo.tree.Merges;
import dev.rondo.tree.Trees;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShiftReduceClassifierTest {
    private static final int BATCH = 16;
    private static final int LENGTH = 10;

    private static List<Expression> expressions(RandomGenerator random, int count) {
        return IntStream.range(0, count)
                .mapToObj(_ -> Expression.random(random, 2, 3, LENGTH))
                .toList();
    }

    private static double agreement(ShiftReduceClassifier<Expression> network, List<Expression> expressions) {
        Trees found = network.find(
                        expressions, expression -> List.of(expression.toString().split(" ")))
                .trees();
        return Merges.agreement(found, Expression.trees(expressions));
    }

    /// From trees that it is given it learns to build those of expressions that it has not seen.
    @Test
    void learnsToBuildTrees() {
        ShiftReduceClassifier<Expression> network = new ShiftReduceClassifier<>(
                Expression::value, Expression::symbols, Expression::trees, Expression.VOCABULARY.size(), 8, 16, 10);
        network.initialize(1);
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(5);
        List<Expression> others = expressions(random, 70); // more than a batch
        double before = agreement(network, others);
        float first = 0;
        float last = 0;
        TrainingStep.Builder builder = TrainingStep.of(network, Optimizer.adam(1e-2));
        network.declare(builder::input, BATCH, LENGTH);
        try (TrainingStep step = builder.input("targets", Shape.of(BATCH), DataType.I64)
                .clipNorm(5)
                .record(in -> network.loss(in::get, in.get("targets")))) {
            for (int i = 0; i < 150; i++) {
                List<Expression> batch = expressions(random, BATCH);
                network.fill(step::input, batch, BATCH, LENGTH);
                step.input("targets")
                        .copyFrom(batch.stream().mapToLong(Expression::value).toArray());
                last = step.run();
                first = i == 0 ? last : first;
            }
        }
        assertTrue(last < 0.8 * first, first + " to " + last);
        double after = agreement(network, others);
        assertTrue(after > 0.9 && before < 0.8, before + " to " + after);
    }

    /// What stands in for missing samples changes nothing.
    @Test
    void readsFewerThanABatch() {
        ShiftReduceClassifier<Expression> network = new ShiftReduceClassifier<>(
                Expression::value, Expression::symbols, Expression::trees, Expression.VOCABULARY.size(), 8, 16, 10);
        network.initialize(2);
        List<Expression> all =
                expressions(RandomGeneratorFactory.of("L64X128MixRandom").create(6), 3);
        TreeFinder.Found together =
                network.find(all, expression -> List.of(expression.toString().split(" ")));
        for (int n = 0; n < all.size(); n++) {
            TreeFinder.Found alone = network.find(
                    all.subList(n, n + 1),
                    expression -> List.of(expression.toString().split(" ")));
            assertEquals(Merges.spans(alone.trees(), 0), Merges.spans(together.trees(), n));
            assertEquals(alone.classes()[0], together.classes()[n]);
        }
    }
}
