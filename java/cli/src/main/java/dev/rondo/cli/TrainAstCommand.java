package dev.rondo.cli;

import dev.rondo.examples.TrainingRun;
import dev.rondo.examples.ast.AstRecipe;
import dev.rondo.examples.ast.AstRecipe.Settings;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "ast",
        description = {
            "Trains networks to guess a Java method's name from its body: a Tree-LSTM over the syntax tree, and a plain"
                    + " LSTM over the same symbols in the order of the source.",
            "They learn from the module java.base of the JDK in use, and are compared on java.util.concurrent and the"
                    + " module java.net.http, which neither has seen."
        },
        footer = {"", "Example:", "  rondo train ast --out ast"})
final class TrainAstCommand implements Callable<Integer> {
    @ParentCommand
    private TrainCommand train;

    @Mixin
    private TrainOptions options;

    @Option(
            names = "--names",
            paramLabel = "N",
            description = "How many names there are to choose from, the most frequent (default: ${DEFAULT-VALUE}).")
    private int names = Settings.DEFAULT.names();

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
        TrainListOpsCommand.requireAtLeast("--names", names, 2);
        TrainListOpsCommand.requireAtLeast("--hidden", hidden, 1);
        TrainListOpsCommand.requireAtLeast("--steps", steps, 1);
        Settings plain = Settings.DEFAULT;
        Settings settings = new Settings(
                names,
                plain.symbols(),
                plain.longest(),
                plain.width(),
                hidden,
                plain.batch(),
                steps,
                plain.learningRate());
        Terminal terminal = train.terminal();
        TrainingRun run = options.run(terminal);
        terminal.loadLibraries();
        for (AstRecipe.Result result : AstRecipe.ofJava(settings).run(run)) {
            terminal.out()
                    .printf(
                            Locale.ROOT,
                            "%s: %.1f %% right, %.1f %% among the first five%n",
                            result.name(),
                            100 * result.first(),
                            100 * result.firstFive());
        }
        return 0;
    }
}
