package dev.rondo.cli;

import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// What all recipes have in common.
final class TrainOptions {
    private static final String ERASE_BAR = "\r\033[K"; // which is drawn anew after the message

    @Spec(Spec.Target.MIXEE)
    private CommandSpec recipe;

    @Option(
            names = "--out",
            paramLabel = "FOLDER",
            description = "Where everything goes; a training that was interrupted goes on from there (default: a folder"
                    + " named as the recipe).")
    private @Nullable Path folder;

    @Option(
            names = "--minutes",
            paramLabel = "M",
            description = "Stop training after this time, all starts with this folder together (default: no limit).")
    private @Nullable Double minutes;

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads to train with (default: as many as there are processors, at most 2).")
    private @Nullable Integer threads;

    @Option(
            names = "--seed",
            paramLabel = "S",
            defaultValue = "42",
            description = "What everything random depends on (default: ${DEFAULT-VALUE}).")
    private long seed;

    /// The training that the options describe.
    TrainingRun run(Terminal terminal) {
        if (minutes != null && !(minutes > 0 && minutes < 1e6)) {
            throw new InputException("--minutes " + minutes + ": must be above 0");
        }
        int count = threads != null ? threads : Math.min(2, Runtime.getRuntime().availableProcessors());
        EngineOptions.checkThreads(count);
        return new TrainingRun(
                folder != null ? folder : Path.of(recipe.name()),
                minutes == null ? null : Duration.ofMillis((long) (minutes * 60_000)),
                count,
                seed,
                reporter(terminal));
    }

    private static Reporter reporter(Terminal terminal) {
        return new Reporter() {
            @Override
            public void tell(String line) {
                terminal.message("%s%s", terminal.errIsTerminal() ? ERASE_BAR : "", line);
            }

            @Override
            public Task task(String name, long total, String unit) {
                Progress progress = Progress.withNotes(terminal, name, total, unit);
                return new Task() {
                    @Override
                    public void reach(long done, String note) {
                        progress.note(note);
                        progress.reach(done);
                    }

                    @Override
                    public void close() {
                        progress.close();
                    }
                };
            }
        };
    }
}
