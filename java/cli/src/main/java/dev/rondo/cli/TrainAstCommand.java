package dev.rondo.cli;

import dev.rondo.examples.Corpus;
import dev.rondo.examples.TrainingRun;
import dev.rondo.examples.ast.AstRecipe;
import dev.rondo.examples.ast.AstRecipe.Settings;
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
        name = "ast",
        description = {
            "Trains networks to guess a Java method's name from its body: a Tree-LSTM over the syntax tree, and a plain"
                    + " LSTM over the same symbols in the order of the source.",
            "They learn from the module java.base of the JDK in use, and are compared on java.util.concurrent and the"
                    + " module java.net.http, which neither has seen."
        },
        footer = {
            "",
            "Examples:",
            "  rondo train ast --out ast",
            "  rondo train ast --text src/*.java --names 20 --steps 500 --out own"
        })
final class TrainAstCommand implements Callable<Integer> {
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
        recipe(settings).run(run);
        terminal.out().print(Files.readString(run.folder().resolve("accuracy.md")));
        return 0;
    }

    private AstRecipe recipe(Settings settings) throws IOException {
        return files == null ? AstRecipe.ofJava(settings) : AstRecipe.of(Corpus.ofFiles(files), settings);
    }
}
