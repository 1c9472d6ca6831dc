package dev.rondo.nn;

import dev.rondo.program.Value;
import org.jspecify.annotations.Nullable;

/// Makes an encoder's final states a decoder's initial ones.
///
/// | kind | the decoder's state of layer k |
/// |---|---|
/// | COPY | the encoder's; one direction, equal widths |
/// | CONCAT | those of both directions side by side: the decoder is twice as wide |
/// | LEARNED | a linear layer of those side by side, through tanh |
///
/// - states: (L*D, N, H) to (L, N, H')
/// - parts: `hidden` and, for cell states, `cell`: linear layers of LEARNED
///
/// Source: Sutskever et al. 2014, arXiv 1409.3215 (copy); Bahdanau et al. 2015, arXiv 1409.0473 (learned).
public final class Bridge extends Module {
    /// What becomes of the states.
    public enum Kind {
        COPY,
        CONCAT,
        LEARNED
    }

    private final int directions;
    private final int layers;
    private final @Nullable Linear hidden;
    private final @Nullable Linear cell;

    /// @throws IllegalArgumentException if the two stacks do not go together in this way
    public Bridge(Kind kind, Encoder encoder, Decoder decoder) {
        Recurrence from = encoder.recurrence();
        Recurrence to = decoder.recurrence();
        directions = from.directions().size();
        layers = from.hiddenSizes().size();
        int width = directions * from.hiddenSizes().getFirst();
        int wanted = to.hiddenSizes().getFirst();
        boolean fits = layers == to.hiddenSizes().size()
                && encoder.hasCellState() == decoder.hasCellState()
                && (kind == Kind.LEARNED || width == wanted)
                && (kind != Kind.COPY || directions == 1);
        if (!fits) {
            throw new IllegalArgumentException("states of " + from.hiddenSizes() + " in " + directions
                    + " directions cannot become, by " + kind + ", those of " + to.hiddenSizes()
                    + (encoder.hasCellState() == decoder.hasCellState() ? "" : " of another cell"));
        }
        boolean learned = kind == Kind.LEARNED;
        hidden = learned ? register("hidden", new Linear(width, wanted)) : null;
        cell = learned && encoder.hasCellState() ? register("cell", new Linear(width, wanted)) : null;
    }

    /// The initial hidden states for final ones.
    @Override
    public Value forward(Value hN) {
        return bridged(hN, hidden);
    }

    /// The initial cell states for final ones.
    public Value cells(Value cN) {
        return bridged(cN, cell);
    }

    private Value bridged(Value states, @Nullable Linear linear) {
        long batch = states.shape().size(1);
        long width = states.shape().size(2);
        Value joined = directions == 1
                ? states
                : Functional.contiguous(
                                states.reshape(layers, directions, batch, width).permute(0, 2, 1, 3))
                        .reshape(layers, batch, directions * width);
        return linear == null ? joined : Functional.tanh(linear.forward(joined));
    }
}
