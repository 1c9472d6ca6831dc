package dev.rondo.op;

import dev.rondo.kernel.RecurrentKernel;
import dev.rondo.kernel.StepKernel;
import dev.rondo.program.Direction;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Merge;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A recurrent layer over whole sequences, in one direction or in both.
///
/// x (T, N, I), h0 (D, N, R), c0 (D, N, H), attention (T, N); outputs: output (T, N, D*R) or, summed, (T, N, R),
/// hN (D, N, R), cN (D, N, H). With `batchFirst`, x, attention and output have N before T. R is the width of the
/// hidden state: H, or P with a projection.
///
/// With lengths (N), each sequence ends after its own number of steps: right to left starts there, final states are
/// those after its last step, and output is 0 from there on ([Ragged]).
///
/// Each direction is one oneDNN primitive (several for very long sequences), because a primitive of two directions
/// would run them one after the other all the same, and could not be stacked as PyTorch stacks layers.
public final class Recurrent extends Op {
    /// So many sequences at most are computed by a kernel whose results do not depend, to the last bit, on what else
    /// is in the batch, on where a sequence is cut into calls, or on the number of threads: outside of training,
    /// without a projection, in builds with native code.
    public static final long LARGEST_INVARIANT_BATCH = RecurrentKernel.LARGEST_BATCH;

    /// The weights of one direction, in PyTorch's layout.
    ///
    /// @param inputWeight      (G*H, I)
    /// @param stateWeight      (G*H, R)
    /// @param inputBias        (G*H), or null
    /// @param stateBias        (G*H), or null
    /// @param projectionWeight (P, H), or null
    /// @param peepholeWeight   (3, H) for the gates i, f, o, or null
    public record Weights(
            Value inputWeight,
            Value stateWeight,
            @Nullable Value inputBias,
            @Nullable Value stateBias,
            @Nullable Value projectionWeight,
            @Nullable Value peepholeWeight) {
        Stream<Value> values() {
            return Stream.of(inputWeight, stateWeight, inputBias, stateBias, projectionWeight, peepholeWeight)
                    .filter(value -> value != null);
        }

        /// The tensors behind inputBias and stateBias, those that exist.
        List<Tensor> biases() {
            return Stream.of(inputBias, stateBias)
                    .filter(value -> value != null)
                    .map(Value::constant)
                    .toList();
        }
    }

    // Multiplications of a direction that are worth a thread of their own.
    private static final long SMALLEST_SHARED_DIRECTION = 2_000_000;

    private final Cell cell;
    private final Merge merge;
    private final boolean batchFirst;
    private final List<Direction> directions;
    private final List<Weights> weights;
    private final RecurrentInputs inputs; // time first
    private final List<RecurrentTraining> trained = new ArrayList<>();

    /// @param directions the directions, in the order of the states' first dimension
    /// @param batchFirst whether x, attention and output have N before T
    /// @param weights    the weights of each direction
    /// @throws IllegalArgumentException if shapes disagree
    public Recurrent(
            Cell cell,
            List<Direction> directions,
            Merge merge,
            boolean batchFirst,
            RecurrentInputs inputs,
            List<Weights> weights) {
        super(Stream.concat(inputs.values(), weights.stream().flatMap(Weights::values))
                .toList());
        this.cell = cell;
        this.directions = List.copyOf(directions);
        this.merge = merge;
        this.batchFirst = batchFirst;
        this.weights = List.copyOf(weights);
        if (directions.isEmpty() || weights.size() != directions.size()) {
            throw new IllegalArgumentException(
                    cell + " needs weights for each of " + directions.size() + " directions");
        }
        Value x = inputs.x();
        weights.forEach(one ->
                WeightShapes.require(cell, one, weights.getFirst(), x.recorder().hasVariables()));
        inputs.require(cell, directions.size(), batchFirst, weights.getFirst());
        this.inputs = batchFirst ? inputs.transposed() : inputs;
        if (cell.hasAttention() && x.recorder().hasVariables() && !StepKernel.isAvailable()) {
            // oneDNN 3.13 has backward primitives for these cells, but what they give is not the loss's gradient: the
            // one of the score, for instance, is taken from that of the gate's argument
            // (`gru_bwd_part1_postgemm_template`).
            throw new UnsupportedOperationException(
                    cell + " can be trained only in a build with native code, and this one has none");
        }

        long width = merge == Merge.CONCAT ? directions.size() * stateSize() : stateSize();
        Value output = x.recorder().allocate(x.shape().with(2, width), DataType.F32);
        Value hN = x.recorder().allocate(stateShape(stateSize()), DataType.F32);
        if (cell.hasCellState()) {
            gives(output, hN, x.recorder().allocate(stateShape(hiddenSize()), DataType.F32));
        } else {
            gives(output, hN);
        }
    }

