package dev.rondo.program;

import java.util.List;

/// An operation of a program: it checks its inputs' shapes when it is made, says what shapes its outputs have, and
/// knows the instructions that compute them.
public abstract class Op {
    private final List<Value> inputs;
    private List<Value> outputs = List.of();

    /// @param inputs what the operation reads
    protected Op(List<Value> inputs) {
        this.inputs = List.copyOf(inputs);
    }

    /// Says what the operation gives; called once, by the constructor of the operation.
    protected final void gives(Value... values) {
        outputs = List.of(values);
    }

    /// What the operation reads.
    public final List<Value> inputs() {
        return inputs;
    }

    /// What the operation computes.
    public final List<Value> outputs() {
        return outputs;
    }

    /// The operation's output, where it has just one.
    public final Value output() {
        return outputs.getFirst();
    }

    /// Emits the instructions that compute the outputs from the inputs.
    public abstract void forward(Emitter emitter);

    /// Whether the loss's gradient passes through the operation. If not, its outputs count as given.
    public boolean passesGradients() {
        return true;
    }

    /// Records the operations that compute the inputs' gradients from the outputs' gradients.
    ///
    /// @param gradients has the outputs' gradients, and takes the inputs'
    /// @throws UnsupportedOperationException if the operation has no gradient
    public void backward(Gradients gradients) {
        throw new UnsupportedOperationException(this + " has no gradient");
    }
}
