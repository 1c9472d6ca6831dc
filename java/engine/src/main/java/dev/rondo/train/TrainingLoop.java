package dev.rondo.train;

import dev.rondo.train.Trainer.End;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A training that runs as a [Trainer.Builder] describes it.
///
/// @param <B> a minibatch
final class TrainingLoop<B> {
    private final Trainer.Builder<B> settings;
    private final Curve curve = new Curve();
    private final Map<Optimizer, Double> rates = new LinkedHashMap<>();
    private final BestWeights best;
    private boolean interrupted;

    TrainingLoop(Trainer.Builder<B> builder) {
        this.settings = builder;
        this.best = new BestWeights(builder.module);
        builder.checkpoint.add("curve", curve);
        builder.schedules.keySet().forEach(optimizer -> rates.put(optimizer, optimizer.learningRate()));
    }

    Curve curve() {
        return curve;
    }

    End run() throws IOException {
        resume();
        long begin = System.nanoTime() - curve.nanos;
        long firstStep = curve.step;
        long firstNanos = System.nanoTime();
        long tokens = 0;
        End end = end();
        while (end == null) {
            if (curve.position == 0) {
                settings.learner.beginEpoch(curve.epoch);
            }
            B batch = settings.minibatches.get(curve.epoch, curve.position);
            float loss = step(batch);
            tokens += settings.tokens.applyAsLong(batch);
            curve.nanos = System.nanoTime() - begin;
            double seconds = Math.max(1, System.nanoTime() - firstNanos) / 1e9;
            settings.listener.progress(new Trainer.Progress(
                    curve.step, curve.epoch, loss, tokens / seconds, left(seconds / (curve.step - firstStep))));
            end = end();
            boolean last = end == End.DONE || end == End.TIME;
            if (settings.validator != null && (last || curve.step % settings.validateEvery == 0)) {
                validate(settings.validator);
                end = end == null && curve.bad >= settings.patience ? End.EARLY : end;
            }
            if (end != null || curve.step % settings.checkpointEvery == 0) {
                save();
            }
        }
        if (!settings.endsWithLast) {
            best.load();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return end;
    }

    private float step(B batch) {
        double lowered = settings.plateau == null ? 1 : settings.plateau.factor();
        settings.schedules.forEach((optimizer, schedule) ->
                optimizer.learningRate(rates.get(optimizer) * schedule.factor(curve.step) * lowered));
        float loss;
        try {
            loss = settings.learner.learn(batch);
        } catch (ArithmeticException e) {
            throw notFinite(e.getMessage());
        }
        if (!Float.isFinite(loss)) {
            throw notFinite("the loss is not finite");
        }
        if (settings.average != null) {
            settings.average.add();
        }
        curve.step++;
        curve.position++;
        if (curve.position == settings.minibatches.size(curve.epoch)) {
            curve.position = 0;
            curve.epoch++;
        }
        curve.lossSum += loss;
        curve.lossCount++;
        return loss;
    }

    private ArithmeticException notFinite(String problem) {
        Path file = file("checkpoint");
        boolean saved = file != null && Files.exists(file);
        return new ArithmeticException(
                "step " + (curve.step + 1) + ": " + problem + (saved ? "; the last good checkpoint is " + file : ""));
    }

    private @Nullable End end() {
        interrupted |= Thread.interrupted(); // writing files needs it cleared
        if (curve.step >= settings.maxSteps || curve.epoch >= settings.maxEpochs) {
            return End.DONE;
        }
        if (curve.bad >= settings.patience) {
            return End.EARLY;
        }
        if (interrupted) {
            return End.INTERRUPTED;
        }
        return curve.nanos >= settings.maxNanos ? End.TIME : null;
    }

    private @Nullable Duration left(double secondsPerStep) {
        double seconds = Double.POSITIVE_INFINITY;
        if (settings.maxSteps < Long.MAX_VALUE) {
            seconds = (settings.maxSteps - curve.step) * secondsPerStep;
        }
        if (settings.maxEpochs < Long.MAX_VALUE) {
            long steps = (settings.maxEpochs - curve.epoch) * settings.minibatches.size(curve.epoch) - curve.position;
            seconds = Math.min(seconds, steps * secondsPerStep);
        }
        if (settings.maxNanos < Long.MAX_VALUE) {
            seconds = Math.min(seconds, (settings.maxNanos - curve.nanos) / 1e9);
        }
        return Double.isInfinite(seconds) ? null : Duration.ofNanos((long) (Math.max(0, seconds) * 1e9));
    }

    private void validate(Trainer.Validator validator) {
        swap();
        boolean better;
        try {
            Map<String, Double> metrics = validator.validate();
            better = curve.add(metrics);
            if (better) {
                best.keep();
            }
        } finally {
            swap();
        }
        double metric = curve.points().getLast().metrics().values().iterator().next();
        if (settings.plateau != null) {
            settings.plateau.factor(metric);
        }
        if (settings.average != null) {
            settings.average.check(metric);
        }
        settings.listener.validated(curve.points().getLast(), better);
    }

    private void swap() {
        if (settings.average != null) {
            settings.average.swap();
        }
    }

    private @Nullable Path file(String name) {
        return settings.folder == null ? null : settings.folder.resolve(name + ".safetensors");
    }

    private void save() throws IOException {
        if (settings.folder == null) {
            return;
        }
        Files.createDirectories(settings.folder);
        try {
            write();
        } catch (ClosedByInterruptException e) { // it came while the file was open, and closed it
            interrupted |= Thread.interrupted();
            write();
        }
    }

    /// Writes the best weights first: a checkpoint that says there are some never lacks them, and a run that is
    /// killed between the two takes the same steps again, which give the same best.
    private void write() throws IOException {
        if (best.exist()) {
            best.write(file("best"), curve.step);
        }
        settings.checkpoint.save(file("checkpoint"));
    }

    private void resume() throws IOException {
        Path file = file("checkpoint");
        if (file == null || !Files.exists(file)) {
            return;
        }
        settings.checkpoint.restore(file);
        if (curve.best < Double.POSITIVE_INFINITY) {
            best.read(file("best"));
        }
    }
}
