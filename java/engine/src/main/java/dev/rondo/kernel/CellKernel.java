package dev.rondo.kernel;

import static dev.rondo.bindings.kernels.Kernels.*;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.bindings.kernels.rondo_cell_step;
import dev.rondo.program.Step;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/// One step of a gated cell after its products, in native code; `rondo_cells.h` says what each computes. Builds without
/// native code have none.
public enum CellKernel {
    /// Gates i, f, g, o, with layer normalization or without.
    LSTM(4, step -> rondo_lstm_cell_f32(step), step -> rondo_lstm_cell_backward_f32(step)),
    /// Gates r, z, n, with layer normalization or without; the reset follows the product.
    GRU(3, step -> rondo_gru_cell_f32(step), step -> rondo_gru_cell_backward_f32(step)),
    /// Gates i, g, o.
    COUPLED_LSTM(3, step -> rondo_coupled_lstm_cell_f32(step), step -> rondo_coupled_lstm_cell_backward_f32(step)),
    /// Gates i, f, z, o.
    SLSTM(4, step -> rondo_slstm_cell_f32(step), step -> rondo_slstm_cell_backward_f32(step));

    /// An array that a step reads or writes.
    public enum Array {
        SHARE(rondo_cell_step::share),
        PRODUCT(rondo_cell_step::product),
        GAIN(rondo_cell_step::gain),
        SHIFT(rondo_cell_step::shift),
        CELL_GAIN(rondo_cell_step::cell_gain),
        CELL_SHIFT(rondo_cell_step::cell_shift),
        SRC(rondo_cell_step::src),
        SRC_CELL(rondo_cell_step::src_cell),
        SRC_NORMALIZER(rondo_cell_step::src_normalizer),
        SRC_STABILIZER(rondo_cell_step::src_stabilizer),
        DST(rondo_cell_step::dst),
        CELL(rondo_cell_step::cell),
        NORMALIZER(rondo_cell_step::normalizer),
        STABILIZER(rondo_cell_step::stabilizer),
        GATES(rondo_cell_step::gates),
        NORMALIZED(rondo_cell_step::normalized),
        NORMALIZED_CELL(rondo_cell_step::normalized_cell),
        SCALES(rondo_cell_step::scales),
        DIFF_DST(rondo_cell_step::diff_dst),
        DIFF_CELL(rondo_cell_step::diff_cell),
        DIFF_NORMALIZER(rondo_cell_step::diff_normalizer),
        DIFF_SHARE(rondo_cell_step::diff_share),
        DIFF_PRODUCT(rondo_cell_step::diff_product),
        DIFF_SRC(rondo_cell_step::diff_src),
        DIFF_SRC_CELL(rondo_cell_step::diff_src_cell),
        DIFF_SRC_NORMALIZER(rondo_cell_step::diff_src_normalizer),
        DIFF_GAIN(rondo_cell_step::diff_gain),
        DIFF_SHIFT(rondo_cell_step::diff_shift),
        DIFF_CELL_GAIN(rondo_cell_step::diff_cell_gain),
        DIFF_CELL_SHIFT(rondo_cell_step::diff_cell_shift);

        private final BiConsumer<MemorySegment, MemorySegment> setter;

        Array(BiConsumer<MemorySegment, MemorySegment> setter) {
            this.setter = setter;
        }
    }

    private final int gates;
    private final Consumer<MemorySegment> forward;
    private final Consumer<MemorySegment> backward;

    CellKernel(int gates, Consumer<MemorySegment> forward, Consumer<MemorySegment> backward) {
        this.gates = gates;
        this.forward = forward;
        this.backward = backward;
    }

    /// Whether this build has them.
    public static boolean isAvailable() {
        return NativeLibraries.load().hasKernels();
    }

    /// G, the number of gates.
    public int gates() {
        return gates;
    }

    /// A step, or its gradient, prepared to run many times.
    ///
    /// @param eps    what layer normalization adds to variances
    /// @param arrays those that there are
    public Step of(
            boolean isBackward, long batch, long hidden, float eps, Map<Array, MemorySegment> arrays, Arena arena) {
        MemorySegment step = rondo_cell_step.allocate(arena);
        step.fill((byte) 0);
        rondo_cell_step.batch(step, batch);
        rondo_cell_step.hidden(step, hidden);
        rondo_cell_step.eps(step, eps);
        arrays.forEach((array, data) -> array.setter.accept(step, data));
        Consumer<MemorySegment> function = isBackward ? backward : forward;
        return () -> function.accept(step);
    }
}
