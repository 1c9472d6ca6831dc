package dev.rondo.cli;

import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
        name = "train",
        description = {
            "Trains a network by a recipe, on data that every machine with a JDK has.",
            "Checkpoints, the learning curve and the model go to a folder. The same command again goes on where an"
                    + " interrupted training was, and ends with the same weights."
        },
        synopsisSubcommandLabel = "RECIPE",
        subcommands = {
            TrainLanguageModelCommand.class,
            TrainHighlighterCommand.class,
            TrainCompareCommand.class,
            TrainListOpsCommand.class,
            TrainAstCommand.class,
            TrainDatesCommand.class,
            TrainTranslateCommand.class
        },
        footer = {"", "Example:", "  rondo train language-model --out java"})
final class TrainCommand implements Runnable {
    @ParentCommand
    private Main main;

    @Spec
    private CommandSpec spec;

    Terminal terminal() {
        return main.terminal();
    }

    /// Without a recipe there is only help to give.
    @Override
    public void run() {
        spec.commandLine().usage(main.terminal().out());
    }
}
