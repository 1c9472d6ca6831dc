package dev.rondo.kernel;

import static dev.rondo.bindings.kernels.Kernels.*;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.bindings.kernels.rondo_tree;
import dev.rondo.program.Step;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// The native kernels of recurrent cells over trees, all nodes of a level at once; `rondo_tree.h` has their equations.
/// Builds without native code have none.
public enum TreeKernel {
    RNN(RONDO_TREE_RNN()),
    LSTM(RONDO_TREE_LSTM()),
    CHILD_SUM_LSTM(RONDO_TREE_CHILD_SUM_LSTM()),
    GRU(RONDO_TREE_GRU()),
    TENSOR(RONDO_TREE_TENSOR());

    /// What stands for the parent of a root.
    public static final long ROOT = RONDO_TREE_ROOT();

    /// What stands for the parent where there is no node.
    public static final long UNUSED = RONDO_TREE_UNUSED();

    private final int id;

    TreeKernel(int id) {
        this.id = id;
    }

    /// Whether this build has them.
    public static boolean isAvailable() {
        return NativeLibraries.load().hasKernels();
    }

    /// Whether nodes have a cell state.
    public boolean hasCellState() {
        return this == LSTM || this == CHILD_SUM_LSTM;
    }

    /// Whether each edge gets a gradient of its own, and not that of the node that it leads to.
    public boolean hasEdgeGradients() {
        return this == CHILD_SUM_LSTM || this == GRU;
    }

    /// Floats of a node's input, once projected.
    public long inputWidth(long hidden, long slots) {
        return switch (this) {
            case LSTM -> (3 + slots) * hidden;
            case CHILD_SUM_LSTM -> 4 * hidden;
            case GRU -> 3 * hidden;
            case RNN, TENSOR -> hidden;
        };
    }

    /// Floats of what goes through an edge.
    public long messageWidth(long hidden, long slots) {
        return this == TENSOR ? hidden + hidden * slots * hidden : inputWidth(hidden, slots);
    }

    /// Floats that are kept of an edge.
    public long edgeWidth(long hidden) {
        return switch (this) {
            case CHILD_SUM_LSTM -> hidden;
            case GRU -> 2 * hidden;
            case RNN, LSTM, TENSOR -> 0;
        };
    }

    /// Numbers that a schedule takes.
    public static long scheduleSize(long nodes, long types) {
        return rondo_tree_schedule_size(nodes, types);
    }

    /// Sorts nodes and edges by levels.
    ///
    /// @param parents (nodes)
    /// @param types   (nodes), or NULL where all are 0
    /// @return -1, or a node at fault
    public static long schedule(
            MemorySegment parents,
            MemorySegment types,
            long nodes,
            long typeCount,
            boolean topDown,
            MemorySegment schedule) {
        return rondo_tree_schedule(parents, types, nodes, typeCount, topDown ? 1 : 0, schedule);
    }

    /// Bytes of weights (types, width, hidden) once packed.
    public static long packedBytes(long types, long width, long hidden, boolean backward) {
        return rondo_tree_packed_size(types, width, hidden, backward ? 1 : 0) * Float.BYTES;
    }

    /// Packs weights (types, width, hidden) for the forward or the backward pass.
    public static void pack(
            MemorySegment weights, long types, long width, long hidden, boolean backward, MemorySegment packed) {
        rondo_tree_pack_f32(weights, types, width, hidden, backward ? 1 : 0, packed);
    }

    /// Floats of scratch memory that each pass needs.
    public static long scratchSize(long nodes, long width, long hidden) {
        return rondo_tree_scratch_size(nodes, width, hidden);
    }

    /// The forward pass, prepared to run many times.
    public Step forward(TreeArguments arguments, Arena arena) {
        MemorySegment tree = struct(arguments, arena);
        return () -> rondo_tree_f32(tree);
    }

    /// The backward pass, prepared to run many times.
    ///
    /// @param diffBias (X)
    public Step backward(TreeArguments arguments, MemorySegment diffBias, Arena arena) {
        MemorySegment tree = struct(arguments, arena);
        return () -> rondo_tree_backward_f32(tree, diffBias);
    }

    /// The gradient of the weights, prepared to run many times; the backward pass comes before it.
    ///
    /// @param diffWeights (types, width, hidden)
    public Step weights(TreeArguments arguments, MemorySegment diffWeights, Arena arena) {
        MemorySegment tree = struct(arguments, arena);
        return () -> rondo_tree_weights_f32(tree, diffWeights);
    }

    private MemorySegment struct(TreeArguments a, Arena arena) {
        MemorySegment tree = rondo_tree.allocate(arena);
        rondo_tree.cell(tree, id);
        rondo_tree.top_down(tree, a.topDown() ? 1 : 0);
        rondo_tree.nodes(tree, a.nodes());
        rondo_tree.inputs(tree, a.inputs());
        rondo_tree.types(tree, a.types());
        rondo_tree.hidden(tree, a.hidden());
        rondo_tree.slots(tree, a.slots());
        rondo_tree.schedule(tree, a.schedule());
        rondo_tree.input(tree, a.input());
        rondo_tree.bias(tree, a.bias());
        rondo_tree.weights(tree, a.weights());
        rondo_tree.gates(tree, a.gates());
        rondo_tree.edges(tree, a.edges());
        rondo_tree.h(tree, a.h());
        rondo_tree.c(tree, a.c());
        rondo_tree.diff_h(tree, a.diffH());
        rondo_tree.diff_c(tree, a.diffC());
        rondo_tree.diff_messages(tree, a.diffMessages());
        rondo_tree.scratch(tree, a.scratch());
        return tree;
    }
}
