package dev.rondo.examples.translation;

import dev.rondo.decode.Translator;
import dev.rondo.nn.Attention;
import dev.rondo.nn.Decoder;
import java.util.Map;

/// How a recipe's decoder looks at its source.
///
/// @param context      that attends
/// @param attending    how
/// @param coverageLoss weight, in the last quarter of training, of looking at the same again; from 0 on
public record Looking(Decoder.Context context, Translator.Attending attending, double coverageLoss) {
    /// General attention to all of the source, after each step.
    public static final Looking DEFAULT =
            new Looking(Decoder.Context.ATTENTION, Translator.Attending.of(Attention.Score.GENERAL), 0);

    /// @throws IllegalArgumentException if the context does not attend, or the weight is negative
    public Looking {
        if (!context.attends()) {
            throw new IllegalArgumentException(context + " has no attention");
        }
        if (!(coverageLoss >= 0)) {
            throw new IllegalArgumentException("coverage loss " + coverageLoss + " is not 0 or more");
        }
    }

    /// Adds what differs from the default to a training's settings.
    void addTo(Map<String, String> values) {
        if (!equals(DEFAULT)) {
            values.put("decoder", context.toString());
            values.put("attention", attending.toString());
            values.put("coverage loss", Double.toString(coverageLoss));
        }
    }
}
