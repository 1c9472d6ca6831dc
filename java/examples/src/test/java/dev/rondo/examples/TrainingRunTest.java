package dev.rondo.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.MalformedFileException;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Losses;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.train.Minibatches;
import dev.rondo.train.Optimizer;
import dev.rondo.train.Trainer;
import dev.rondo.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingRunTest {
    @TempDir
    private Path folder;

    private final List<String> told = new ArrayList<>();

    private TrainingRun run() {
        return new TrainingRun(folder.resolve("out"), null, 1, 42, new Reporter() {
            @Override
            public void tell(String line) {
                told.add(line);
            }

            @Override
            public Task task(String name, long total, String unit) {
                return (_, _) -> {};
            }
        });
    }

    /// Trains a line through points for some of 20 steps and gives its weights.
    private float[] train(long failAfter) throws IOException {
        Linear line = new Linear(2, 1);
        line.initialize(1);
        Optimizer adam = Optimizer.adam(0.1);
        try (TrainingStep step = TrainingStep.of(line, adam)
                .input("x", Shape.of(3, 2), DataType.F32)
                .input("y", Shape.of(3, 1), DataType.F32)
                .record(in -> Losses.mse(line.forward(in.get("x")), in.get("y")))) {
            Trainer.Learner<float[]> learner = batch -> {
                if (adam.steps() == failAfter) {
                    throw new IllegalStateException("power cut");
                }
                step.input("x").copyFrom(new float[] {batch[0], 1, batch[1], 0, batch[2], 3});
                step.input("y").copyFrom(batch);
                return step.run();
            };
            run().train(
                            Trainer.of(
                                            line,
                                            Minibatches.shuffled(
                                                    9, 3, 5, chosen -> new float[] {chosen[0], chosen[1], chosen[2]}),
                                            learner)
                                    .remember("step", step)
                                    .validate(4, () -> Map.of("worth", 1.0 / (1 + adam.steps()))),
                            20,
                            5,
                            "points");
        }
        return line.parameters().get("weight").tensor().toFloatArray();
    }

    @Test
    void goesOnToTheSameWeightsAndDrawsTheCurve() throws IOException {
        assertThrows(IllegalStateException.class, () -> train(13));
        float[] resumed = train(-1);
        told.clear();
        TrainingRun other = run();
        Files.move(other.folder(), folder.resolve("first"));
        float[] whole = train(-1);

        assertArrayEquals(whole, resumed);
        assertEquals(5, told.size(), told::toString);
        assertTrue(told.getLast().startsWith("step 20 of 20: worth 0.04762, training loss "), told::getLast);
        assertTrue(told.getLast().contains(" points/s, 0:00 left"), told::getLast);
        assertEquals(
                900, ImageIO.read(folder.resolve("first/curve.png").toFile()).getWidth());
    }

    @Test
    void keepsTrainingsApart() throws IOException {
        run().claim(Map.of("hidden", "8"));
        run().claim(Map.of("hidden", "8"));

        MalformedFileException e = assertThrows(MalformedFileException.class, () -> run().claim(Map.of("hidden", "9")));

        assertTrue(e.getMessage().contains("a training with hidden 8, not 9"), e.getMessage());
        assertTrue(e.getMessage().contains("settings.json"), e.getMessage());
    }
}
