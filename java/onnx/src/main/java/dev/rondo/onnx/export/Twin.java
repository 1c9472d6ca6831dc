package dev.rondo.onnx.export;

import dev.rondo.program.Value;
import dev.rondo.program.View;
import org.jspecify.annotations.Nullable;

/// The same value of two recordings, whose inputs differ in the sizes that a model leaves open.
record Twin(Value first, Value second) {
    /// A size in both recordings: the same if it does not depend on those left open.
    record Size(long first, long second) {
        boolean isFixed() {
            return first == second;
        }
    }

    static @Nullable Twin of(@Nullable Value first, @Nullable Value second) {
        return first == null || second == null ? null : new Twin(first, second);
    }

    int rank() {
        return first.shape().rank();
    }

    Size size(int dimension) {
        return new Size(first.shape().size(dimension), second.shape().size(dimension));
    }

    /// What this value is a view of.
    Twin viewed() {
        return new Twin(first.view().of(), second.view().of());
    }

    /// How both values look at others, in pairs of the same kind.
    boolean isView() {
        View view = first.view();
        View other = second.view();
        if (view != null && other != null && view.getClass() != other.getClass() || (view == null) != (other == null)) {
            throw new IllegalArgumentException("what the model does depends on the sizes of its inputs");
        }
        return view != null;
    }
}
