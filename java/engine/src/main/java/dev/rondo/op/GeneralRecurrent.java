package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.DNNL_ARG_BIAS;

import dev.rondo.kernel.CellFunctions;
import dev.rondo.program.Direction;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A recurrent layer with what [Recurrent]'s cells lack: any activations, clipped arguments of activations, input and
/// forget gates that add up to 1. For inference. A native build has a kernel for most functions
/// ([KernelDirection]); else each step is computed in Java, and the input's share of all gates by oneDNN.
///
/// x (T, N, I), h0 and c0 (D, N, H), lengths (N), I64 from 0 to T; outputs: output (T, N, D*H), hN (D, N, H) and for
/// an LSTM cN (D, N, H). Behind a sequence's length the output is 0, and final states are those after its last step.
///
/// Source: the ONNX operators `RNN`, `LSTM` and `GRU`.
public final class GeneralRecurrent extends Op {
    /// The functions of a direction's cell.
    ///
    /// @param gates     of an RNN's only gate; of the gates i, f, o or r, z
    /// @param candidate of an LSTM's or a GRU's candidate
    /// @param output    of an LSTM's cell state where it becomes the hidden state
    public record Functions(GateFunction gates, GateFunction candidate, GateFunction output) {
        private boolean haveKernel() {
            return gates.hasKernel() && candidate.hasKernel() && output.hasKernel();
        }
    }

    /// What goes beyond an ordinary cell.
    ///
    /// @param functions of each direction
    /// @param clip      the largest magnitude of an activation's argument, or infinity
    /// @param coupled   whether an LSTM's forget gate is 1 minus its input gate
    public record Cells(List<Functions> functions, float clip, boolean coupled) {
        public Cells {
            functions = List.copyOf(functions);
            if (!(clip > 0)) {
                throw new IllegalArgumentException("activations are clipped at a positive number, not " + clip);
            }
        }
    }

    private final Cell cell;
    private final Cells cells;
    private final List<Direction> directions;
    private final List<Recurrent.Weights> weights;
    private final Value x;
    private final @Nullable Value h0;
    private final @Nullable Value c0;
    private final @Nullable Value lengths;

    /// @param cell    one without attention; of the cells of an RNN any
    /// @param lengths number of steps of each sequence, or null where all have T
    /// @param weights of each direction, constant, without projections
    public GeneralRecurrent(
            Cell cell,
            Cells cells,
            List<Direction> directions,
            Value x,
            @Nullable Value h0,
            @Nullable Value c0,
            @Nullable Value lengths,
            List<Recurrent.Weights> weights) {
        super(Stream.concat(
                        Stream.of(x, h0, c0, lengths).filter(value -> value != null),
                        weights.stream().flatMap(Recurrent.Weights::values))
                .toList());
        String name = cell + " with its own activations";
        if (x.recorder().hasVariables()) {
            throw new UnsupportedOperationException(name + " cannot be trained");
        }
        Recurrent.Weights first = weights.getFirst();
        Shape shape = Shapes.requireFloat(x, name).shape();
        if (shape.rank() != 3 || shape.size(2) != first.inputWeight().shape().size(1)) {
            throw new IllegalArgumentException(name + " needs an input of shape [T, N, "
                    + first.inputWeight().shape().size(1) + "], not " + shape);
        }
        if (cell.hasAttention()
                || weights.size() != directions.size()
                || cells.functions().size() != directions.size()) {
            throw new IllegalArgumentException(name + " needs weights and functions for each direction");
        }
        weights.forEach(one -> {
            WeightShapes.require(cell, one, first, false);
            if (one.projectionWeight() != null) {
                throw new IllegalArgumentException(name + " has no projection");
            }
        });
        this.cell = cell;
        this.cells = cells;
        this.directions = List.copyOf(directions);
        this.weights = List.copyOf(weights);
        this.x = x;
        Shape states = Shape.of(directions.size(), shape.size(1), hidden());
        this.h0 = h0 == null ? null : Shapes.require(h0, states, name, "h0");
        this.c0 = c0 == null ? null : Shapes.require(c0, states, name, "c0");
        this.lengths = lengths == null ? null : Lengths.require(lengths, shape, name);
        List<Value> outputs = new ArrayList<>();
        outputs.add(x.recorder().allocate(shape.with(2, directions.size() * hidden()), DataType.F32));
        outputs.add(x.recorder().allocate(states, DataType.F32));
        if (cell.hasCellState()) {
            outputs.add(x.recorder().allocate(states, DataType.F32));
        }
        gives(outputs.toArray(Value[]::new));
    }

    /// The kind of cell.
    public Cell cell() {
        return cell;
    }

    /// What goes beyond it.
    public Cells cells() {
        return cells;
    }

    /// Its directions.
    public List<Direction> directions() {
        return directions;
    }

