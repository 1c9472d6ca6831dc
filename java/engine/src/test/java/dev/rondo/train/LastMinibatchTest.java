package dev.rondo.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.rondo.nn.Linear;
import dev.rondo.nn.Losses;
import dev.rondo.nn.Module;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A minibatch that is smaller than the others has a step of its own, which shares everything with theirs.
class LastMinibatchTest {
    private static final float[][] DATA = {{1, 2}, {-1, 3}, {0.5f, -2}, {2, 2}, {-3, 1}};

    private static TrainingStep step(Module network, Optimizer optimizer, int batch) {
        return TrainingStep.of(network, optimizer)
                .input("x", Shape.of(batch, 2), DataType.F32)
                .record(in -> Losses.mse(network.forward(in.get("x")), in.get("x")));
    }

    /// @param stepOfItsOwn whether the last minibatch, of one sample, has one; or the others' takes it twice
    private static Map<String, float[]> train(boolean stepOfItsOwn, UnaryOperator<Trainer.Builder<int[]>> more)
            throws IOException {
        Module network = new Linear(2, 2);
        network.initialize(3);
        Optimizer adam = Optimizer.adam(0.05);
        try (TrainingStep step = step(network, adam, 2);
                TrainingStep last = step(network, adam, 1)) {
            Minibatches<int[]> minibatches =
                    Minibatches.shuffled(5, 2, 4, samples -> samples).keepLast();
            Trainer<int[]> trainer = more.apply(Trainer.of(network, minibatches, samples -> {
                                boolean small = samples.length == 1;
                                TrainingStep own = small && stepOfItsOwn ? last : step;
                                float[] x = new float[small && stepOfItsOwn ? 2 : 4];
                                for (int i = 0; i < x.length; i++) {
                                    x[i] = DATA[samples[i / 2 % samples.length]][i % 2];
                                }
                                own.input("x").copyFrom(x);
                                return own.run();
                            })
                            .remember("step", step))
                    .build();
            assertEquals(Trainer.End.DONE, trainer.run());
            assertEquals(trainer.curve().step(), adam.steps());
        }
        Map<String, float[]> weights = new TreeMap<>();
        network.parameters()
                .forEach((name, parameter) ->
                        weights.put(name, parameter.tensor().toFloatArray()));
        return weights;
    }

    @Test
    void itTrainsLikeAnyOther() throws IOException {
        Map<String, float[]> expected = train(false, builder -> builder.maxEpochs(4));
        Map<String, float[]> actual = train(true, builder -> builder.maxEpochs(4));
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), 1e-5f, name));
    }

    @Test
    void oneStepsCheckpointIsEnough(@TempDir Path folder) throws IOException {
        train(true, builder -> builder.maxEpochs(2).checkpoint(folder, 100));
        Map<String, float[]> resumed =
                train(true, builder -> builder.maxEpochs(4).checkpoint(folder, 100));
        Map<String, float[]> whole = train(true, builder -> builder.maxEpochs(4));
        whole.forEach((name, values) -> assertArrayEquals(values, resumed.get(name), name));
    }
}
