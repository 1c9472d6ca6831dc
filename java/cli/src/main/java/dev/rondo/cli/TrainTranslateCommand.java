package dev.rondo.cli;

import dev.rondo.examples.TrainingRun;
import dev.rondo.examples.translation.ParallelTextRecipe;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "translate",
        description = {
            "Trains an encoder and a decoder with attention on two files whose lines are translations of each other.",
            "It tells BLEU and chrF, as sacreBLEU defines them, of the last lines, which it holds out."
        },
        footer = {
            "",
            "Examples:",
            "  rondo train translate --source news.de --target news.en --out de-en",
            "  rondo train translate --source long --target short --attention scaled --heads 4 --copy",
            "  rondo translate de-en 'Guten Morgen!'"
        })
final class TrainTranslateCommand implements Callable<Integer> {
    @ParentCommand
    private TrainCommand train;

    @Mixin
    private TrainOptions options;

    @Mixin
    private AttentionOptions attention;

    @Option(names = "--source", paramLabel = "FILE", required = true, description = "Lines to read, in UTF-8.")
    private Path source;

    @Option(names = "--target", paramLabel = "FILE", required = true, description = "As many lines to write.")
    private Path target;

    @Option(
            names = "--hidden",
            paramLabel = "H",
            description = "Width of the decoder, and of each direction of the encoder (default: ${DEFAULT-VALUE}).")
    private int hidden = ParallelTextRecipe.Settings.DEFAULT.hidden();

    @Option(
            names = "--embedding",
            paramLabel = "E",
            description = "Width of the embedded pieces of words (default: ${DEFAULT-VALUE}).")
    private int embedding = ParallelTextRecipe.Settings.DEFAULT.embedding();

    @Option(
            names = "--vocabulary",
            paramLabel = "V",
            description = "Pieces of words that are learned of each side (default: ${DEFAULT-VALUE}).")
    private int vocabulary = ParallelTextRecipe.Settings.DEFAULT.vocabulary();

    @Option(names = "--steps", paramLabel = "K", description = "Steps of training (default: ${DEFAULT-VALUE}).")
    private int steps = ParallelTextRecipe.Settings.DEFAULT.steps();

    @Option(
            names = "--learning-rate",
            paramLabel = "R",
            description = "The highest learning rate (default: ${DEFAULT-VALUE}).")
    private double learningRate = ParallelTextRecipe.Settings.DEFAULT.learningRate();

    @Option(
            names = "--dropout",
            paramLabel = "P",
            description = "Probability with which training drops an element (default: ${DEFAULT-VALUE}).")
    private double dropout = ParallelTextRecipe.Settings.DEFAULT.dropout();

    @Option(
            names = "--scheduled-sampling",
            paramLabel = "P",
            description =
                    "Probability, at the end of training, with which the decoder reads what it would write itself; it"
                            + " grows from 0 (default: ${DEFAULT-VALUE}).")
    private double sampling = ParallelTextRecipe.Settings.DEFAULT.sampling();

    @Override
    public Integer call() throws IOException {
        requirePositive("--hidden", hidden);
        requirePositive("--embedding", embedding);
        requirePositive("--vocabulary", vocabulary);
        requirePositive("--steps", steps);
        if (!(learningRate > 0 && learningRate < 100)) {
            throw new InputException("--learning-rate " + learningRate + ": must be between 0 and 100");
        }
        if (!(dropout >= 0 && dropout < 1)) {
            throw new InputException("--dropout " + dropout + ": must be at least 0 and less than 1");
        }
        if (!(sampling >= 0 && sampling <= 1)) {
            throw new InputException("--scheduled-sampling " + sampling + ": must be between 0 and 1");
        }
        Terminal terminal = train.terminal();
        TrainingRun run = options.run(terminal);
        ParallelTextRecipe recipe = ParallelTextRecipe.of(
                run,
                new ParallelTextRecipe.Settings(
                        hidden,
                        embedding,
                        vocabulary,
                        steps,
                        learningRate,
                        dropout,
                        sampling,
                        attention.looking(hidden)),
                source,
                target);
        terminal.loadLibraries();
        ParallelTextRecipe.Result result = recipe.run();
        terminal.message("Wrote %s: the model, curve.png", run.folder());
        terminal.out().printf(Locale.ROOT, "held-out: BLEU %.2f, chrF %.2f%n", result.bleu(), result.chrF());
        return 0;
    }

    private static void requirePositive(String option, int value) {
        if (value < 1) {
            throw new InputException(option + " " + value + ": must be positive");
        }
    }
}
