package dev.rondo.cli;

import dev.rondo.examples.TrainingRun;
import dev.rondo.examples.listops.Labels;
import dev.rondo.examples.listops.ListOpsRecipe;
import dev.rondo.examples.listops.ListOpsRecipe.Reading;
import dev.rondo.examples.listops.ListOpsRecipe.Settings;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "listops",
        description = {
            "Trains networks to say what nested expressions such as [MAX 2 9 [MIN 4 7 ] 0 ] come to, and tells"
                    + " how often each is right about expressions that none has seen.",
            "tree is given the expressions' trees, sequence is a plain LSTM without any. spinn is given trees where it"
                    + " learns, and builds its own where it is tested; latent finds trees by itself. These two take their"
                    + " time, and learn from what whole expressions come to alone.",
            "Expressions are drawn at random, as Nangia and Bowman (2018) draw them."
        },
        footer = {
            "",
            "Examples:",
            "  rondo train listops --out listops",
            "  rondo train listops --networks tree --depth 5 --steps 2000",
            "  rondo train listops --networks tree,sequence,latent,spinn --labels root --length 40 --hidden 64"
        })
final class TrainListOpsCommand implements Callable<Integer> {
    @ParentCommand
    private TrainCommand train;

    @Mixin
    private TrainOptions options;

    @Option(
            names = "--networks",
            paramLabel = "NAME",
            split = ",",
            converter = ReadingWords.class,
            completionCandidates = ReadingWords.class,
            description = "Which networks to train: ${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).",
            defaultValue = "tree,sequence")
    private List<Reading> networks = List.of();

    @Option(
            names = "--expressions",
            paramLabel = "N",
            description = "Expressions to learn from (default: ${DEFAULT-VALUE}).")
    private int expressions = Settings.DEFAULT.expressions();

    @Option(
            names = "--held-out",
            paramLabel = "N",
            description = "Expressions to be tested on (default: ${DEFAULT-VALUE}).")
    private int heldOut = Settings.DEFAULT.heldOut();

    @Option(
            names = "--depth",
            paramLabel = "D",
            description = "The most operators within each other (default: ${DEFAULT-VALUE}).")
    private int depth = Settings.DEFAULT.depth();

    @Option(
            names = "--length",
            paramLabel = "N",
            description = "The most tokens of an expression (default: ${DEFAULT-VALUE}).")
    private int length = Settings.DEFAULT.length();

    @Option(
            names = "--labels",
            paramLabel = "WHICH",
            converter = LabelWords.class,
            completionCandidates = LabelWords.class,
            description =
                    "What the networks are told of the expressions that they learn from: what each comes to (root),"
                            + " or also what each list within it comes to, and does so far behind each argument (every-node;"
                            + " default: ${DEFAULT-VALUE}).")
    private Labels labels = Settings.DEFAULT.labels();

    @Option(names = "--hidden", paramLabel = "H", description = "Width of the states (default: ${DEFAULT-VALUE}).")
    private int hidden = Settings.DEFAULT.hidden();

    @Option(
            names = "--steps",
            paramLabel = "K",
            description = "Minibatches that each network learns from; the learning rate falls to 0 over them (default:"
                    + " ${DEFAULT-VALUE}).")
    private int steps = Settings.DEFAULT.steps();

    @Override
    public Integer call() throws IOException {
        Settings plain = Settings.DEFAULT;
        requireAtLeast("--expressions", expressions, plain.batch());
        requireAtLeast("--held-out", heldOut, 1);
        requireAtLeast("--depth", depth, 1);
        requireAtLeast("--length", length, 4); // an operator of two digits, and its end
        requireAtLeast("--hidden", hidden, 1);
        requireAtLeast("--steps", steps, 1);
        Settings settings = new Settings(
                expressions,
                heldOut,
                depth,
                plain.arguments(),
                length,
                labels,
                plain.width(),
                hidden,
                plain.batch(),
                steps,
                plain.learningRate());
        Terminal terminal = train.terminal();
        TrainingRun run = options.run(terminal);
        terminal.loadLibraries();
        train(new ListOpsRecipe(settings), run);
        terminal.out().print(Files.readString(run.folder().resolve("accuracy.md")));
        terminal.message("Wrote %s: accuracy.md, pictures of trees, learning curves", run.folder());
        return 0;
    }

    private void train(ListOpsRecipe recipe, TrainingRun run) throws IOException {
        try {
            recipe.run(run, networks);
        } catch (IllegalArgumentException e) { // there are not so many expressions
            throw new InputException(e.getMessage(), e);
        }
    }

    static void requireAtLeast(String option, int value, int least) {
        if (value < least) {
            throw new InputException(option + " " + value + ": must be at least " + least);
        }
    }

    /// The networks.
    private static final class ReadingWords extends Words<Reading> {
        ReadingWords() {
            super(Reading.values());
        }
    }

    /// What they are told.
    private static final class LabelWords extends Words<Labels> {
        LabelWords() {
            super(Labels.values());
        }
    }
}
