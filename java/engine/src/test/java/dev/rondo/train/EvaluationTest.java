package dev.rondo.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.nn.Dropout;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LayerNorm;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Losses;
import dev.rondo.nn.Module;
import dev.rondo.nn.RNNBase;
import dev.rondo.nn.Sequential;
import dev.rondo.program.Activation;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.Random;
import org.junit.jupiter.api.Test;

class EvaluationTest {
    private static final Shape X = Shape.of(5, 2, 3);
    private static final Shape Y = Shape.of(5, 2, 2);

    private final Dropout dropout = new Dropout(0.5, 3, false);
    private final GRU gru = new GRU(3, 4);
    private final Module network =
            new Sequential(new Linear(4, 4, true, Activation.TANH), dropout, new LayerNorm(4), new Linear(4, 2));
    private final Module all = new Sequential(gru, network);

    private Value loss(TrainingStep.Values in) {
        RNNBase.Output states = gru.forward(in.get("x"), in.get("h"));
        in.carry("h", states.hN());
        Value y = network.forward(states.output());
        in.output("y", y);
        in.output("first", y.select(0, 0));
        return Losses.mse(y, in.get("target"));
    }

    private Evaluation evaluation() {
        return Evaluation.builder()
                .input("x", X, DataType.F32)
                .input("target", Y, DataType.F32)
                .state("h", Shape.of(1, 2, 4))
                .record(this::loss);
    }

    private static float[] random(long seed, int count) {
        float[] values = new float[count];
        Random random = new Random(seed);
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /// What an evaluation should give: the loss of a step that learns nothing and drops nothing.
    private float expected(float[] x, float[] target) {
        Module without = new Sequential(new Linear(4, 4, true, Activation.TANH), new LayerNorm(4), new Linear(4, 2));
        GRU copy = new GRU(3, 4);
        copy.parameters()
                .forEach((name, parameter) ->
                        parameter.load(gru.parameters().get(name).tensor()));
        without.parameters().forEach((name, parameter) -> {
            int layer = name.charAt(0) - '0';
            String source = (layer == 0 ? 0 : layer + 1) + name.substring(1);
            parameter.load(network.parameters().get(source).tensor());
        });
        try (TrainingStep step = TrainingStep.of(new Sequential(copy, without), Optimizer.sgd(0))
                .input("x", X, DataType.F32)
                .input("target", Y, DataType.F32)
                .record(in -> Losses.mse(without.forward(copy.forward(in.get("x"))), in.get("target")))) {
            step.input("x").copyFrom(x);
            step.input("target").copyFrom(target);
            return step.run();
        }
    }

    @Test
    void parametersAreReadAsTheyAreAndNothingIsDropped() {
        all.initialize(4);
        float[] x = random(1, 30);
        float[] target = random(2, 20);
        try (Evaluation evaluation = evaluation();
                TrainingStep step = TrainingStep.of(all, Optimizer.sgd(0.1))
                        .input("x", X, DataType.F32)
                        .input("target", Y, DataType.F32)
                        .state("h", Shape.of(1, 2, 4))
                        .record(this::loss)) {
            evaluation.input("x").copyFrom(x);
            evaluation.input("target").copyFrom(target);
            step.input("x").copyFrom(x);
            step.input("target").copyFrom(target);
            for (int i = 0; i < 3; i++) {
                evaluation.state("h").data().fill((byte) 0);
                assertEquals(expected(x, target), evaluation.run(), 1e-6);
                float[] before = all.parameters().get("0.weight_hh_l0").tensor().toFloatArray();
                evaluation.run();
                assertArrayEquals(
                        before, all.parameters().get("0.weight_hh_l0").tensor().toFloatArray());
                step.run();
            }
            float[] y = evaluation.output("y").toFloatArray();
            float[] first = evaluation.output("first").toFloatArray();
            assertArrayEquals(new float[] {y[0], y[1], y[2], y[3]}, first);
        }
    }

    @Test
    void statesAreCarried() {
        all.initialize(4);
        try (Evaluation evaluation = evaluation()) {
            evaluation.input("x").copyFrom(random(1, 30));
            float first = evaluation.run();
            float[] carried = evaluation.state("h").toFloatArray();
            float second = evaluation.run();
            assertNotEquals(first, second);
            evaluation.state("h").copyFrom(carried);
            assertEquals(second, evaluation.run());
            evaluation.state("h").data().fill((byte) 0);
            assertEquals(first, evaluation.run());
            assertArrayEquals(carried, evaluation.state("h").toFloatArray());
        }
    }

    @Test
    void misusesAreNamed() {
        assertMessage("there is no input or state named z, only [x, target, h]", in -> in.get("z"));
        assertMessage("x is an input, not a state: nothing can be carried to it", in -> {
            in.carry("x", in.get("x"));
            return loss(in);
        });
        assertMessage("state h of shape [1, 2, 4] cannot become F32 [5, 2, 3]", in -> {
            in.carry("h", in.get("x"));
            return loss(in);
        });
        assertMessage("state h is carried twice", in -> {
            in.carry("h", in.get("h"));
            return loss(in);
        });
        assertMessage("a loss is a single number, not of shape [5, 2, 3]", in -> in.get("x"));
        assertEquals(
                "there are two inputs or states named x",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Evaluation.builder()
                                        .input("x", X, DataType.F32)
                                        .state("x", X))
                        .getMessage());
        Evaluation closed = evaluation();
        closed.close();
        closed.close();
        assertThrows(IllegalStateException.class, closed::run);
    }

    private static void assertMessage(String message, TrainingStep.Objective objective) {
        Evaluation.Builder builder = Evaluation.builder()
                .input("x", X, DataType.F32)
                .input("target", Y, DataType.F32)
                .state("h", Shape.of(1, 2, 4));
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> builder.record(objective))
                        .getMessage());
    }
}
