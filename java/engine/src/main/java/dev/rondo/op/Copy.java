package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.util.List;

/// The elements of a view, an input or a constant in memory of their own.
public final class Copy extends Op {
    private final Value x;

    public Copy(Value x) {
        super(List.of(x));
        this.x = x;
        gives(x.recorder().allocate(x.shape(), x.type()));
    }

    @Override
    public void forward(Emitter emitter) {
        emitter.copy(x, output());
    }

    @Override
    public void backward(Gradients gradients) {
        gradients.add(x, gradients.of(output()));
    }

    /// Records a copy where the value is a view with gaps.
    static Value dense(Value x) {
        return x.isDense() ? x : x.recorder().record(new Copy(x)).output();
    }
}
