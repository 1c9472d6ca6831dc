package dev.rondo.nn;

import dev.rondo.kernel.TreeKernel;
import dev.rondo.op.TreeRecurrent;
import dev.rondo.op.TreeSchedule;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import org.jspecify.annotations.Nullable;

/// Recurrent networks over trees: a node's state follows from its own input and its children's states, or from the root
/// down from its parent's. A sequence is the tree in which each node has one child.
///
/// All nodes of one level of all trees are computed at once. With N nodes, I and H the widths of inputs and states, G
/// gates, and T types of edges ([TreeRecurrence]):
///
/// - x: (M, I), M up to N; h, c: (N, H), 0 where there is no node
/// - parameters: `weight_ih` (G*H, I), `weight_hh` (T, G*H, H), `bias` (G*H)
/// - first values: uniform(±1/sqrt(H))
///
/// Builds without native code have no networks over trees; a recording there throws UnsupportedOperationException.
public abstract sealed class TreeBase extends Module
        permits TreeRNN, NaryTreeLSTM, ChildSumTreeLSTM, TreeGRU, TreeTensorNetwork {
    /// What a network over trees gives.
    ///
    /// @param h hidden states of all nodes (N, H)
    /// @param c cell states (N, H), null without
    public record Output(Value h, @Nullable Value c) {}

    private final TreeKernel cell;
    private final TreeRecurrence recurrence;
    private final Parameter inputWeight;
    private final Parameter bias;

    TreeBase(TreeKernel cell, TreeRecurrence recurrence) {
        this.cell = cell;
        this.recurrence = recurrence;
        long width = cell.inputWidth(recurrence.hiddenSize(), recurrence.arity());
        this.inputWeight = register("weight_ih", parameter(width, recurrence.inputSize()));
        this.bias = register("bias", parameter(width));
    }

    /// The input's share of the gates, the bias included.
    final Value projected(Value x) {
        return x.recorder()
                .record(new dev.rondo.op.Linear(x, weight(x, inputWeight), weight(x, bias), null))
                .output();
    }

    /// The bias of all gates.
    final Value bias(Value x) {
        return weight(x, bias);
    }

    final Parameter parameter(long... sizes) {
        return new Parameter(Shape.of(sizes), Initializer.uniform(1 / Math.sqrt(recurrence.hiddenSize())));
    }

    /// Weights (T, G*H, H).
    final Parameter stateWeight() {
        int hidden = recurrence.hiddenSize();
        return parameter(recurrence.types(), cell.messageWidth(hidden, recurrence.arity()), hidden);
    }

    /// What the network is made of.
    public final TreeRecurrence recurrence() {
        return recurrence;
    }

    /// The states of a sequence (T, H): of the tree in which each node is the only child of the next one, or from the
    /// root down, of the one before it.
    ///
    /// @param x (T, I)
    @Override
    public final Value forward(Value x) {
        long[] parents = new long[Math.toIntExact(x.shape().size(0))];
        for (int i = 0; i < parents.length; i++) {
            int next = recurrence.isTopDown() ? i - 1 : i + 1;
            parents[i] = next < 0 || next == parents.length ? TreeKernel.ROOT : next;
        }
        Value chain = x.recorder().literal(Tensor.of(Shape.of(parents.length), parents));
        return forward(new PackedTrees(x, chain, null)).h();
    }

    /// The states of all nodes.
    public final Output forward(PackedTrees trees) {
        Recorder recorder = trees.x().recorder();
        TreeSchedule schedule = recorder.record(
                new TreeSchedule(trees.parents(), trees.types(), recurrence.types(), recurrence.isTopDown()));
        Value projected = recorder.record(
                        new dev.rondo.op.Linear(trees.x(), weight(trees.x(), inputWeight), null, null))
                .output();
        TreeRecurrent states = recorder.record(new TreeRecurrent(
                cell, schedule, projected, weight(projected, bias), stateWeights(projected), recurrence.arity()));
        return new Output(states.h(), states.c());
    }

    /// The weights of messages, (T, G*H, H).
    abstract Value stateWeights(Value x);
}
