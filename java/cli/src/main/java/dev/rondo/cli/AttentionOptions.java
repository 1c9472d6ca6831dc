package dev.rondo.cli;

import dev.rondo.decode.Translator;
import dev.rondo.examples.translation.Looking;
import dev.rondo.nn.Attention;
import dev.rondo.nn.Decoder;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// How a decoder that is trained looks at its source.
final class AttentionOptions {
    @Option(
            names = "--attention",
            paramLabel = "SCORE",
            converter = ScoreWords.class,
            completionCandidates = ScoreWords.class,
            description = "How the decoder compares its state with the source: ${COMPLETION-CANDIDATES} (default:"
                    + " general; additive with --coverage).")
    private Attention.@Nullable Score score;

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
            converter = FeedingWords.class,
            completionCandidates = FeedingWords.class,
            description = "What a step reads of the attention: ${COMPLETION-CANDIDATES}; input is what the step before"
                    + " has come to, context what it attends to itself (default: ${DEFAULT-VALUE}).")
    private Decoder.Context context = Decoder.Context.ATTENTION;

    @Option(
            names = "--window",
            paramLabel = "WHICH",
            defaultValue = "all",
            converter = WindowWords.class,
            completionCandidates = WindowWords.class,
            description = "The part of the source to look at: ${COMPLETION-CANDIDATES}; around a position that is"
                    + " predicted, or as far in as what is written (default: ${DEFAULT-VALUE}).")
    private Translator.Window window = Translator.Window.ALL;

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
            description = "Weight, in the last quarter of training, of looking at the same again (default: 1 with"
                    + " --coverage, else 0).")
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
        Attention.Score chosen = score != null ? score : coverage ? Attention.Score.ADDITIVE : Attention.Score.GENERAL;
        try {
            return new Looking(context, new Translator.Attending(chosen, heads, window, reach, coverage, copy), weight);
        } catch (IllegalArgumentException e) {
            throw new InputException(e.getMessage(), e);
        }
    }

    /// How decoders compare. [Attention.Score#DOT] needs states that are as wide as both of the encoder's directions.
    private static final class ScoreWords extends Words<Attention.Score> {
        ScoreWords() {
            super(Attention.Score.GENERAL, Attention.Score.ADDITIVE, Attention.Score.SCALED);
        }
    }

    /// What decoders read of what they have looked at.
    private static final class FeedingWords extends Words<Decoder.Context> {
        private static final Map<String, Decoder.Context> MEANINGS = new LinkedHashMap<>();

        static {
            MEANINGS.put("none", Decoder.Context.ATTENTION);
            MEANINGS.put("input", Decoder.Context.INPUT_FEEDING);
            MEANINGS.put("context", Decoder.Context.CONTEXT_FEEDING);
        }

        FeedingWords() {
            super(MEANINGS);
        }
    }

    /// What they look at.
    private static final class WindowWords extends Words<Translator.Window> {
        WindowWords() {
            super(Translator.Window.values());
        }
    }
}
