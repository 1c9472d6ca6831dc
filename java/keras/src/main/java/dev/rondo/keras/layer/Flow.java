package dev.rondo.keras.layer;

import dev.rondo.program.Value;
import org.jspecify.annotations.Nullable;

/// What passes from layer to layer: a tensor, and which of its steps count.
///
/// @param value the tensor
/// @param mask  1 where a step counts and 0 where it does not, F32 (N, T) for a value (N, T, …); null where all count
public record Flow(Value value, @Nullable Value mask) {
    /// A tensor whose steps all count.
    public static Flow of(Value value) {
        return new Flow(value, null);
    }
}
