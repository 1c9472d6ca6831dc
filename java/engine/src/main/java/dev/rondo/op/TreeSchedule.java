package dev.rondo.op;

import dev.rondo.kernel.Kernels;
import dev.rondo.kernel.TreeKernel;
import dev.rondo.program.Emitter;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The order in which the nodes of trees are computed: by level, from the leaves up or from the roots down. A run
/// checks the trees, and throws IllegalArgumentException that names a node at fault.
///
/// parents (N) and types (N), I64; the result is what [TreeRecurrent] reads.
public final class TreeSchedule extends Op {
    private final Value parents;
    private final @Nullable Value types;
    private final long typeCount;
    private final boolean topDown;

    /// @param parents   (N), each node's parent, -1 for a root, -2 where there is no node
    /// @param types     (N), from 0 to typeCount - 1, each node's edge to its parent; or null, where all are 0
    /// @param topDown   whether parents come before their children
    public TreeSchedule(Value parents, @Nullable Value types, long typeCount, boolean topDown) {
        super(Stream.of(parents, types).filter(value -> value != null).toList());
        if (!TreeKernel.isAvailable()) {
            throw new UnsupportedOperationException("networks over trees need a build with native code");
        }
        this.parents = Shapes.requireIds(parents, "a network over trees", "parents");
        if (parents.shape().rank() != 1) {
            throw new IllegalArgumentException(
                    "a network over trees needs parents (N), not of shape " + parents.shape());
        }
        if (types != null
                && !Shapes.requireIds(types, "a network over trees", "types of edges")
                        .shape()
                        .equals(parents.shape())) {
            throw new IllegalArgumentException("a network over trees needs types of edges " + parents.shape()
                    + ", one for each node, not of shape " + types.shape());
        }
        this.types = types;
        this.typeCount = typeCount;
        this.topDown = topDown;
        gives(parents.recorder().allocate(Shape.of(TreeKernel.scheduleSize(nodes(), typeCount)), DataType.I64));
    }

    /// (N): each node's parent.
    public Value parents() {
        return parents;
    }

    /// (N): the types of edges, or null where all are 0.
    public @Nullable Value types() {
        return types;
    }

    /// N
    long nodes() {
        return parents.shape().size(0);
    }

    /// How many types of edges there are.
    public long typeCount() {
        return typeCount;
    }

    /// Whether parents come before their children.
    public boolean topDown() {
        return topDown;
    }

    @Override
    public void forward(Emitter emitter) {
        String problem = "levels of " + nodes() + " nodes " + (topDown ? "from the roots" : "from the leaves");
        emitter.kernel(problem, Kernels.available().toString(), inputs(), List.of(output()), memory -> {
            MemorySegment given = memory.segment(parents);
            MemorySegment givenTypes = types == null ? MemorySegment.NULL : memory.segment(types);
            MemorySegment schedule = memory.segment(output());
            long nodes = nodes();
            return () -> {
                long bad = TreeKernel.schedule(given, givenTypes, nodes, typeCount, topDown, schedule);
                if (bad >= 0) {
                    throw refusal(given, givenTypes, bad);
                }
            };
        });
    }

    private IllegalArgumentException refusal(MemorySegment given, MemorySegment givenTypes, long node) {
        long parent = given.getAtIndex(ValueLayout.JAVA_LONG, node);
        if (parent < TreeKernel.UNUSED || parent >= nodes()) {
            return new IllegalArgumentException(
                    "node " + node + " has parent " + parent + ", which is none of " + nodes() + " nodes, nor "
                            + TreeKernel.ROOT + " for a root or " + TreeKernel.UNUSED + " for no node");
        }
        if (parent >= 0 && given.getAtIndex(ValueLayout.JAVA_LONG, parent) == TreeKernel.UNUSED) {
            return new IllegalArgumentException("node " + node + " has parent " + parent + ", which is no node");
        }
        if (parent >= 0 && types != null) {
            long type = givenTypes.getAtIndex(ValueLayout.JAVA_LONG, node);
            if (type < 0 || type >= typeCount) {
                return new IllegalArgumentException("the edge of node " + node + " has type " + type
                        + ", which is not in the network's range 0.." + (typeCount - 1));
            }
        }
        return new IllegalArgumentException("node " + node + " is an ancestor of itself: the parents make a cycle");
    }

    @Override
    public boolean passesGradients() {
        return false;
    }
}
