package dev.rondo.nn;

import dev.rondo.op.CellStep;
import dev.rondo.op.LayerNorm;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The parameters of layer normalization inside a cell.
record CellNorm(
        @Nullable Parameter inputGain,
        @Nullable Parameter inputShift,
        Parameter gain,
        Parameter shift,
        @Nullable Parameter cellGain,
        @Nullable Parameter cellShift) {
    private static final float EPS = 1e-5f;

    static Parameter gain(long width) {
        return new Parameter(Shape.of(width), Initializer.constant(1));
    }

    static Parameter shift(long width) {
        return new Parameter(Shape.of(width), Initializer.constant(0));
    }

    /// The normalized share of the input.
    ///
    /// @param x      (T, N, G*H)
    /// @param groups widths of the parts that are normalized on their own
    Value input(Value x, Shape groups) {
        List<Value> parts = new ArrayList<>();
        long from = 0;
        for (long width : groups.sizes()) {
            Value part = groups.rank() == 1 ? x : Functional.contiguous(x.slice(2, from, from + width));
            Value partGain = Module.weight(x, inputGain).slice(0, from, from + width);
            Value partShift = Module.weight(x, inputShift).slice(0, from, from + width);
            parts.add(x.recorder()
                    .record(new LayerNorm(part, width, partGain, partShift, EPS))
                    .output());
            from += width;
        }
        return Functional.concat(parts, 2);
    }

    /// What a step needs.
    CellStep.Norm step(Recorder recorder) {
        return new CellStep.Norm(
                recorder.weight(gain.tensor()),
                recorder.weight(shift.tensor()),
                cellGain == null ? null : recorder.weight(cellGain.tensor()),
                cellShift == null ? null : recorder.weight(cellShift.tensor()),
                EPS);
    }
}
