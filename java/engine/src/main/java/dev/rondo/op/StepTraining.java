package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.RecurrentArguments.Strided;
import dev.rondo.kernel.StepArguments;
import dev.rondo.kernel.StepKernel;
import dev.rondo.kernel.TrainingKernels;
import dev.rondo.program.Direction;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Training step by step: the input's share of all gates is one product over all steps, and so are the gradients of
/// weights and input; a step is a product with the recurrent weights, packed once a run, and a kernel for the rest.
///
/// Gates are kept once activated, and become their arguments' gradients on the way back: (T, N, G*H) floats, and as
/// many
/// again for a GRU's recurrent products, are all that a direction keeps beside its output and an LSTM's cell states.
final class StepTraining implements RecurrentTraining {
    private final Emitter emitter;
    private final RecurrentDescriptor d;
    private final Recurrent.Weights weights;
    private final StepKernel kernel;
    private final Value x; // (T, N, I), dense
    private final Value output; // (T, N, H)
    private final Value gates; // (T, N, G*H)
    private final @Nullable Value products; // (T, N, 3*H)
    private final @Nullable Value cells; // (T, N, H)
    private final @Nullable Value givenState; // (N, H)
    private final Value initialState; // zeros where none is given
    private final @Nullable Value initialCell;

    /// Whether this road can take a layer.
    static boolean serves(RecurrentDescriptor d) {
        boolean known = switch (d.cell()) {
            case RNN_TANH, RNN_RELU, RNN_LOGISTIC, LSTM, LBR_GRU -> true;
            case GRU, AUGRU, LBR_AUGRU -> false;
        };
        return known && !d.peephole() && !d.isProjected() && StepKernel.isAvailable();
    }

    /// Emits the forward pass.
    StepTraining(Emitter emitter, OneDirection part) {
        this.emitter = emitter;
        this.d = part.descriptor();
        this.weights = part.weights();
        this.kernel = StepKernel.valueOf(d.cell().name());
        this.x = emitter.dense(part.x());
        this.output = part.output();
        this.gates = emitter.temporary(Shape.of(d.steps(), d.batch(), d.cell().gates() * d.hidden()));
        boolean isGru = d.cell() == Cell.LBR_GRU;
        boolean isLstm = d.cell().hasCellState();
        this.products = isGru ? emitter.temporary(gates.shape()) : null;
        this.cells = isLstm ? emitter.temporary(Shape.of(d.steps(), d.batch(), d.hidden())) : null;
        this.givenState =
                part.initial().h() == null ? null : rows(part.initial().h());
        this.initialState = givenState == null ? zeros() : givenState;
        this.initialCell = !isLstm
                ? null
                : part.initial().c() == null ? zeros() : rows(part.initial().c());
        Linear.emit(
                emitter,
                x,
                gates,
                new Linear.Variable(weights.inputWeight().transpose(0, 1)),
                bias(isGru ? weights.inputBias() : sum(weights.inputBias(), weights.stateBias())),
                null);
        RowProduct recurrent = new RowProduct(
                emitter, weights.stateWeight().transpose(0, 1), bias(isGru ? weights.stateBias() : null), !isGru);
        for (long i = 0; i < d.steps(); i++) {
            long t = step(i);
            recurrent.emit(before(i), (isGru ? products : gates).select(0, t));
            emitStep(i, null, null, null);
        }
        long end = step(d.steps() - 1);
        copyIfNeeded(output.select(0, end), part.last().h());
        if (isLstm) {
            copyIfNeeded(cells.select(0, end), part.last().c());
        }
    }

    private void copyIfNeeded(Value from, @Nullable Value to) {
        if (to != null && emitter.isNeeded(to)) {
            emitter.copy(from, to);
        }
    }

    /// The position of the i-th step to be computed.
    private long step(long i) {
        return d.direction() == Direction.RIGHT_TO_LEFT ? d.steps() - 1 - i : i;
    }

    /// h before the i-th step.
    private Value before(long i) {
        return i == 0 ? initialState : output.select(0, step(i - 1));
    }

    private Value rows(Value state) {
        return state.stride(1) == 1 ? state : emitter.dense(state);
    }

    private Value zeros() {
        Value zeros = emitter.temporary(Shape.of(d.batch(), d.hidden()));
        emitter.zero(zeros);
        return zeros;
    }

    private @Nullable Value sum(@Nullable Value a, @Nullable Value b) {
        if (a == null || b == null) {
            return a == null ? b : a;
        }
        Value sum = emitter.temporary(a.shape());
        emitter.copy(a, sum);
        emitter.accumulate(b, sum);
        return sum;
    }

    private @Nullable Argument bias(@Nullable Value bias) {
        return bias == null
                ? null
                : Argument.of(DNNL_ARG_BIAS(), emitter.layout(1, bias.shape().elements()), bias);
    }

