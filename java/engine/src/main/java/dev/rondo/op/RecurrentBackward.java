package dev.rondo.op;

import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The gradients of a recurrent layer: back-propagation through time in each direction.
final class RecurrentBackward extends Op {
    /// Gradients of one direction's weights, in PyTorch's layout.
    record WeightGradients(
            Value inputWeight,
            Value stateWeight,
            Value inputBias,
            Value stateBias,
            @Nullable Value projectionWeight,
            @Nullable Value peepholeWeight) {
        Stream<Value> values() {
            return Stream.of(inputWeight, stateWeight, inputBias, stateBias, projectionWeight, peepholeWeight)
                    .filter(value -> value != null);
        }
    }

    private final Recurrent layer;
    private final @Nullable Value outputGradient;
    private final @Nullable Value hNGradient;
    private final @Nullable Value cNGradient;
    private final Value x; // dense, in the order of the layer's x
    private final @Nullable Value attention; // dense, in the order of the layer's attention
    private final Value h0;
    private final @Nullable Value c0;
    private final List<WeightGradients> weights = new ArrayList<>();

    RecurrentBackward(
            Recurrent layer, @Nullable Value outputGradient, @Nullable Value hNGradient, @Nullable Value cNGradient) {
        super(Stream.concat(
                        layer.inputs().stream(),
                        Stream.concat(
                                layer.outputs().stream(),
                                Stream.of(outputGradient, hNGradient, cNGradient)
                                        .filter(value -> value != null)))
                .toList());
        this.layer = layer;
        this.outputGradient = outputGradient;
        this.hNGradient = hNGradient;
        this.cNGradient = cNGradient;
        this.x = allocate(given(layer.x()).shape());
        this.attention = layer.attention() == null
                ? null
                : allocate(given(layer.attention()).shape());
        this.h0 = allocate(layer.hN().shape());
        this.c0 = layer.cell().hasCellState() ? allocate(layer.cN().shape()) : null;
        List<Value> all = new ArrayList<>(
                Stream.of(x, attention, h0, c0).filter(value -> value != null).toList());
        for (Recurrent.Weights own : layer.weights()) {
            Shape rows = Shape.of(own.inputWeight().shape().size(0));
            WeightGradients gradients = new WeightGradients(
                    allocate(own.inputWeight().shape()),
                    allocate(own.stateWeight().shape()),
                    allocate(rows),
                    allocate(rows),
                    own.projectionWeight() == null
                            ? null
                            : allocate(own.projectionWeight().shape()),
                    own.peepholeWeight() == null
                            ? null
                            : allocate(own.peepholeWeight().shape()));
            weights.add(gradients);
            gradients.values().forEach(all::add);
        }
        gives(all.toArray(Value[]::new));
    }

    private Value allocate(Shape shape) {
        return layer.x().recorder().allocate(shape, DataType.F32);
    }

    /// A sequence from time first to the order in which the layer has it, or back.
    private Value given(Value sequence) {
        return layer.isBatchFirst() ? sequence.transpose(0, 1) : sequence;
    }

    /// (T, N, I)
    Value x() {
        return given(x);
    }

    /// (T, N), or null
    @Nullable
    Value attention() {
        return attention == null ? null : given(attention);
    }

    Value h0() {
        return h0;
    }

    @Nullable
    Value c0() {
        return c0;
    }

    List<WeightGradients> weights() {
        return weights;
    }

    @Override
    public void forward(Emitter emitter) {
        if (layer.trained().isEmpty()) {
            outputs().forEach(emitter::zero); // no steps or no samples
            return;
        }
        for (int d = 0; d < weights.size(); d++) {
            Value dx = destination(emitter, x, d);
            Value da = destination(emitter, attention, d);
            RecurrentTraining.StateGradients gradients = layer.trained()
                    .get(d)
                    .backward(
                            layer.outputGradients(d, outputGradient, hNGradient, cNGradient),
                            new RecurrentTraining.InputGradients(
                                    dx == null ? null : given(dx), da == null ? null : given(da)),
                            weights.get(d));
            if (dx != null && d > 0) {
                emitter.accumulate(dx, x);
            }
            if (da != null && d > 0) {
                emitter.accumulate(da, attention);
            }
            emitter.copy(gradients.h(), h0.select(0, d));
            if (c0 != null) {
                emitter.copy(gradients.c(), c0.select(0, d));
            }
        }
    }

    /// Where a direction's gradient goes: the first one's to the result, the other's to memory of its own.
    private static @Nullable Value destination(Emitter emitter, @Nullable Value result, int d) {
        if (result == null || !emitter.isNeeded(result)) {
            return null;
        }
        return d == 0 ? result : emitter.temporary(result.shape());
    }
}