    private long hiddenSize() {
        return weights.getFirst().inputWeight().shape().size(0) / cell.gates();
    }

    private long stateSize() {
        return weights.getFirst().stateWeight().shape().size(1);
    }

    private Shape stateShape(long width) {
        return Shape.of(directions.size(), x().shape().size(1), width);
    }

    /// The hidden states after the last step of each direction: (D, N, R).
    public Value hN() {
        return outputs().get(1);
    }

    /// The cell states after the last step of each direction: (D, N, H).
    ///
    /// @throws IndexOutOfBoundsException if the cell has none
    public Value cN() {
        return outputs().get(2);
    }

    @Override
    public void forward(Emitter emitter) {
        long steps = x().shape().size(0);
        if (x().shape().size(1) == 0) {
            return;
        }
        if (steps == 0) {
            initialState(emitter, inputs.h0(), hN());
            if (cell.hasCellState()) {
                initialState(emitter, inputs.c0(), cN());
            }
            return;
        }
        Value lengths = inputs.lengths();
        if (lengths != null) {
            Ragged.emitCheck(emitter, lengths, steps);
        }
        if (x().recorder().hasVariables()) {
            emitTraining(emitter);
            return;
        }
        boolean finalCell = cell.hasCellState() && emitter.isNeeded(cN());
        boolean finalState = emitter.isNeeded(hN()) || finalCell;
        Value second = isSum() ? emitter.temporary(output().shape()) : output();
        List<Runnable> emissions = new ArrayList<>();
        for (int d = 0; d < directions.size(); d++) {
            OneDirection direction = direction(d, d == 0 ? output() : second, finalState);
            emissions.add(() -> emitDirection(emitter, direction, finalCell));
        }
        if (directionsRunAtOnce(emitter.threads())) {
            emitter.parallel(emissions);
        } else {
            emissions.forEach(Runnable::run);
        }
        if (second != output()) {
            emitter.accumulate(second, output());
        }
    }

    private void emitDirection(Emitter emitter, OneDirection direction, boolean finalCell) {
        Value lengths = inputs.lengths();
        Lookup lookup = inputs.lookup();
        Parents parents = inputs.parents();
        if (lookup != null || parents != null) {
            direction.emitOnKernel(emitter, null, lengths, lookup, parents);
        } else if (lengths == null) {
            direction.emit(emitter);
        } else if (KernelDirection.isAllowed() && !direction.descriptor().isProjected()) {
            direction.emitOnKernel(emitter, null, lengths, null, null);
        } else {
            Ragged ragged = Ragged.emit(emitter, lengths, direction, finalCell);
            ragged.aligned().emit(emitter);
            ragged.emitResults();
        }
    }

    /// Two directions on a thread each have nothing to wait for, but waking a thread costs some microseconds. With four
    /// threads or more, all of them on one direction after the other would be faster.
    private boolean directionsRunAtOnce(int threads) {
        long products = x().shape().size(0)
                * x().shape().size(1)
                * cell.gates()
                * hiddenSize()
                * (x().shape().size(2) + stateSize());
        return directions.size() == 2 && (threads == 2 || threads == 3) && products >= SMALLEST_SHARED_DIRECTION;
    }

    private boolean isSum() {
        return merge == Merge.SUM && directions.size() == 2;
    }

    private void emitTraining(Emitter emitter) {
        Value lengths = inputs.lengths();
        for (int d = 0; d < directions.size(); d++) {
            // The way back needs what each direction gave, not their sum.
            Value output = isSum() ? emitter.temporary(output().shape()) : output();
            OneDirection direction = direction(d, output, true);
            trained.add(
                    lengths == null
                            ? RecurrentTraining.emit(emitter, direction)
                            : RaggedTraining.emit(emitter, lengths, direction));
            if (isSum() && d == 0) {
                emitter.copy(output, output());
            } else if (isSum()) {
                emitter.accumulate(output, output());
            }
        }
    }

