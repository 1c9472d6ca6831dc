package dev.rondo.cli;

import dev.rondo.decode.Generator;
import dev.rondo.decode.Hypothesis;
import dev.rondo.decode.Search;
import dev.rondo.decode.Translator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "translate",
        description =
                "Translates texts with a model that 'train dates' or 'train translate' has made: one line for each.",
        footer = {"", "Example:", "  rondo translate dates 'mardi 3 mars 2026' '3 Mar 26'"})
final class TranslateCommand implements Callable<Integer> {
    @ParentCommand
    private Main main;

    @Parameters(index = "0", paramLabel = "MODEL", description = "The model's folder.")
    private Path model;

    @Parameters(index = "1..*", arity = "1..*", paramLabel = "TEXT", description = "What to translate.")
    private List<String> texts;

    @Option(
            names = "--beam",
            paramLabel = "K",
            defaultValue = "5",
            description = "Hypotheses to follow at once; 1 is greedy (default: ${DEFAULT-VALUE}).")
    private int beam;

    @Option(
            names = "--best",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "How many to write of each text; more than one with their scores (default:" + " ${DEFAULT-VALUE}).")
    private int best;

    @Option(
            names = "--length-penalty",
            paramLabel = "A",
            defaultValue = "0.6",
            description = "The larger, the longer (default: ${DEFAULT-VALUE}).")
    private double lengthPenalty;

    @Override
    public Integer call() throws IOException {
        if (beam < 1 || beam > 1000) {
            throw new InputException("--beam " + beam + ": must be between 1 and 1000");
        }
        if (best < 1 || best > beam) {
            throw new InputException("--best " + best + ": must be between 1 and --beam " + beam);
        }
        if (!(lengthPenalty >= 0 && lengthPenalty <= 100)) {
            throw new InputException("--length-penalty " + lengthPenalty + ": must be between 0 and 100");
        }
        Translator translator = Translator.read(model);
        main.terminal().loadLibraries();
        Search search = Search.beam(beam).lengthPenalty(lengthPenalty);
        try (Generator generator = translator.generator(1)) {
            for (List<Hypothesis> found : translator.search(generator, texts, search)) {
                write(translator, found);
            }
        }
        return 0;
    }

    private void write(Translator translator, List<Hypothesis> found) {
        if (best == 1) {
            main.terminal()
                    .out()
                    .println(
                            found.isEmpty()
                                    ? ""
                                    : translator
                                            .target()
                                            .decode(found.getFirst().ids()));
            return;
        }
        found.stream()
                .limit(best)
                .forEach(one -> main.terminal()
                        .out()
                        .printf(
                                Locale.ROOT,
                                "%.4f\t%s%n",
                                one.score(),
                                translator.target().decode(one.ids())));
    }
}
