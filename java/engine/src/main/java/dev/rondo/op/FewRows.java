package dev.rondo.op;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.LinearKernel;
import dev.rondo.program.Activation;
import dev.rondo.program.Emitter;
import dev.rondo.program.Value;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Products of a few rows with a matrix that is constant, or that many operations of a program multiply by, as unrolled
/// steps do: on Rondo's own kernel, with the matrix packed once for all of them.
///
/// @param weight       of two dimensions
/// @param isTransposed whether the matrix is the transposed weight, as a linear layer's is
record FewRows(Value weight, boolean isTransposed) {
    // Up to so many rows the kernel is ahead of oneDNN where a matrix is prepared for many products.
    private static final long MOST_ROWS_OF_REPEATED = 32;

    // Multiplications that several threads are faster at.
    private static final long LARGEST_UNSHARED = 1_000_000;

    private long in() {
        return weight.shape().size(isTransposed ? 1 : 0);
    }

    private long out() {
        return weight.shape().size(isTransposed ? 0 : 1);
    }

    /// Whether this is the way to multiply so many rows.
    boolean serves(Emitter emitter, long rows) {
        return LinearKernel.isAvailable()
                && rows > 0
                && (weight.source() != null && rows <= LinearKernel.mostRows()
                        || weight.isDense() && emitter.isRepeated(weight) && rows <= MOST_ROWS_OF_REPEATED)
                && (emitter.threads() == 1 || rows * in() * out() < LARGEST_UNSHARED);
    }

    /// Emits `y = activation(x matrix + bias + addend)`; all are dense.
    void emit(
            Emitter emitter,
            Value x,
            @Nullable Value bias,
            @Nullable Value addend,
            @Nullable Activation activation,
            Value y) {
        long rows = y.shape().elements() / out();
        Tensor constant = weight.source();
        Value packed = constant == null ? emitter.shared(this, () -> pack(emitter)) : null;
        MemorySegment packedConstant = constant == null
                ? MemorySegment.NULL
                : emitter.weights()
                        .packForKernel(Linear.role("few rows " + isTransposed, weight), List.of(constant), arena -> {
                            MemorySegment memory =
                                    arena.allocate(LinearKernel.packedBytes(in(), out()), Tensor.ALIGNMENT);
                            pack(constant.data().asSlice(weight.offset() * Float.BYTES), memory);
                            return memory;
                        });
        Value scratch = emitter.workspace(LinearKernel.scratchBytes(rows, in()));
        emitter.kernel(
                "matmul " + rows + "x" + in() + ":" + in() + "x" + out() + (bias == null ? "" : " + bias")
                        + (addend == null ? "" : " + addend") + (activation == null ? "" : ", " + activation),
                Kernels.available().toString(),
                Stream.of(x, packed, bias, addend)
                        .filter(value -> value != null)
                        .toList(),
                List.of(y, scratch),
                memory -> LinearKernel.of(
                        new LinearKernel.Arguments(
                                rows,
                                in(),
                                out(),
                                activation,
                                memory.segment(x),
                                packed == null ? packedConstant : memory.segment(packed),
                                bias == null ? MemorySegment.NULL : memory.segment(bias),
                                addend == null ? MemorySegment.NULL : memory.segment(addend),
                                memory.segment(y),
                                memory.segment(scratch)),
                        memory.arena()));
    }

    private Value pack(Emitter emitter) {
        Value packed = emitter.workspace(LinearKernel.packedBytes(in(), out()));
        emitter.kernel("pack " + weight, Kernels.available().toString(), List.of(weight), List.of(packed), memory -> {
            MemorySegment from = memory.segment(weight);
            MemorySegment to = memory.segment(packed);
            return () -> pack(from, to);
        });
        return packed;
    }

    private void pack(MemorySegment from, MemorySegment to) {
        LinearKernel.pack(
                from, in(), out(), weight.stride(isTransposed ? 1 : 0), weight.stride(isTransposed ? 0 : 1), to);
    }
}