    /// Emits the kernel of the i-th step: forward, or backward where there is a gradient of the state.
    private void emitStep(long i, @Nullable Value diffOutput, @Nullable Value diffState, @Nullable Value diffCell) {
        long t = step(i);
        Value own = gates.select(0, t);
        Value product = products == null ? null : products.select(0, t);
        Value src = before(i);
        Value srcCell = cells == null ? null : i == 0 ? initialCell : cells.select(0, step(i - 1));
        Value dst = output.select(0, t);
        Value cell = cells == null ? null : cells.select(0, t);
        Value diffDst = diffOutput == null ? null : diffOutput.select(0, t);
        List<Value> all = Stream.of(own, product, src, srcCell, dst, cell, diffDst, diffState, diffCell)
                .filter(value -> value != null)
                .toList();
        boolean backward = diffState != null;
        emitter.kernel(
                d + (backward ? " step backward" : " step"), Kernels.available().toString(), all, all, memory -> {
                    StepArguments arguments = new StepArguments(
                            d.batch(),
                            d.hidden(),
                            Strided.state(memory, own),
                            Strided.state(memory, product),
                            Strided.state(memory, src),
                            Strided.state(memory, srcCell),
                            Strided.state(memory, dst),
                            Strided.state(memory, cell),
                            Strided.state(memory, diffDst),
                            Strided.state(memory, diffState),
                            Strided.state(memory, diffCell));
                    return backward
                            ? kernel.backward(arguments, memory.arena())
                            : kernel.forward(arguments, memory.arena());
                });
    }

    @Override
    public StateGradients backward(OutputGradients given, @Nullable Value dx, RecurrentBackward.WeightGradients to) {
        Value diffOutput = given.output() == null || given.output().stride(2) == 1
                ? given.output()
                : emitter.dense(given.output());
        Value diffState = copyOrZeros(given.h());
        Value diffCell = cells == null ? null : copyOrZeros(given.c());
        Value arguments = products == null ? gates : products; // of the recurrent products
        RowProduct recurrent = new RowProduct(emitter, weights.stateWeight(), null, products != null);
        for (long i = d.steps() - 1; i >= 0; i--) {
            emitStep(i, diffOutput, diffState, diffCell);
            recurrent.emit(arguments.select(0, step(i)), diffState);
        }
        RowProduct.emit(emitter, flat(gates).transpose(0, 1), flat(x), to.inputWeight(), false);
        emitStateWeight(arguments, to.stateWeight());
        columnSums(flat(gates), to.inputBias());
        columnSums(flat(arguments), to.stateBias());
        if (dx != null) {
            Value dense = dx.isDense() ? dx : emitter.temporary(x.shape());
            RowProduct.emit(emitter, flat(gates), weights.inputWeight(), flat(dense), false);
            if (dense != dx) {
                emitter.copy(dense, dx);
            }
        }
        return new StateGradients(diffState, diffCell);
    }

    /// Each step's share comes from the state before it: the output of its neighbour.
    private void emitStateWeight(Value arguments, Value to) {
        long rest = d.steps() - 1;
        boolean reverse = d.direction() == Direction.RIGHT_TO_LEFT;
        if (rest > 0) {
            Value later = flat(arguments.slice(0, reverse ? 0 : 1, reverse ? rest : rest + 1));
            Value before = flat(emitter.dense(output.slice(0, reverse ? 1 : 0, reverse ? rest + 1 : rest)));
            RowProduct.emit(emitter, later.transpose(0, 1), before, to, false);
        } else {
            emitter.zero(to);
        }
        if (givenState != null) {
            Value first = arguments.select(0, step(0));
            RowProduct.emit(emitter, first.transpose(0, 1), givenState, to, true);
        }
    }

    private Value copyOrZeros(@Nullable Value gradient) {
        if (gradient == null) {
            return zeros();
        }
        Value copy = emitter.temporary(gradient.shape());
        emitter.copy(gradient, copy);
        return copy;
    }

    /// (T, N, W) as (T*N, W)
    private static Value flat(Value sequence) {
        Shape shape = sequence.shape();
        return sequence.reshape(shape.size(0) * shape.size(1), shape.size(2));
    }

    private void columnSums(Value rows, Value sums) {
        long count = rows.shape().size(0);
        long width = rows.shape().size(1);
        emitter.kernel(
                "column sums of " + rows, Kernels.available().toString(), List.of(rows), List.of(sums), memory -> {
                    MemorySegment from = memory.segment(rows);
                    MemorySegment to = memory.segment(sums);
                    return () -> TrainingKernels.available().columnSums(from, count, width, to);
                });
    }
}
