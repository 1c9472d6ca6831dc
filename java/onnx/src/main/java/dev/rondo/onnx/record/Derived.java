package dev.rondo.onnx.record;

import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Tensors that are made of a model's constants, such as weights in another order: made once, so that all programs of
/// the model share them.
///
/// Threads: one at a time.
public final class Derived {
    /// @param role    what has been made of them
    /// @param sources told apart by identity
    private record Key(String role, List<@Nullable Tensor> sources) {
        @Override
        public boolean equals(Object other) {
            if (!(other instanceof Key key) || !role.equals(key.role) || sources.size() != key.sources.size()) {
                return false;
            }
            for (int i = 0; i < sources.size(); i++) {
                if (sources.get(i) != key.sources.get(i)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public int hashCode() {
            int hash = role.hashCode();
            for (Tensor source : sources) {
                hash = hash * 31 + System.identityHashCode(source);
            }
            return hash;
        }
    }

    private final Map<Key, Tensor> tensors = new HashMap<>();

    /// Nothing yet.
    public Derived() {}

    /// The tensor, made now unless it has been before.
    ///
    /// @param role    tells several tensors made of the same ones apart
    /// @param sources what it is made of
    public Tensor of(String role, List<@Nullable Tensor> sources, Supplier<Tensor> maker) {
        return tensors.computeIfAbsent(new Key(role, new ArrayList<>(sources)), _ -> maker.get());
    }
}
