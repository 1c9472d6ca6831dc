package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.RecurrentArguments.Strided;
import dev.rondo.kernel.StepArguments;
import dev.rondo.kernel.StepKernel;
import dev.rondo.program.Direction;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Training step by step: the input's share of all gates is one product over all steps, and so are the gradients of
/// weights and input; a step is a product with the recurrent weights, packed once a run, and a kernel for the rest.
/// A GRU that resets before the product has two of each in a step: r is there before U (r h).
///
/// Gates are kept once activated, and become their arguments' gradients on the way back: (T, N, G*H) floats, and for a
/// GRU's recurrent products as many again, are all that a direction keeps beside its output and an LSTM's cell states.
final class StepTraining implements RecurrentTraining {
    private final Emitter emitter;
    private final RecurrentDescriptor d;
    private final Recurrent.Weights weights;
    private final StepKernel kernel;
    private final Value x; // (T, N, I), dense
    private final @Nullable Value attention; // (T, N)
    private final Value output; // (T, N, H)
    private final Value gates; // (T, N, G*H)
    private final @Nullable Value products; // U h of a GRU that resets after it: (T, N, 3*H)
    private final @Nullable Value cells; // (T, N, H)
    private final @Nullable Value givenState; // (N, H)
    private final Value initialState; // zeros where none is given
    private final @Nullable Value initialCell;

    /// Gradients that a step receives and passes on.
    private record StepGradients(
            @Nullable Value output, // (T, N, H)
            Value state, // (N, H)
            @Nullable Value cell, // (N, H)
            @Nullable Value attention) {} // (T, N)

    /// Whether this road can take a layer.
    static boolean serves(RecurrentDescriptor d) {
        return !d.peephole() && !d.isProjected() && StepKernel.isAvailable();
    }

    private static StepKernel kernel(Cell cell) {
        return switch (cell) {
            case RNN_TANH -> StepKernel.RNN_TANH;
            case RNN_RELU -> StepKernel.RNN_RELU;
            case RNN_LOGISTIC -> StepKernel.RNN_LOGISTIC;
            case LSTM -> StepKernel.LSTM;
            case GRU, AUGRU -> StepKernel.GRU;
            case LBR_GRU, LBR_AUGRU -> StepKernel.LBR_GRU;
        };
    }

