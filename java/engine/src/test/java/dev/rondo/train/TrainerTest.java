package dev.rondo.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.Safetensors;
import dev.rondo.nn.Dropout;
import dev.rondo.nn.GRU;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Losses;
import dev.rondo.nn.Module;
import dev.rondo.nn.Sequential;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.io.File;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainerTest {
    private static final int STEPS = 60;

    @TempDir
    private Path folder;

    /// A small training with everything that has to be remembered.
    private static final class Training implements AutoCloseable {
        final GRU gru = new GRU(3, 4);
        final Linear linear = new Linear(4, 3);
        final Module network = new Sequential(gru, linear);
        final Dropout dropout = new Dropout(0.2, 4, false);
        final Optimizer adam = Optimizer.adam(0.02);
        final TrainingStep step;
        final Evaluation evaluation;
        final float[][] data = new float[22][];
        final Trainer<int[]> trainer;
        boolean bad;

        Training(long seed, UnaryOperator<Trainer.Builder<int[]>> more) {
            network.initialize(seed);
            Shape shape = Shape.of(4, 2, 3);
            step = TrainingStep.of(network, adam)
                    .input("x", shape, DataType.F32)
                    .record(in -> Losses.mse(linear.forward(dropout.forward(gru.forward(in.get("x")))), in.get("x")));
            evaluation = Evaluation.builder()
                    .input("x", shape, DataType.F32)
                    .record(in -> Losses.mse(network.forward(in.get("x")), in.get("x")));
            Random random = new Random(8);
            for (int i = 0; i < data.length; i++) {
                data[i] = new float[24];
                for (int j = 0; j < 24; j++) {
                    data[i][j] = (float) random.nextGaussian();
                }
            }
            evaluation.input("x").copyFrom(data[20]);
            trainer = more.apply(Trainer.of(network, Minibatches.shuffled(20, 1, 7, samples -> samples), this::learn)
                            .remember("step", step)
                            .schedule(adam, Schedule.warmUpThenCosine(5, STEPS, 0.1))
                            .plateau(new Plateau(0.5, 0, 0.05, 0.1))
                            .average(WeightAverage.nonMonotonic(network, 1))
                            .validate(7, () -> Map.of("loss", (double) evaluation.run()))
                            .maxSteps(STEPS))
                    .build();
        }

        private float learn(int[] samples) {
            step.input("x").copyFrom(data[samples[0]]);
            if (bad) {
                step.input("x").copyFrom(new float[] {
                    Float.NaN, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0
                });
            }
            return step.run();
        }

        Map<String, float[]> weights() {
            Map<String, float[]> weights = new TreeMap<>();
            network.parameters()
                    .forEach((name, parameter) ->
                            weights.put(name, parameter.tensor().toFloatArray()));
            return weights;
        }

        @Override
        public void close() {
            step.close();
            evaluation.close();
        }
    }

    private static void assertWeights(Map<String, float[]> expected, Map<String, float[]> actual) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach((name, values) -> assertArrayEquals(values, actual.get(name), name));
    }

    private static Map<String, float[]> tensors(Path file) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            Map<String, float[]> tensors = new TreeMap<>();
            Safetensors.read(file, arena).tensors().forEach((name, tensor) -> tensors.put(name, tensor.toFloatArray()));
            return tensors;
        }
    }

    /// What an uninterrupted training ends with.
    private void assertEndsAsUninterrupted(Training resumed, Path resumedFolder) throws IOException {
        Path other = folder.resolve("whole");
        try (Training whole = new Training(1, builder -> builder.checkpoint(other, 10))) {
            assertEquals(Trainer.End.DONE, whole.trainer.run());
            assertEquals(whole.trainer.curve().points(), resumed.trainer.curve().points());
            assertWeights(whole.weights(), resumed.weights());
            assertWeights(
                    tensors(other.resolve("checkpoint.safetensors")),
                    tensors(resumedFolder.resolve("checkpoint.safetensors")));
        }
    }

    @Test
    void anInterruptedTrainingGoesOnToTheSameEnd() throws IOException {
        Path file = folder.resolve("interrupted");
        try (Training first = new Training(
                1,
                builder -> builder.checkpoint(file, 1000).listener(new Trainer.Listener() {
                    @Override
                    public void progress(Trainer.Progress progress) {
                        if (progress.step() == 33) {
                            Thread.currentThread().interrupt();
                        }
                    }
                }))) {
            assertEquals(Trainer.End.INTERRUPTED, first.trainer.run());
            assertTrue(Thread.interrupted());
            assertEquals(33, first.trainer.curve().step());
        }
        try (Training second = new Training(2, builder -> builder.checkpoint(file, 1000))) {
            assertEquals(Trainer.End.DONE, second.trainer.run());
            assertEndsAsUninterrupted(second, file);
        }
        try (Training third = new Training(3, builder -> builder.checkpoint(file, 1000))) {
            assertEquals(Trainer.End.DONE, third.trainer.run(), "nothing is left to do");
            assertEquals(STEPS, third.adam.steps());
        }
    }

    /// Trains until it is killed.
    static final class Killed {
        private Killed() {}

        public static void main(String[] folder) throws IOException {
            try (Training training = new Training(
                    1,
                    builder -> builder.checkpoint(Path.of(folder[0]), 10).listener(new Trainer.Listener() {
                        @Override
                        public void progress(Trainer.Progress progress) {
                            if (progress.step() == 37) {
                                Runtime.getRuntime().halt(137); // as suddenly as SIGKILL: no hook runs
                            }
                        }
                    }))) {
                training.trainer.run();
            }
        }
    }

    /// The tests' classes, and what they were found with: in the build these are modules, and the tests are
    /// patched in.
    private static String classPath() throws URISyntaxException {
        Path tests = Path.of(TrainerTest.class.getResource("TrainerTest.class").toURI());
        for (int i = 0; i < TrainerTest.class.getName().split("\\.").length; i++) {
            tests = tests.getParent();
        }
        return Stream.of(tests.toString(), System.getProperty("java.class.path"), System.getProperty("jdk.module.path"))
                .filter(path -> path != null && !path.isEmpty())
                .collect(Collectors.joining(File.pathSeparator));
    }

    @Test
    void aKilledTrainingGoesOnToTheSameEnd() throws Exception {
        Path file = folder.resolve("killed");
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                classPath(),
                Killed.class.getName(),
                file.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes());
        assertTrue(process.waitFor(1, TimeUnit.MINUTES));
        assertEquals(137, process.exitValue(), output);
        try (Training resumed = new Training(2, builder -> builder.checkpoint(file, 10))) {
            assertEquals(Trainer.End.DONE, resumed.trainer.run());
            assertEndsAsUninterrupted(resumed, file);
        }
    }

    @Test
    void notFiniteGradientsStopWithTheLastGoodCheckpoint() throws IOException {
        Path file = folder.resolve("checkpoint.safetensors");
        Training[] self = new Training[1];
        try (Training training = new Training(
                1,
                builder -> builder.checkpoint(folder, 10).listener(new Trainer.Listener() {
                    @Override
                    public void progress(Trainer.Progress progress) {
                        self[0].bad = progress.step() == 13;
                    }
                }))) {
            self[0] = training;
            ArithmeticException e = assertThrows(ArithmeticException.class, training.trainer::run);
            assertEquals(
                    "step 14: the gradient of 0.weight_ih_l0 is not finite; no parameter was changed; the last good"
                            + " checkpoint is " + file,
                    e.getMessage());
        }
        tensors(file).forEach((name, values) -> {
            for (float value : values) {
                assertTrue(Float.isFinite(value), name);
            }
        });
    }

    @Test
    void trainingCanEndWithTheLastWeights() throws IOException {
        Iterator<Double> script = List.of(1.0, 2.0).iterator();
        List<Map<String, float[]>> seen = new ArrayList<>();
        Training[] self = new Training[1];
        try (Training training = new Training(
                1,
                builder -> builder.validate(4, () -> {
                            seen.add(self[0].weights());
                            return Map.of("loss", script.next());
                        })
                        .endWithLast()
                        .maxSteps(8))) {
            self[0] = training;
            assertEquals(Trainer.End.DONE, training.trainer.run());
            assertEquals(1.0, training.trainer.curve().best());
            assertWeights(seen.get(1), training.weights());
        }
    }

    /// Validation by a script: the weights of its best are kept.
    @Test
    void trainingStopsEarlyAndKeepsTheBest() throws IOException {
        Iterator<Double> script = List.of(3.0, 2.0, 2.5, 2.25, 2.125).iterator();
        List<Map<String, float[]>> seen = new ArrayList<>();
        List<Boolean> bests = new ArrayList<>();
        Training[] self = new Training[1];
        try (Training training = new Training(
                1,
                builder -> builder.validate(4, () -> {
                            seen.add(self[0].weights());
                            return Map.of("loss", script.next());
                        })
                        .patience(3)
                        .listener(new Trainer.Listener() {
                            @Override
                            public void validated(Curve.Point point, boolean isBest) {
                                bests.add(isBest);
                            }
                        }))) {
            self[0] = training;
            assertEquals(Trainer.End.EARLY, training.trainer.run());
            assertEquals(20, training.trainer.curve().step());
            assertEquals(2.0, training.trainer.curve().best());
            assertEquals(List.of(true, true, false, false, false), bests);
            assertWeights(seen.get(1), training.weights());
        }
    }

    @Test
    void timeAndEpochsEndATraining() throws IOException {
        List<Trainer.Progress> progress = new ArrayList<>();
        Trainer.Listener listener = new Trainer.Listener() {
            @Override
            public void progress(Trainer.Progress now) {
                progress.add(now);
            }
        };
        try (Training training = new Training(1, builder -> builder.maxDuration(Duration.ofNanos(1)))) {
            assertEquals(Trainer.End.TIME, training.trainer.run());
            assertEquals(1, training.trainer.curve().step());
            assertEquals(1, training.trainer.curve().points().size(), "validated at the end");
        }
        try (Training training =
                new Training(1, builder -> builder.maxEpochs(2).tokens(_ -> 8).listener(listener))) {
            assertEquals(Trainer.End.DONE, training.trainer.run());
            assertEquals(40, training.trainer.curve().step());
            assertEquals(2, training.trainer.curve().epoch());
            assertEquals(40, progress.size());
            assertTrue(progress.get(3).tokensPerSecond() > 0);
            assertTrue(progress.get(3).left().compareTo(Duration.ZERO) > 0);
            assertEquals(Duration.ZERO, progress.getLast().left());
            assertFalse(training.trainer.curve().points().isEmpty());
        }
    }

    @Test
    void misusesAreNamed() {
        Training[] self = new Training[1];
        assertThrows(IllegalArgumentException.class, () -> self[0] = new Training(1, b -> b.maxSteps(0)));
        Minibatches<int[]> minibatches = Minibatches.inOrder(1, 1, samples -> samples);
        Trainer.Builder<int[]> builder =
                Trainer.of(new Linear(1, 1, true, null), minibatches, _ -> 0f).plateau(new Plateau(0.5, 1, 0, 0));
        assertEquals(
                "a plateau lowers optimizers that have a schedule, and there is none",
                assertThrows(IllegalStateException.class, builder::build).getMessage());
    }
}
