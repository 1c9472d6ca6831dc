package dev.rondo.cli;

import dev.rondo.examples.Corpus;
import dev.rondo.examples.TrainingRun;
import dev.rondo.examples.highlighter.ComparisonRecipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "compare",
        description = {
            "Trains recurrent networks of many architectures on one task, and compares them: shallow, stacked and deep"
                    + " ones, and such that look ahead or read in both directions.",
            "All learn from the same Java sources to tell of each byte what kind of token it belongs to, in as many"
                    + " steps, with about as many parameters."
        },
        footer = {
            "",
            "Examples:",
            "  rondo train compare --out compare",
            "  rondo train compare --text src/*.java --steps 200 --out own"
        })
final class TrainCompareCommand implements Callable<Integer> {
    @ParentCommand
    private TrainCommand train;

    @Mixin
    private TrainOptions options;

    @Option(
            names = "--text",
            paramLabel = "FILE",
            arity = "1..*",
            description = "Java files to learn from; one in ten is held out (default: the sources of the JDK in use, or"
                    + " where it has none, of Rondo).")
    private @Nullable List<Path> files;

    @Option(
            names = "--steps",
            paramLabel = "N",
            defaultValue = "400",
            description = "Minibatches that each network learns from (default: ${DEFAULT-VALUE}).")
    private int steps;

    @Override
    public Integer call() throws IOException {
        if (steps < 1) {
            throw new InputException("--steps " + steps + ": must be above 0");
        }
        Terminal terminal = train.terminal();
        TrainingRun run = options.run(terminal);
        terminal.loadLibraries();
        if (!recipe().run(run).isEmpty()) {
            terminal.out().print(Files.readString(run.folder().resolve("comparison.md")));
        }
        return 0;
    }

    private ComparisonRecipe recipe() throws IOException {
        if (files == null) {
            return ComparisonRecipe.ofJava(steps);
        }
        Corpus corpus = Corpus.ofFiles(files);
        try {
            return ComparisonRecipe.of(corpus, steps);
        } catch (IllegalArgumentException e) {
            throw new InputException(e.getMessage(), e);
        }
    }
}
