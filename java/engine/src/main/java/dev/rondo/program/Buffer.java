package dev.rondo.program;

import dev.rondo.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Memory that one or more values look at: that of a constant, a literal or a variable, or a part of the block that
/// each replay allocates.
final class Buffer {
    /// Where the content comes from.
    enum Kind {
        INPUT,
        CONSTANT,
        LITERAL,
        VARIABLE,
        COMPUTED
    }

    final Kind kind;
    final long byteSize;
    /// The elements of a constant, a literal or a variable, null for the others.
    final @Nullable Tensor tensor;

    private Buffer(Kind kind, long byteSize, @Nullable Tensor tensor) {
        this.kind = kind;
        this.byteSize = byteSize;
        this.tensor = tensor;
    }

    static Buffer input(long byteSize) {
        return new Buffer(Kind.INPUT, byteSize, null);
    }

    static Buffer computed(long byteSize) {
        return new Buffer(Kind.COMPUTED, byteSize, null);
    }

    static Buffer constant(Tensor tensor) {
        return new Buffer(Kind.CONSTANT, tensor.data().byteSize(), tensor);
    }

    static Buffer literal(Tensor tensor) {
        return new Buffer(Kind.LITERAL, tensor.data().byteSize(), tensor);
    }

    static Buffer variable(Tensor tensor) {
        return new Buffer(Kind.VARIABLE, tensor.data().byteSize(), tensor);
    }
}
