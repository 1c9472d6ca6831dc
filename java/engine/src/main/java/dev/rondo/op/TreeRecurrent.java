package dev.rondo.op;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.TreeArguments;
import dev.rondo.kernel.TreeKernel;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.ReplayMemory;
import dev.rondo.program.Step;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A recurrent cell over trees. The trees are an input, so one program serves all trees of up to so many nodes: a run
/// goes through the levels, each a gather, a product for each type of edge, and the gates.
///
/// The gates are kept once activated, and become their arguments' gradients on the way back; the gradient of the
/// weights is one product over all edges of a type.
public final class TreeRecurrent extends Op {
    private final TreeKernel cell;
    private final TreeSchedule schedule;
    private final Value input;
    private final Value bias;
    private final Value weights;
    private final long slots;
    private final Value h;
    private final @Nullable Value c;
    private final Value gates; // (N, G)
    private @Nullable Value edges; // (N, what is kept of an edge)

    /// @param input     (M, X) for the first M of N nodes, projected
    /// @param bias      (X)
    /// @param weights   (types, G, H)
    /// @param slots     K: an edge of type t has slot t mod K
    public TreeRecurrent(TreeKernel cell, TreeSchedule schedule, Value input, Value bias, Value weights, long slots) {
        super(Stream.of(schedule.output(), Copy.dense(input), bias, weights)
                .filter(value -> value != null)
                .toList());
        this.cell = cell;
        this.schedule = schedule;
        this.input = inputs().get(1);
        this.bias = bias;
        this.weights = weights;
        this.slots = slots;
        long hidden = hidden();
        long nodes = schedule.nodes();
        Shapes.requireWeight(
                weights,
                Shape.of(schedule.typeCount(), cell.messageWidth(hidden, slots), hidden),
                "a network over trees",
                "weights");
        Shapes.requireWeight(bias, Shape.of(cell.inputWidth(hidden, slots)), "a network over trees", "a bias");
        if (input.shape().rank() != 2 || input.shape().size(0) > nodes) {
            throw new IllegalArgumentException("a network over trees of " + nodes
                    + " nodes needs inputs of the first of them, one a row, not of shape " + input.shape());
        }
        Shapes.require(
                input,
                Shape.of(input.shape().size(0), cell.inputWidth(hidden, slots)),
                "a network over trees",
                "inputs");
        this.gates = input.recorder().allocate(Shape.of(nodes, cell.messageWidth(hidden, slots)), DataType.F32);
        this.h = input.recorder().allocate(Shape.of(nodes, hidden), DataType.F32);
        this.c = cell.hasCellState() ? input.recorder().allocate(h.shape(), DataType.F32) : null;
        if (c == null) {
            gives(h);
        } else {
            gives(h, c);
        }
    }

    private long hidden() {
        return weights.shape().size(2);
    }

    private long width() {
        return weights.shape().size(1);
    }

    /// Which equations.
    public TreeKernel cell() {
        return cell;
    }

    /// The trees.
    public TreeSchedule schedule() {
        return schedule;
    }

    /// (M, X): inputs of the first nodes, projected.
    public Value input() {
        return input;
    }

    /// (X)
    public Value bias() {
        return bias;
    }

    /// (types, G, H)
    public Value weights() {
        return weights;
    }

    /// K
    public long slots() {
        return slots;
    }

    /// (N, H): each node's h, 0 where there is no node.
    public Value h() {
        return h;
    }

    /// (N, H): each node's c, or null.
    public @Nullable Value c() {
        return c;
    }

    @Override
    public void forward(Emitter emitter) {
        long edgeWidth = cell.edgeWidth(hidden());
        edges = edgeWidth == 0 ? null : emitter.temporary(Shape.of(schedule.nodes(), edgeWidth));
        Pass pass = new Pass(emitter, null, null, null);
        Packed packed = pass.pack(false);
        pass.emit(
                this + " of " + h.shape(),
                packed,
                List.of(),
                (arguments, memory) -> cell.forward(arguments, memory.arena()));
    }

    @Override
    public void backward(Gradients gradients) {
        Backward backward = input.recorder().record(new Backward(gradients.of(h), c == null ? null : gradients.of(c)));
        gradients.add(input, backward.diffInput);
        gradients.add(bias, backward.diffBias);
        gradients.add(weights, backward.diffWeights);
    }

    private final class Backward extends Op {
        private final @Nullable Value diffH;
        private final @Nullable Value diffC;
        private final Value diffInput;
        private final Value diffBias;
        private final Value diffWeights;

        Backward(@Nullable Value diffH, @Nullable Value diffC) {
            super(present(
                    schedule.output(),
                    input,
                    bias,
                    weights,
                    h,
                    c,
                    diffH == null ? null : Copy.dense(diffH),
                    diffC == null ? null : Copy.dense(diffC)));
            this.diffH = diffH == null ? null : Copy.dense(diffH);
            this.diffC = diffC == null ? null : Copy.dense(diffC);
            // The gates become the gradients: those of the inputs are the first of them, where they are as wide.
            boolean isPart = gates.shape().size(1) == input.shape().size(1);
            this.diffInput = isPart ? gates.slice(0, 0, input.shape().size(0)) : like(input);
            this.diffBias = like(bias);
            this.diffWeights = like(weights);
            gives(isPart ? gates : diffInput, diffBias, diffWeights);
        }

