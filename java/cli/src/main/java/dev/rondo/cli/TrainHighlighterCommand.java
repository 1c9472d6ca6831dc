package dev.rondo.cli;

import dev.rondo.examples.Corpus;
import dev.rondo.examples.TrainingRun;
import dev.rondo.examples.highlighter.HighlighterRecipe;
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
        name = "highlighter",
        description = {
            "Trains the network of 'rondo demo': a bidirectional LSTM that reads Java source byte by byte and tells what"
                    + " kind of token each byte belongs to.",
            "It learns from the module java.base of the JDK in use; java.util.concurrent and the module java.net.http are"
                    + " held out."
        },
        footer = {
            "",
            "Examples:",
            "  rondo train highlighter --out highlighter",
            "  rondo train highlighter --text src/*.java --steps 500 --out own"
        })
final class TrainHighlighterCommand implements Callable<Integer> {
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
            defaultValue = "2500",
            description = "Minibatches to learn from; the learning rate falls to 0 over them (default:"
                    + " ${DEFAULT-VALUE}).")
    private int steps;

    @Override
    public Integer call() throws IOException {
        if (steps < 1) {
            throw new InputException("--steps " + steps + ": must be above 0");
        }
        Terminal terminal = train.terminal();
        TrainingRun run = options.run(terminal);
        terminal.loadLibraries();
        double accuracy = recipe().run(run);
        terminal.out().printf(Locale.ROOT, "held-out: accuracy %.2f %%%n", 100 * accuracy);
        return 0;
    }

    private HighlighterRecipe recipe() throws IOException {
        if (files == null) {
            return HighlighterRecipe.ofJava(steps);
        }
        Corpus corpus = Corpus.ofFiles(files);
        try {
            return HighlighterRecipe.of(corpus, steps);
        } catch (IllegalArgumentException e) {
            throw new InputException(e.getMessage(), e);
        }
    }
}
