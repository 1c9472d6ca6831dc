package dev.rondo.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.MalformedFileException;
import dev.rondo.nn.Dropout;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Losses;
import dev.rondo.nn.Module;
import dev.rondo.nn.RNNBase;
import dev.rondo.nn.Sequential;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointTest {
    @TempDir
    private Path folder;

    /// Everything that a training remembers, made anew for each process that there might be.
    private static final class Training implements AutoCloseable {
        final Module network;
        final TrainingStep step;
        final Plateau plateau = new Plateau(0.7, 0, 0.01, 0);
        final WeightAverage average;
        final Checkpoint checkpoint;

        Training(long seed, int hidden, int replicas, int runs) {
            LSTM lstm = new LSTM(3, hidden);
            Linear linear = new Linear(hidden, 2);
            network = new Sequential(lstm, linear);
            network.initialize(seed);
            average = WeightAverage.of(network);
            Dropout dropout = new Dropout(0.3, 11, false);
            step = TrainingStep.of(network, Optimizer.adam(0.02))
                    .group(name -> name.endsWith("bias"), Optimizer.sgd(0.1, 0.9, 0, 0, false))
                    .input("x", Shape.of(5, 2, 3), DataType.F32)
                    .input("y", Shape.of(5, 2, 2), DataType.F32)
                    .state("h", Shape.of(1, 2, hidden))
                    .state("c", Shape.of(1, 2, hidden))
                    .clipNorm(1)
                    .replicas(replicas)
                    .accumulate(runs)
                    .record(in -> {
                        RNNBase.Output o = lstm.forward(in.get("x"), in.get("h"), in.get("c"));
                        in.carry("h", o.hN());
                        in.carry("c", o.cN());
                        return Losses.mse(linear.forward(dropout.forward(o.output())), in.get("y"));
                    });
            checkpoint =
                    new Checkpoint().add("step", step).add("plateau", plateau).add("average", average);
        }

        void train(int from, int to, int replicas) {
            for (int k = from; k < to; k++) {
                Random random = new Random(k);
                for (int r = 0; r < replicas; r++) {
                    for (String input : new String[] {"x", "y"}) {
                        float[] values = new float[input.equals("x") ? 30 : 20];
                        for (int i = 0; i < values.length; i++) {
                            values[i] = (float) random.nextGaussian();
                        }
                        step.input(input, r).copyFrom(values);
                    }
                }
                plateau.factor(step.run());
                average.add();
                average.check(k);
            }
        }

        @Override
        public void close() {
            step.close();
        }
    }

    @ParameterizedTest
    @CsvSource({"1, 1", "2, 1", "1, 3", "2, 2"})
    void aRestoredTrainingTakesTheSameStepsBitByBit(int replicas, int runs) throws IOException {
        Path file = folder.resolve("checkpoint.safetensors");
        try (Training whole = new Training(1, 4, replicas, runs);
                Training first = new Training(1, 4, replicas, runs);
                Training second = new Training(2, 4, replicas, runs)) {
            whole.train(0, 12, replicas);
            first.train(0, 7, replicas);
            first.checkpoint.save(file);
            second.checkpoint.restore(file);
            second.train(7, 12, replicas);
            whole.network
                    .parameters()
                    .forEach((name, parameter) -> assertArrayEquals(
                            parameter.tensor().toFloatArray(),
                            second.network.parameters().get(name).tensor().toFloatArray(),
                            name));
            assertEquals(whole.step.values(), second.step.values());
            assertEquals(whole.plateau.values(), second.plateau.values());
            assertEquals(whole.average.values(), second.average.values());
            whole.average
                    .tensors()
                    .forEach((name, mean) -> assertArrayEquals(
                            mean.toFloatArray(),
                            second.average.tensors().get(name).toFloatArray()));
        }
    }

    @Test
    void filesOfOtherTrainingsAreRefused() throws IOException {
        Path file = folder.resolve("checkpoint.safetensors");
        try (Training training = new Training(1, 4, 1, 1);
                Training wider = new Training(1, 5, 1, 1);
                Training parallel = new Training(1, 4, 2, 1)) {
            training.checkpoint.save(file);
            float[] before =
                    wider.network.parameters().get("0.weight_hh_l0").tensor().toFloatArray();
            assertMessage(
                    "tensor \"step.parameter.0.weight_ih_l0\" is F32 of shape [16, 3], not F32 of shape [20, 3]",
                    wider.checkpoint,
                    file);
            assertArrayEquals(
                    before,
                    wider.network.parameters().get("0.weight_hh_l0").tensor().toFloatArray());
            assertMessage("tensor \"step.state.1.h\" of shape [1, 2, 4] is missing", parallel.checkpoint, file);
            assertMessage(
                    "tensor \"average.0.weight_ih_l0\" belongs to no part of this training",
                    new Checkpoint().add("step", training.step).add("plateau", training.plateau),
                    file);
            Checkpoint.Part other = new Checkpoint.Part() {
                @Override
                public Map<String, dev.rondo.tensor.Tensor> tensors() {
                    return training.average.tensors();
                }

                @Override
                public Map<String, String> values() {
                    return Map.of("x", "1");
                }

                @Override
                public void restore(Map<String, String> values) {
                    throw new IllegalArgumentException("x is not a number");
                }
            };
            Checkpoint foreign = new Checkpoint()
                    .add("step", training.step)
                    .add("plateau", training.plateau)
                    .add("average", other);
            assertThrows(MalformedFileException.class, () -> foreign.restore(file));
            foreign.save(file);
            assertMessage("part \"average\": x is not a number", foreign, file);
            Files.write(file, new byte[20]);
            assertThrows(MalformedFileException.class, () -> training.checkpoint.restore(file));
        }
    }

    private static void assertMessage(String part, Checkpoint checkpoint, Path file) {
        MalformedFileException e = assertThrows(MalformedFileException.class, () -> checkpoint.restore(file));
        assertTrue(e.getMessage().contains(part), e.getMessage());
    }
}