    private OneDirection direction(int d, Value output, boolean finalState) {
        return new OneDirection(
                descriptor(directions.get(d)),
                weights.get(d),
                x(),
                inputs.attention(),
                columns(output, d),
                OneDirection.State.of(select(inputs.h0(), d), select(inputs.c0(), d)),
                finalState
                        ? OneDirection.State.of(select(hN(), d), cell.hasCellState() ? select(cN(), d) : null)
                        : OneDirection.State.NONE);
    }

    /// The part of the layer's output, or of its gradient, that belongs to a direction: (T, N, R).
    private Value columns(Value output, int d) {
        long column = merge == Merge.CONCAT ? d * stateSize() : 0;
        return (batchFirst ? output.transpose(0, 1) : output).slice(2, column, column + stateSize());
    }

    @Override
    public void backward(Gradients gradients) {
        RecurrentBackward backward = x().recorder()
                .record(new RecurrentBackward(
                        this,
                        gradients.of(output()),
                        gradients.of(hN()),
                        cell.hasCellState() ? gradients.of(cN()) : null));
        gradients.add(x(), backward.x());
        gradients.add(inputs.attention(), backward.attention());
        gradients.add(inputs.h0(), backward.h0());
        gradients.add(inputs.c0(), backward.c0());
        for (int d = 0; d < directions.size(); d++) {
            Weights own = weights.get(d);
            RecurrentBackward.WeightGradients of = backward.weights().get(d);
            gradients.add(own.inputWeight(), of.inputWeight());
            gradients.add(own.stateWeight(), of.stateWeight());
            gradients.add(own.inputBias(), of.inputBias());
            gradients.add(own.stateBias(), of.stateBias());
            gradients.add(own.projectionWeight(), of.projectionWeight());
            gradients.add(own.peepholeWeight(), of.peepholeWeight());
        }
    }

    /// The directions, in the order of the states' first dimension.
    public List<Direction> directions() {
        return directions;
    }

    /// How the outputs of both directions are joined.
    public Merge merge() {
        return merge;
    }

    /// The hidden states before the first step, or null for zeros.
    public @Nullable Value h0() {
        return inputs.h0();
    }

    /// The cell states before the first step, or null for zeros.
    public @Nullable Value c0() {
        return inputs.c0();
    }

    /// Scores (T, N) of cells with attention, else null.
    public @Nullable Value attention() {
        return inputs.attention();
    }

    /// Number of steps of each sequence, or null where all have T.
    public @Nullable Value lengths() {
        return inputs.lengths();
    }

    /// Which cell.
    public Cell cell() {
        return cell;
    }

    /// The weights of each direction.
    public List<Weights> weights() {
        return weights;
    }

    /// x as (T, N, I).
    public Value x() {
        return inputs.x();
    }

    /// Whether x and output have N before T.
    public boolean isBatchFirst() {
        return batchFirst;
    }

    /// What the forward pass kept of each direction.
    List<RecurrentTraining> trained() {
        return trained;
    }

    /// The gradients that a direction's outputs receive.
    RecurrentTraining.OutputGradients outputGradients(
            int d, @Nullable Value output, @Nullable Value hN, @Nullable Value cN) {
        return new RecurrentTraining.OutputGradients(
                output == null ? null : columns(output, d), select(hN, d), select(cN, d));
    }

    private RecurrentDescriptor descriptor(Direction direction) {
        return new RecurrentDescriptor(
                cell,
                weights.getFirst().peepholeWeight() != null,
                direction,
                x().shape().size(0),
                x().shape().size(1),
                x().shape().size(2),
                hiddenSize(),
                stateSize());
    }

    private static @Nullable Value select(@Nullable Value states, int direction) {
        return states == null ? null : states.select(0, direction);
    }

    private static void initialState(Emitter emitter, @Nullable Value given, Value result) {
        if (given != null) {
            emitter.copy(given, result);
        } else {
            emitter.zero(result);
        }
    }
}