    /// (T, N, I)
    public Value x() {
        return x;
    }

    /// (D, N, H), or null for zeros.
    public @Nullable Value h0() {
        return h0;
    }

    /// (D, N, H), or null for zeros.
    public @Nullable Value c0() {
        return c0;
    }

    /// (N), or null where all sequences have T steps.
    public @Nullable Value lengths() {
        return lengths;
    }

    /// The weights of each direction.
    public List<Recurrent.Weights> weights() {
        return weights;
    }

    private long hidden() {
        return weights.getFirst().stateWeight().shape().size(1);
    }

    @Override
    public void forward(Emitter emitter) {
        long steps = x.shape().size(0);
        long batch = x.shape().size(1);
        if (batch == 0) {
            return;
        }
        if (KernelDirection.isAllowed() && cells.functions().stream().allMatch(Functions::haveKernel)) {
            for (int d = 0; d < directions.size(); d++) {
                emitOnKernel(emitter, d);
            }
            return;
        }
        Value source = emitter.dense(x);
        for (int d = 0; d < directions.size(); d++) {
            Recurrent.Weights own = weights.get(d);
            long gates = own.inputWeight().shape().size(0);
            Value projected = emitter.temporary(Shape.of(steps, batch, gates));
            Argument bias = own.inputBias() == null
                    ? null
                    : Argument.of(DNNL_ARG_BIAS(), emitter.layout(1, gates), own.inputBias());
            Linear.emit(emitter, source, projected, new Linear.Packed(own.inputWeight()), bias, null);
            emitSteps(emitter, d, projected);
        }
    }

    private void emitOnKernel(Emitter emitter, int d) {
        Recurrent.Weights own = weights.get(d);
        Functions functions = cells.functions().get(d);
        RecurrentDescriptor descriptor = new RecurrentDescriptor(
                cell,
                own.peepholeWeight() != null,
                directions.get(d),
                x.shape().size(0),
                x.shape().size(1),
                x.shape().size(2),
                hidden(),
                hidden());
        new OneDirection(
                        descriptor,
                        own,
                        x,
                        null,
                        output().slice(2, d * hidden(), (d + 1) * hidden()),
                        new OneDirection.State(selected(h0, d), selected(c0, d)),
                        new OneDirection.State(hN().select(0, d), cell.hasCellState() ? cN().select(0, d) : null))
                .emitOnKernel(
                        emitter,
                        new CellFunctions(
                                functions.gates().ofKernel(),
                                functions.candidate().ofKernel(),
                                functions.output().ofKernel(),
                                cells.clip(),
                                cells.coupled()),
                        lengths,
                        null,
                        null);
    }

    private static @Nullable Value selected(@Nullable Value states, int d) {
        return states == null ? null : states.select(0, d);
    }

    private void emitSteps(Emitter emitter, int d, Value projected) {
        Value h = select(emitter, h0, d);
        Value c = select(emitter, c0, d);
        Value output = output().slice(2, d * hidden(), (d + 1) * hidden());
        Value hN = outputs().get(1).select(0, d);
        Value cN = cell.hasCellState() ? outputs().get(2).select(0, d) : null;
        GeneralCell.Weights own = GeneralCell.Weights.of(cell, weights.get(d));
        Functions functions = cells.functions().get(d);
        boolean reverse = directions.get(d) == Direction.RIGHT_TO_LEFT;
        emitter.kernel(
                cell + " with " + functions + " " + x.shape() + " " + directions.get(d),
                "Java",
                present(projected, h, c, lengths),
                present(output, hN, cN),
                memory -> {
                    GeneralCell kernel = new GeneralCell(cell, own, functions, cells.clip(), cells.coupled());
                    GeneralCell.Sequences sequences = new GeneralCell.Sequences(
                            projected.shape().size(0),
                            projected.shape().size(1),
                            reverse,
                            memory.segment(projected),
                            lengths == null ? null : memory.segment(lengths),
                            h == null ? null : memory.segment(h),
                            c == null ? null : memory.segment(c),
                            memory.segment(output),
                            output.stride(1),
                            memory.segment(hN),
                            cN == null ? null : memory.segment(cN));
                    return () -> kernel.run(sequences);
                });
    }

    private static @Nullable Value select(Emitter emitter, @Nullable Value states, int d) {
        Value state = selected(states, d);
        return state == null ? null : emitter.dense(state);
    }

    private static List<Value> present(@Nullable Value... values) {
        return Stream.of(values).filter(value -> value != null).toList();
    }

    /// The hidden states after the last step of each direction: (D, N, H).
    public Value hN() {
        return outputs().get(1);
    }

    /// The cell states after the last step of each direction: (D, N, H).
    ///
    /// @throws IndexOutOfBoundsException if the cell has none
    public Value cN() {
        return outputs().get(2);
    }
}
