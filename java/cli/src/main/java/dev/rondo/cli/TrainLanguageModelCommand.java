package dev.rondo.cli;

import dev.rondo.examples.TrainingRun;
import dev.rondo.examples.language.LanguageModelRecipe;
import dev.rondo.examples.language.Texts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "language-model",
        description = {
            "Trains an LSTM that guesses text byte by byte, and tells how many bits each byte of held-out text takes,"
                    + " beside what gzip, xz and counting 5-grams need.",
            "It reads the JDK's own sources and holds out java.util.concurrent and java.net.http; of texts of your own"
                    + " the last tenth of each."
        },
        footer = {
            "",
            "Examples:",
            "  rondo train language-model --out java",
            "  rondo train language-model --text *.txt --steps 1000 --out mine",
            "  rondo generate java --prompt 'public class '"
        })
final class TrainLanguageModelCommand implements Callable<Integer> {
    private static final int LEAST_ROWS = 2000;

    @ParentCommand
    private TrainCommand train;

    @Mixin
    private TrainOptions options;

    @Option(
            names = "--text",
            paramLabel = "FILE",
            arity = "1..*",
            description = "Texts to learn from (default: the sources of the JDK in use, or where it has none, of"
                    + " Rondo).")
    private @Nullable List<Path> files;

    @Option(names = "--hidden", paramLabel = "H", description = "Width of the LSTM (default: ${DEFAULT-VALUE}).")
    private int hidden = LanguageModelRecipe.Settings.DEFAULT.hidden();

    @Option(
            names = "--width",
            paramLabel = "E",
            description = "Width of what the LSTM reads (default: ${DEFAULT-VALUE}).")
    private int width = LanguageModelRecipe.Settings.DEFAULT.width();

    @Option(
            names = "--rows",
            paramLabel = "R",
            description = "Rows of the table of n-grams (default: ${DEFAULT-VALUE}).")
    private int rows = LanguageModelRecipe.Settings.DEFAULT.rows();

    @Option(
            names = "--orders",
            paramLabel = "K",
            description = "Bytes of the longest n-gram (default: ${DEFAULT-VALUE}).")
    private int orders = LanguageModelRecipe.Settings.DEFAULT.orders();

    @Option(
            names = "--streams",
            paramLabel = "N",
            description = "Parts of the text that are read side by side (default: ${DEFAULT-VALUE}).")
    private int streams = LanguageModelRecipe.Settings.DEFAULT.streams();

    @Option(
            names = "--window",
            paramLabel = "T",
            description = "Bytes that gradients go back (default: ${DEFAULT-VALUE}).")
    private int window = LanguageModelRecipe.Settings.DEFAULT.window();

    @Option(names = "--steps", paramLabel = "K", description = "Steps of training (default: ${DEFAULT-VALUE}).")
    private int steps = LanguageModelRecipe.Settings.DEFAULT.steps();

    @Option(
            names = "--learning-rate",
            paramLabel = "R",
            description = "The highest learning rate (default: ${DEFAULT-VALUE}).")
    private double learningRate = LanguageModelRecipe.Settings.DEFAULT.learningRate();

    @Override
    public Integer call() throws IOException {
        requirePositive("--hidden", hidden);
        requirePositive("--width", width);
        requirePositive("--orders", orders);
        requirePositive("--streams", streams);
        requirePositive("--window", window);
        requirePositive("--steps", steps);
        if (rows < LEAST_ROWS) {
            throw new InputException("--rows " + rows + ": must be at least " + LEAST_ROWS);
        }
        if (!(learningRate > 0 && learningRate < 100)) {
            throw new InputException("--learning-rate " + learningRate + ": must be between 0 and 100");
        }
        Terminal terminal = train.terminal();
        TrainingRun run = options.run(terminal);
        LanguageModelRecipe.Settings settings =
                new LanguageModelRecipe.Settings(hidden, width, rows, orders, streams, window, steps, learningRate);
        Texts texts = files == null ? Texts.ofJava(run.seed()) : Texts.ofFiles(files);
        terminal.loadLibraries();
        LanguageModelRecipe.Result result = new LanguageModelRecipe(run, settings, texts).run();
        terminal.message("Wrote %s: the model, curve.png, sample.txt", run.folder());
        terminal.out().print(line("gzip -9", result.gzip()));
        terminal.out().print(line("xz -9e", result.xz()));
        terminal.out().print(line("5-grams", result.nGram()));
        terminal.out().print(line("held-out", result.network()));
        return 0;
    }

    private static void requirePositive(String option, int value) {
        if (value < 1) {
            throw new InputException(option + " " + value + ": must be positive");
        }
    }

    private static String line(String name, double bits) {
        return String.format(Locale.ROOT, "%s: %.3f bits per byte%n", name, bits);
    }
}
