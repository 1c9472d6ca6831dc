package dev.rondo.kernel;

import static dev.rondo.bindings.kernels.Kernels.*;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.bindings.kernels.rondo_scan;
import dev.rondo.program.Step;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// Element-wise recurrences over time: in native code, or in Java where the build has none.
public enum ScanKernel {
    /// `h = f h + (1 - f) act(x)` with `f = sigmoid(gate + v h)`, or 1 minus that for an update gate.
    GATED,
    /// `h = act(x + u h)`
    INDEPENDENT;

    // Columns of a thread's part are whole cache lines.
    private static final long LINE = 16;

    /// The scan, or its gradient, prepared to run many times: a step for each of the threads that share it.
    public Step[] of(boolean isBackward, ScanArguments arguments, int parts, Arena arena) {
        boolean byRows = arguments.batch() >= parts;
        long lines = (arguments.hidden() + LINE - 1) / LINE;
        Step[] steps = new Step[parts];
        for (int part = 0; part < parts; part++) {
            long from = byRows ? 0 : lines * part / parts * LINE;
            long to = byRows ? arguments.hidden() : Math.min(arguments.hidden(), lines * (part + 1) / parts * LINE);
            long fromRow = byRows ? arguments.batch() * part / parts : 0;
            long toRow = byRows ? arguments.batch() * (part + 1) / parts : arguments.batch();
            steps[part] = NativeLibraries.load().hasKernels()
                    ? nativeStep(isBackward, struct(arguments, fromRow, toRow, from, to, arena))
                    : new JavaScan(this, isBackward, arguments, fromRow, toRow, from, to);
        }
        return steps;
    }

    private Step nativeStep(boolean isBackward, MemorySegment scan) {
        return switch (this) {
            case GATED -> isBackward ? () -> rondo_gated_scan_backward_f32(scan) : () -> rondo_gated_scan_f32(scan);
            case INDEPENDENT ->
                isBackward ? () -> rondo_independent_scan_backward_f32(scan) : () -> rondo_independent_scan_f32(scan);
        };
    }

    private static MemorySegment struct(ScanArguments a, long fromRow, long toRow, long from, long to, Arena arena) {
        MemorySegment scan = rondo_scan.allocate(arena);
        rondo_scan.steps(scan, a.steps());
        rondo_scan.batch(scan, a.batch());
        rondo_scan.hidden(scan, a.hidden());
        rondo_scan.from_row(scan, fromRow);
        rondo_scan.to_row(scan, toRow);
        rondo_scan.from(scan, from);
        rondo_scan.to(scan, to);
        rondo_scan.activation(
                scan,
                switch (a.activation()) {
                    case null -> RONDO_IDENTITY();
                    case TANH -> RONDO_RNN_TANH();
                    case RELU -> RONDO_RNN_RELU();
                    default -> throw new IllegalArgumentException("a scan knows no " + a.activation());
                });
        rondo_scan.update(scan, a.update() ? 1 : 0);
        rondo_scan.x(scan, a.x().data());
        rondo_scan.x_row(scan, a.x().sample());
        rondo_scan.gate(scan, a.gate().data());
        rondo_scan.gate_row(scan, a.gate().sample());
        rondo_scan.weight(scan, a.weight());
        rondo_scan.src(scan, a.src());
        rondo_scan.dst(scan, a.dst());
        rondo_scan.diff_dst(scan, a.diffDst());
        rondo_scan.diff_x(scan, a.diffX());
        rondo_scan.diff_gate(scan, a.diffGate());
        rondo_scan.diff_weight(scan, a.diffWeight());
        rondo_scan.diff_src(scan, a.diffSrc());
        return scan;
    }
}
