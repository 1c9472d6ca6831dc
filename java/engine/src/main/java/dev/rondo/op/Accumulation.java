package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import java.util.List;

/// `sum += x`, in place.
public final class Accumulation extends Op {
    private final Value x;

    /// @param sum a variable of x's shape
    public Accumulation(Value x, Value sum) {
        super(List.of(Shapes.requireFloat(x, "accumulation"), sum));
        this.x = x;
        gives(sum);
    }

    @Override
    public void forward(Emitter emitter) {
        emitter.accumulate(x, output());
    }
}
