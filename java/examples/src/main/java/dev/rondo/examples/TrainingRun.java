package dev.rondo.examples;

import dev.rondo.format.AtomicFiles;
import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import dev.rondo.train.Curve;
import dev.rondo.train.Trainer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// A training in a folder, which goes on where it was when it is started again, even after it was killed.
///
/// The folder gets
///
/// | file | content |
/// |---|---|
/// | `settings.json` | what the training depends on |
/// | `checkpoint/` | what it goes on from |
/// | `curve.png` | the learning curve, drawn anew with each validation |
///
/// {@snippet :
/// TrainingRun run = new TrainingRun(folder, null, 2, 42, Reporter.silent());
/// run.claim(Map.of("hidden", "256", "steps", "1000"));
/// Trainer.End end = run.train(Trainer.of(network, minibatches, learner).remember("step", step), 1000, 50, "bytes");
/// }
///
/// Threads: one.
///
/// @param folder   what the training leaves is put there
/// @param limit    the longest it may take, all its parts together; null for as long as it needs
/// @param threads  to use
/// @param seed     of everything that is drawn
/// @param reporter is told how it goes
public record TrainingRun(Path folder, @Nullable Duration limit, int threads, long seed, Reporter reporter) {
    /// Makes the folder, and makes sure that it belongs to this training alone.
    ///
    /// @param settings everything the trained weights depend on but the seed, which is added
    /// @throws MalformedFileException if the folder has a training with other settings
    /// @throws IOException            if the folder cannot be made or written to
    public void claim(Map<String, String> settings) throws IOException {
        Map<String, Json> all = new LinkedHashMap<>();
        settings.forEach((name, value) -> all.put(name, new Json.StringValue(value)));
        all.put("seed", new Json.StringValue(Long.toString(seed)));
        Path file = folder.resolve("settings.json");
        if (!Files.exists(file)) {
            Files.createDirectories(folder);
            write(file, new Json.ObjectValue(all));
            return;
        }
        Map<String, JsonField> known = JsonField.read(file).members();
        all.forEach((name, value) -> {
            String other = known.containsKey(name) ? known.get(name).asString() : "unknown";
            String own = ((Json.StringValue) value).value();
            if (!other.equals(own)) {
                throw new MalformedFileException(
                        file.toString(),
                        "is of a training with " + name + " " + other + ", not " + own + "; choose another folder");
            }
        });
    }

    /// Writes a JSON file, which appears as a whole or not at all.
    static void write(Path file, Json content) throws IOException {
        try (AtomicFiles files = new AtomicFiles()) {
            files.createStream(file).write(content.pretty().getBytes(StandardCharsets.UTF_8));
            files.commit();
        }
    }

    /// Trains.
    ///
    /// @param trainer         knows everything but folder, ends and listener
    /// @param steps           to take in all
    /// @param checkpointEvery steps from one checkpoint to the next
    /// @param tokens          what the trainer counts, such as `bytes`
    /// @return why it ended
    /// @throws IOException if a file cannot be written or read
    public <B> Trainer.End train(Trainer.Builder<B> trainer, long steps, long checkpointEvery, String tokens)
            throws IOException {
        Files.createDirectories(folder);
        trainer.maxSteps(steps).checkpoint(folder.resolve("checkpoint"), checkpointEvery);
        if (limit != null) {
            trainer.maxDuration(limit);
        }
        try (Watch watch = new Watch(steps, tokens)) {
            Trainer<B> training = trainer.listener(watch).build();
            watch.curve = training.curve();
            return training.run();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /// Tells the reporter, and draws the curve.
    private final class Watch implements Trainer.Listener, AutoCloseable {
        private final long steps;
        private final String tokens;
        private final Reporter.Task task;
        private @Nullable Curve curve;
        private String pace = "";

        Watch(long steps, String tokens) {
            this.steps = steps;
            this.tokens = tokens;
            this.task = reporter.task("Training", steps, "steps");
        }

        @Override
        public void progress(Trainer.Progress progress) {
            pace = String.format(Locale.ROOT, "%,.0f %s/s", progress.tokensPerSecond(), tokens);
            Duration left = progress.left();
            if (left != null) {
                pace += String.format(Locale.ROOT, ", %d:%02d left", left.toMinutes(), left.toSecondsPart());
            }
            task.reach(progress.step(), pace);
        }

        @Override
        public void validated(Curve.Point point, boolean isBest) {
            String metrics = point.metrics().entrySet().stream()
                    .map(metric -> String.format(Locale.ROOT, "%s %.4g", metric.getKey(), metric.getValue()))
                    .collect(Collectors.joining(", "));
            reporter.tell(String.format(
                    Locale.ROOT,
                    "step %,d of %,d: %s, training loss %.4g; %s",
                    point.step(),
                    steps,
                    metrics,
                    point.loss(),
                    pace));
            try {
                CurvePicture.write(folder.resolve("curve.png"), curve.points());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        @Override
        public void close() {
            task.close();
        }
    }
}
