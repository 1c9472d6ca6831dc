package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.util.List;

/// The elements of a value in memory of their own, without a gradient: gradients belong to memory, so that a
/// view would pass them on.
public final class Detach extends Op {
    private final Value x;

    public Detach(Value x) {
        super(List.of(Shapes.requireFloat(x, "detach")));
        this.x = x;
        gives(x.recorder().allocate(x.shape(), x.type()));
    }

    @Override
    public void forward(Emitter emitter) {
        emitter.copy(x, output());
    }

    @Override
    public boolean passesGradients() {
        return false;
    }
}
