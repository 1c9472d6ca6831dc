package dev.rondo.nn;

import dev.rondo.kernel.CellKernel;
import dev.rondo.op.CellStep;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A cell whose step is a product with its state and a function of what comes of it: [LSTMCell], [GRUCell],
/// [CoupledLSTMCell] and [SLSTMCell].
///
/// With G gates: parameters `weight_ih` (G*H, I), `weight_hh` (G*H, H), `bias_ih` and `bias_hh` (G*H), as those of
/// PyTorch's cells, with uniform(±1/sqrt(H)) as first values. A cell without an input, as stands behind the first one
/// in a [DeepTransitionCell], lacks `weight_ih` and `bias_ih`.
///
/// The function is a native kernel, or in builds without native code, and where the network is written down, a chain of
/// operations.
public abstract sealed class GatedCell extends RecurrentCell permits LSTMCell, GRUCell, CoupledLSTMCell, SLSTMCell {
    private final CellKernel kernel;
    private final int hiddenSize;
    private final @Nullable Parameter inputWeight;
    private final @Nullable Parameter inputBias;
    final Parameter stateWeight;
    final @Nullable Parameter stateBias;

    /// @param inputSize I, or 0 for a cell without an input
    /// @param hasBias   whether there are biases
    GatedCell(CellKernel kernel, int inputSize, int hiddenSize, boolean hasBias, List<State> states) {
        this(kernel, inputSize, hiddenSize, hasBias, Shape.of((long) kernel.gates() * hiddenSize, hiddenSize), states);
    }

    /// @param stateWeight the shape of the recurrent weight
    GatedCell(
            CellKernel kernel, int inputSize, int hiddenSize, boolean hasBias, Shape stateWeight, List<State> states) {
        super(states);
        if (inputSize != 0) {
            Sizes.requirePositive(inputSize, "input size");
        }
        this.kernel = kernel;
        this.hiddenSize = hiddenSize;
        long rows = rows();
        Initializer uniform = Initializer.uniform(1 / Math.sqrt(hiddenSize));
        boolean hasInput = inputSize > 0;
        this.inputWeight = hasInput ? register("weight_ih", new Parameter(Shape.of(rows, inputSize), uniform)) : null;
        this.stateWeight = register("weight_hh", new Parameter(stateWeight, uniform));
        this.inputBias = hasInput && hasBias ? register("bias_ih", new Parameter(Shape.of(rows), uniform)) : null;
        this.stateBias = hasBias ? register("bias_hh", new Parameter(Shape.of(rows), uniform)) : null;
    }

    /// G*H
    final long rows() {
        return (long) kernel.gates() * hiddenSize;
    }

    final int hiddenSize() {
        return hiddenSize;
    }

    @Override
    public final Value input(Value x) {
        if (inputWeight == null) {
            throw new IllegalArgumentException(path() + " has no input: it stands behind another cell");
        }
        Value product = x.recorder()
                .record(new dev.rondo.op.Linear(
                        x, weight(x, inputWeight), inputBias == null ? null : weight(x, inputBias), null))
                .output();
        return normalized(product);
    }

    /// What becomes of the input's product.
    Value normalized(Value product) {
        return product;
    }

    /// The recurrent product of all gates: (N, G*H).
    Value product(Value h) {
        return h.recorder()
                .record(new dev.rondo.op.Linear(
                        h, weight(h, stateWeight), stateBias == null ? null : weight(h, stateBias), null))
                .output();
    }

    /// Layer normalization within the step, or null.
    CellStep.@Nullable Norm norm(Recorder recorder) {
        return null;
    }

    @Override
    public final List<Value> step(Value share, List<Value> states) {
        Value h = states.getFirst();
        Value product = product(h);
        CellStep.Norm norm = norm(h.recorder());
        List<Value> read = kernel == CellKernel.GRU ? states : states.subList(1, states.size());
        return CellKernel.isAvailable() && !h.recorder().isWriting()
                ? h.recorder()
                        .record(new CellStep(kernel, share, product, norm, read))
                        .results()
                : CellEquations.step(kernel, share, product, norm, read);
    }

    final boolean hasInput() {
        return inputWeight != null;
    }

    /// What a step reads in place of an input's share where there is no input.
    Value nothing(Recorder recorder, long batch) {
        return recorder.literal(Tensor.allocate(Arena.ofAuto(), Shape.of(batch, rows()), DataType.F32));
    }
}
