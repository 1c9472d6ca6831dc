package dev.rondo.cli;

import dev.rondo.examples.TrainingRun;
import dev.rondo.examples.translation.DatesRecipe;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "dates",
        description = {
            "Trains an encoder and a decoder with attention to read dates as people write them in 32 languages, and to"
                    + " write them as ISO 8601 has them.",
            "It tells how many dates that it has not seen come out right, by language too, and draws its attention."
        },
        footer = {
            "",
            "Examples:",
            "  rondo train dates --out dates",
            "  rondo train dates --out copying --coverage --copy",
            "  rondo translate dates 'mardi 3 mars 2026' '[en-GB] 03/04/26'"
        })
final class TrainDatesCommand implements Callable<Integer> {
    @ParentCommand
    private TrainCommand train;

    @Mixin
    private TrainOptions options;

    @Mixin
    private AttentionOptions attention;

    @Option(
            names = "--hidden",
            paramLabel = "H",
            description = "Width of the decoder, and of each direction of the encoder (default: ${DEFAULT-VALUE}).")
    private int hidden = DatesRecipe.Settings.DEFAULT.hidden();

    @Option(names = "--examples", paramLabel = "N", description = "Dates to learn from (default: ${DEFAULT-VALUE}).")
    private int examples = DatesRecipe.Settings.DEFAULT.examples();

    @Option(names = "--steps", paramLabel = "K", description = "Steps of training (default: ${DEFAULT-VALUE}).")
    private int steps = DatesRecipe.Settings.DEFAULT.steps();

    @Option(
            names = "--learning-rate",
            paramLabel = "R",
            description = "The highest learning rate (default: ${DEFAULT-VALUE}).")
    private double learningRate = DatesRecipe.Settings.DEFAULT.learningRate();

    @Option(
            names = "--held-out",
            paramLabel = "M",
            description = "Held-out dates of each language to read at the end (default: ${DEFAULT-VALUE}).")
    private int heldOut = DatesRecipe.Settings.DEFAULT.heldOut();

    @Option(
            names = "--scheduled-sampling",
            paramLabel = "P",
            description =
                    "Probability, at the end of training, with which the decoder reads what it would write itself; it"
                            + " grows from 0 (default: ${DEFAULT-VALUE}).")
    private double sampling = DatesRecipe.Settings.DEFAULT.sampling();

    @Override
    public Integer call() throws IOException {
        requirePositive("--hidden", hidden);
        requirePositive("--examples", examples);
        requirePositive("--steps", steps);
        requirePositive("--held-out", heldOut);
        if (!(learningRate > 0 && learningRate < 100)) {
            throw new InputException("--learning-rate " + learningRate + ": must be between 0 and 100");
        }
        if (!(sampling >= 0 && sampling <= 1)) {
            throw new InputException("--scheduled-sampling " + sampling + ": must be between 0 and 1");
        }
        Terminal terminal = train.terminal();
        TrainingRun run = options.run(terminal);
        terminal.loadLibraries();
        DatesRecipe.Settings settings = new DatesRecipe.Settings(
                hidden, examples, steps, learningRate, heldOut, sampling, attention.looking(hidden));
        DatesRecipe.Result result = new DatesRecipe(run, settings).run();
        terminal.message("Wrote %s: the model, curve.png, attention.png, accuracy.md", run.folder());
        result.byLocale()
                .forEach((locale, share) ->
                        terminal.out().printf(Locale.ROOT, "%s: exact match %.1f %%%n", locale, 100 * share));
        terminal.out().printf(Locale.ROOT, "held-out: exact match %.2f %%%n", 100 * result.exactMatch());
        return 0;
    }

    private static void requirePositive(String option, int value) {
        if (value < 1) {
            throw new InputException(option + " " + value + ": must be positive");
        }
    }
}