    /// Emits the forward pass.
    StepTraining(Emitter emitter, OneDirection part) {
        this.emitter = emitter;
        this.d = part.descriptor();
        this.weights = part.weights();
        this.kernel = kernel(d.cell());
        this.x = emitter.dense(part.x());
        this.attention = part.attention();
        this.output = part.output();
        this.gates = emitter.temporary(Shape.of(d.steps(), d.batch(), d.cell().gates() * d.hidden()));
        boolean resetsAfter = kernel == StepKernel.LBR_GRU;
        boolean isLstm = d.cell().hasCellState();
        this.products = resetsAfter ? emitter.temporary(gates.shape()) : null;
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
                bias(resetsAfter ? weights.inputBias() : sum(weights.inputBias(), weights.stateBias())),
                null);
        if (kernel == StepKernel.GRU) {
            emitResettingSteps();
        } else {
            emitSteps();
        }
        long end = step(d.steps() - 1);
        copyIfNeeded(output.select(0, end), part.last().h());
        if (isLstm) {
            copyIfNeeded(cells.select(0, end), part.last().c());
        }
    }

    private void emitSteps() {
        Value results = products == null ? gates : products;
        RowProduct recurrent = new RowProduct(
                emitter,
                weights.stateWeight().transpose(0, 1),
                bias(products == null ? null : weights.stateBias()),
                products == null);
        for (long i = 0; i < d.steps(); i++) {
            recurrent.emit(before(i), results.select(0, step(i)));
            emitStep(kernel, i, products == null ? null : products.select(0, step(i)), null);
        }
    }

    private void emitResettingSteps() {
        Value reset = emitter.temporary(Shape.of(d.batch(), d.hidden())); // r h
        RowProduct gateProduct =
                new RowProduct(emitter, resetAndUpdate(weights.stateWeight(), 0).transpose(0, 1), null, true);
        RowProduct lastProduct =
                new RowProduct(emitter, candidate(weights.stateWeight(), 0).transpose(0, 1), null, true);
        for (long i = 0; i < d.steps(); i++) {
            Value own = gates.select(0, step(i));
            gateProduct.emit(before(i), resetAndUpdate(own, 1));
            emitStep(StepKernel.GRU_RESET, i, reset, null);
            lastProduct.emit(reset, candidate(own, 1));
            emitStep(kernel, i, null, null);
        }
    }

    /// The part of a GRU's gates that reads h.
    private Value resetAndUpdate(Value all, int dimension) {
        return all.slice(dimension, 0, 2 * d.hidden());
    }

    /// The part of a GRU's gates that reads r h.
    private Value candidate(Value all, int dimension) {
        return all.slice(dimension, 2 * d.hidden(), 3 * d.hidden());
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

    /// Emits a kernel of the i-th step: forward, or backward where there are gradients.
    private void emitStep(StepKernel step, long i, @Nullable Value product, @Nullable StepGradients diff) {
        long t = step(i);
        Value own = gates.select(0, t);
        Value src = before(i);
        Value score = at(attention, t);
        Value srcCell = cells == null ? null : i == 0 ? initialCell : cells.select(0, step(i - 1));
        Value dst = output.select(0, t);
        Value cell = at(cells, t);
        Value diffDst = diff == null ? null : at(diff.output(), t);
        Value diffState = diff == null ? null : diff.state();
        Value diffCell = diff == null ? null : diff.cell();
        Value diffScore = diff == null ? null : at(diff.attention(), t);
        List<Value> all = Stream.of(
                        own, product, src, score, srcCell, dst, cell, diffDst, diffState, diffCell, diffScore)
                .filter(value -> value != null)
                .toList();
        emitter.kernel(
                d + " step" + (diff == null ? "" : " backward"),
                Kernels.available().toString(),
                all,
                all,
                memory -> {
                    StepArguments arguments = new StepArguments(
                            d.batch(),
                            d.hidden(),
                            Strided.state(memory, own),
                            Strided.state(memory, product),
                            Strided.state(memory, src),
                            Strided.state(memory, score),
                            Strided.state(memory, srcCell),
                            Strided.state(memory, dst),
                            Strided.state(memory, cell),
                            Strided.state(memory, diffDst),
                            Strided.state(memory, diffState),
                            Strided.state(memory, diffCell),
                            Strided.state(memory, diffScore));
                    return diff == null
                            ? step.forward(arguments, memory.arena())
                            : step.backward(arguments, memory.arena());
                });
    }

    private static @Nullable Value at(@Nullable Value sequence, long t) {
        return sequence == null ? null : sequence.select(0, t);
    }

    @Override
    public StateGradients backward(OutputGradients given, InputGradients inputs, RecurrentBackward.WeightGradients to) {
        StepGradients diff = new StepGradients(
                given.output() == null || given.output().stride(2) == 1
                        ? given.output()
                        : emitter.dense(given.output()),
                copyOrZeros(given.h()),
                cells == null ? null : copyOrZeros(given.c()),
                inputs.attention());
        if (kernel == StepKernel.GRU) {
            emitResettingStepsBack(diff, to.stateWeight());
        } else {
            emitStepsBack(diff, to.stateWeight());
        }
        RowProduct.emit(emitter, flat(gates).transpose(0, 1), flat(x), to.inputWeight(), false);
        columnSums(flat(gates), to.inputBias());
        columnSums(flat(products == null ? gates : products), to.stateBias());
        if (inputs.x() != null) {
            Value dense = inputs.x().isDense() ? inputs.x() : emitter.temporary(x.shape());
            RowProduct.emit(emitter, flat(gates), weights.inputWeight(), flat(dense), false);
            if (dense != inputs.x()) {
                emitter.copy(dense, inputs.x());
            }
        }
        return new StateGradients(diff.state(), diff.cell());
    }

    private void emitStepsBack(StepGradients diff, Value toStateWeight) {
        Value arguments = products == null ? gates : products; // of the recurrent products
        RowProduct recurrent = new RowProduct(emitter, weights.stateWeight(), null, products != null);
        for (long i = d.steps() - 1; i >= 0; i--) {
            emitStep(kernel, i, at(products, step(i)), diff);
            recurrent.emit(arguments.select(0, step(i)), diff.state());
        }
        emitStateWeight(arguments, toStateWeight);
    }

    private void emitResettingStepsBack(StepGradients diff, Value toStateWeight) {
        Value resets = emitter.temporary(output.shape()); // the gradient of r h, then r h
        RowProduct lastProduct = new RowProduct(emitter, candidate(weights.stateWeight(), 0), null, false);
        RowProduct gateProduct = new RowProduct(emitter, resetAndUpdate(weights.stateWeight(), 0), null, true);
        for (long i = d.steps() - 1; i >= 0; i--) {
            Value own = gates.select(0, step(i));
            Value reset = resets.select(0, step(i));
            emitStep(kernel, i, null, diff);
            lastProduct.emit(candidate(own, 1), reset);
            emitStep(StepKernel.GRU_RESET, i, reset, diff);
            gateProduct.emit(resetAndUpdate(own, 1), diff.state());
        }
        emitStateWeight(gates, resetAndUpdate(toStateWeight, 0));
        RowProduct.emit(
                emitter, candidate(flat(gates), 1).transpose(0, 1), flat(resets), candidate(toStateWeight, 0), false);
    }

    /// Each step's share comes from the state before it: the output of its neighbour.
    ///
    /// @param to (W, H) for the first W columns of the arguments
    private void emitStateWeight(Value arguments, Value to) {
        long rest = d.steps() - 1;
        long width = to.shape().size(0);
        boolean reverse = d.direction() == Direction.RIGHT_TO_LEFT;
        if (rest > 0) {
            Value later = flat(arguments.slice(0, reverse ? 0 : 1, reverse ? rest : rest + 1));
            Value before = flat(emitter.dense(output.slice(0, reverse ? 1 : 0, reverse ? rest + 1 : rest)));
            RowProduct.emit(emitter, later.slice(1, 0, width).transpose(0, 1), before, to, false);
        } else {
            emitter.zero(to);
        }
        if (givenState != null) {
            Value first = arguments.select(0, step(0)).slice(1, 0, width);
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
        long width = rows.shape().size(1);
        Sum.emitColumnSums(emitter, rows.reshape(1, rows.shape().size(0), width), sums.reshape(1, width));
    }
}
