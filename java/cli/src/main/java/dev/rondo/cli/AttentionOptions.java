package dev.rondo.cli;

import dev.rondo.decode.Translator;
import dev.rondo.examples.translation.Looking;
import dev.rondo.nn.Attention;
import dev.rondo.nn.Decoder;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How a decoder that is trained looks at its source.
final class AttentionOptions {
    /// What decoders read of what they have looked at.
    private enum Feeding {
        NONE(Decoder.Context.ATTENTION),
        INPUT(Decoder.Context.INPUT_FEEDING),
        CONTEXT(Decoder.Context.CONTEXT_FEEDING);

        private final Decoder.Context context;

        Feeding(Decoder.Context context) {
            this.context = context;
        }

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// How they compare.
    private enum Score {
        GENERAL,
        ADDITIVE,
        SCALED;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// What they look at.
    private enum Window {
        ALL,
        PREDICTED,
        MONOTONIC;

        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Option(
            names = "--attention",
            paramLabel = "SCORE",
            description = "How the decoder compares its state with the source: ${COMPLETION-CANDIDATES} (default:"
                    + " general; additive with --coverage).")
    private @Nullable Score score;

    @Option(
            names = "--heads",
            paramLabel = "N",
            defaultValue = "1",
            description = "Heads of scaled attention (default: ${DEFAULT-VALUE}).")
    private int heads;

    @Option(
            names = "--feeding",
            paramLabel = "WHAT",
            defaultValue = "none",
            description = "What a step reads of the attention: ${COMPLETION-CANDIDATES}; input is what the step before"
                    + " has come to, context what it attends to itself (default: ${DEFAULT-VALUE}).")
    private Feeding feeding = Feeding.NONE;

    @Option(
            names = "--window",
            paramLabel = "WHICH",
            defaultValue = "all",
            description = "The part of the source to look at: ${COMPLETION-CANDIDATES}; around a position that is"
                    + " predicted, or as far in as what is written (default: ${DEFAULT-VALUE}).")
    private Window window = Window.ALL;

    @Option(
            names = "--reach",
            paramLabel = "D",
            defaultValue = "10",
            description = "Steps on both sides of a window's middle (default: ${DEFAULT-VALUE}).")
    private int reach;

    @Option(names = "--coverage", description = "Lets attention know what it has looked at; it is additive then.")
    private boolean coverage;

    @Option(
            names = "--coverage-loss",
            paramLabel = "W",
            description = "Weight, in training, of looking at the same again (default: 1 with --coverage, else 0).")
    private @Nullable Double coverageLoss;

    @Option(
            names = "--copy",
            description = "Lets the decoder copy what it looks at, where source and target have the same tokens.")
    private boolean copy;

    /// What the options say.
    ///
    /// @param hidden width of the decoder
    Looking looking(int hidden) {
        double weight = coverageLoss != null ? coverageLoss : coverage ? 1 : 0;
        if (!(weight >= 0 && weight <= 1000)) {
            throw new InputException("--coverage-loss " + weight + ": must be between 0 and 1000");
        }
        if (heads > 0 && hidden % heads != 0) {
            throw new InputException("--heads " + heads + ": must divide --hidden " + hidden);
        }
        Score chosen = score != null ? score : coverage ? Score.ADDITIVE : Score.GENERAL;
        try {
            Translator.Attending attending = new Translator.Attending(
                    Attention.Score.valueOf(chosen.name()),
                    heads,
                    Translator.Window.valueOf(window.name()),
                    reach,
                    coverage,
                    copy);
            return new Looking(feeding.context, attending, weight);
        } catch (IllegalArgumentException e) {
            throw new InputException(
                    "--attention " + chosen + " --heads " + heads + " --window " + window + " --reach " + reach
                            + (coverage ? " --coverage" : "") + ": " + e.getMessage(),
                    e);
        }
    }
}
