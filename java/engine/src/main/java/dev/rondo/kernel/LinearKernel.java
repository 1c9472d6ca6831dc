package dev.rondo.kernel;

import static dev.rondo.bindings.kernels.Kernels.*;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.bindings.kernels.rondo_linear;
import dev.rondo.program.Activation;
import dev.rondo.program.Step;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// The native product of a few rows with a packed matrix. It is only there to be fast: builds without native code leave
/// it to oneDNN.
public final class LinearKernel {
    private LinearKernel() {}

    /// The arguments of a product: `dst = activation(src W + bias + addend)`, all rows dense.
    ///
    /// @param rows       M
    /// @param in         K
    /// @param out        N
    /// @param activation one that [#computes], or null for none
    /// @param src        (M, K)
    /// @param weights    W, packed
    /// @param bias       (N), or NULL
    /// @param addend     (M, N), or NULL
    /// @param dst        (M, N)
    /// @param scratch    [#scratchBytes]
    public record Arguments(
            long rows,
            long in,
            long out,
            @Nullable Activation activation,
            MemorySegment src,
            MemorySegment weights,
            MemorySegment bias,
            MemorySegment addend,
            MemorySegment dst,
            MemorySegment scratch) {}

    /// Whether this build has it.
    public static boolean isAvailable() {
        return NativeLibraries.load().hasKernels();
    }

    /// Up to so many rows it is known to be ahead of oneDNN's product with a packed matrix.
    public static long mostRows() {
        return NativeLibraries.load().kernelIsa().equals("avx2") ? 256 : 0;
    }

    /// Bytes of scratch memory for a product of so many rows.
    public static long scratchBytes(long rows, long in) {
        return rondo_linear_scratch_size(rows, in) * Float.BYTES;
    }

    /// Whether an activation can follow in the same pass.
    public static boolean computes(@Nullable Activation activation) {
        return activation == null
                || activation == Activation.TANH
                || activation == Activation.RELU
                || activation == Activation.SIGMOID;
    }

    private static int id(@Nullable Activation activation) {
        return switch (activation) {
            case null -> RONDO_IDENTITY();
            case TANH -> RONDO_RNN_TANH();
            case RELU -> RONDO_RNN_RELU();
            case SIGMOID -> RONDO_RNN_LOGISTIC();
            default -> throw new IllegalArgumentException(activation + " follows no product in the same pass");
        };
    }

    /// Bytes of a packed matrix (K, N).
    public static long packedBytes(long in, long out) {
        return rondo_linear_packed_size(out, in) * Float.BYTES;
    }

    /// Packs a matrix (K, N) with these distances between rows and columns, in elements.
    public static void pack(
            MemorySegment matrix, long in, long out, long rowStride, long columnStride, MemorySegment packed) {
        rondo_linear_pack_f32(matrix, out, in, columnStride, rowStride, packed);
    }

    /// A product, prepared to run many times.
    public static Step of(Arguments arguments, Arena arena) {
        MemorySegment linear = rondo_linear.allocate(arena);
        rondo_linear.activation(linear, id(arguments.activation()));
        rondo_linear.rows(linear, arguments.rows());
        rondo_linear.in(linear, arguments.in());
        rondo_linear.out(linear, arguments.out());
        rondo_linear.src(linear, arguments.src());
        rondo_linear.src_row(linear, arguments.in());
        rondo_linear.weights(linear, arguments.weights());
        rondo_linear.bias(linear, arguments.bias());
        rondo_linear.addend(linear, arguments.addend());
        rondo_linear.addend_row(linear, arguments.out());
        rondo_linear.dst(linear, arguments.dst());
        rondo_linear.dst_row(linear, arguments.out());
        rondo_linear.scratch(linear, arguments.scratch());
        return () -> rondo_linear_f32(linear);
    }
}