        private static Value like(Value value) {
            return value.recorder().allocate(value.shape(), DataType.F32);
        }

        @Override
        public void forward(Emitter emitter) {
            Value diffMessages = cell.hasEdgeGradients() ? emitter.temporary(gates.shape()) : null;
            Pass pass = new Pass(emitter, diffH, diffC, diffMessages);
            String problem = TreeRecurrent.this + " of " + h.shape() + " backward";
            pass.emit(
                    problem,
                    pass.pack(true),
                    List.of(diffBias),
                    (arguments, memory) -> cell.backward(arguments, memory.segment(diffBias), memory.arena()));
            Value given = gates.slice(1, 0, bias.shape().size(0)); // (N, X)
            if (given.shape().size(1) < gates.shape().size(1)) {
                emitter.copy(given.slice(0, 0, input.shape().size(0)), diffInput);
            }
            if (emitter.isNeeded(diffWeights)) {
                pass.emit(
                        problem + ", weights",
                        Packed.NONE,
                        List.of(diffWeights),
                        (arguments, memory) -> cell.weights(arguments, memory.segment(diffWeights), memory.arena()));
            }
        }
    }

    private static List<Value> present(@Nullable Value... values) {
        return Stream.of(values).filter(value -> value != null).toList();
    }

    /// The weights as a pass wants them.
    ///
    /// @param once constants, packed when the program was made; or NULL
    /// @param each packed once a run; or null
    private record Packed(MemorySegment once, @Nullable Value each) {
        static final Packed NONE = new Packed(MemorySegment.NULL, null);

        MemorySegment segment(ReplayMemory memory) {
            return each == null ? once : memory.segment(each);
        }
    }

    /// A pass over the trees, with what its instructions share.
    private final class Pass {
        private final Emitter emitter;
        private final @Nullable Value diffH;
        private final @Nullable Value diffC;
        private final @Nullable Value diffMessages;
        private final Value scratch;

        Pass(Emitter emitter, @Nullable Value diffH, @Nullable Value diffC, @Nullable Value diffMessages) {
            this.emitter = emitter;
            this.diffH = diffH;
            this.diffC = diffC;
            this.diffMessages = diffMessages;
            this.scratch = emitter.temporary(Shape.of(TreeKernel.scratchSize(schedule.nodes(), width(), hidden())));
        }

        /// Packs the weights: now if they are constant, else on each run.
        Packed pack(boolean backward) {
            long types = schedule.typeCount();
            long bytes = TreeKernel.packedBytes(types, width(), hidden(), backward);
            Tensor constant = weights.constant();
            if (constant != null && !backward) {
                MemorySegment once = emitter.weights().packForKernel("tree", List.of(constant), arena -> {
                    MemorySegment packed = arena.allocate(bytes, Tensor.ALIGNMENT);
                    TreeKernel.pack(constant.data(), types, width(), hidden(), false, packed);
                    return packed;
                });
                return new Packed(once, null);
            }
            Value packed = emitter.workspace(bytes);
            String implementation = Kernels.available().toString();
            emitter.kernel("pack " + weights, implementation, List.of(weights), List.of(packed), memory -> {
                MemorySegment from = memory.segment(weights);
                MemorySegment to = memory.segment(packed);
                return () -> TreeKernel.pack(from, types, width(), hidden(), backward, to);
            });
            return new Packed(MemorySegment.NULL, packed);
        }

        void emit(
                String problem,
                Packed packed,
                List<Value> results,
                BiFunction<TreeArguments, ReplayMemory, Step> binder) {
            List<Value> all = Stream.concat(
                            present(
                                    schedule.output(),
                                    input,
                                    bias,
                                    packed.each(),
                                    gates,
                                    edges,
                                    h,
                                    c,
                                    diffH,
                                    diffC,
                                    diffMessages,
                                    scratch)
                                    .stream(),
                            results.stream())
                    .toList();
            emitter.kernel(problem, Kernels.available().toString(), all, all, memory -> {
                TreeArguments arguments = new TreeArguments(
                        schedule.topDown(),
                        schedule.nodes(),
                        input.shape().size(0),
                        schedule.typeCount(),
                        hidden(),
                        slots,
                        memory.segment(schedule.output()),
                        memory.segment(input),
                        memory.segment(bias),
                        packed.segment(memory),
                        memory.segment(gates),
                        segment(memory, edges),
                        memory.segment(h),
                        segment(memory, c),
                        segment(memory, diffH),
                        segment(memory, diffC),
                        segment(memory, diffMessages),
                        memory.segment(scratch));
                return binder.apply(arguments, memory);
            });
        }

        private static MemorySegment segment(ReplayMemory memory, @Nullable Value value) {
            return value == null ? MemorySegment.NULL : memory.segment(value);
        }
    }

    @Override
    public String toString() {
        return "tree " + cell + (schedule.topDown() ? " from the roots" : "");
    }
}
