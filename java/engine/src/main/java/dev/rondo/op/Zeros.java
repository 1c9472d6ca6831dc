package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Recorder;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.List;

/// A value of zeros.
public final class Zeros extends Op {
    public Zeros(Recorder recorder, Shape shape) {
        super(List.of());
        gives(recorder.allocate(shape, DataType.F32));
    }

    @Override
    public void forward(Emitter emitter) {
        emitter.zero(output());
    }
}
