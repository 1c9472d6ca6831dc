package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Training on oneDNN's forward primitive, which keeps a workspace, and its backward primitive, which is the
/// back-propagation through all steps.
///
/// Initial and final states are always bound, as zeros where nobody gives them: without initial states oneDNN 3.13
/// computes a wrong gradient of the recurrent weights, off by one step, and says nothing (`ref_rnn.cpp`,
/// `merge_gemm_iter`).
final class PrimitiveTraining implements RecurrentTraining {
    /// What goes in and comes out, each a value and the layout that the primitives see it in.
    private record Bound(int id, MemoryDescriptor layout, Value value) {
        Argument argument() {
            return Argument.of(id, layout, value);
        }
    }

    private final Emitter emitter;
    private final RecurrentDescriptor d;
    private final TrainedWeights weights;
    private final Bound srcLayer;
    private final Bound srcIter;
    private final @Nullable Bound srcIterC;
    private final Bound dstLayer;
    private final Bound dstIter;
    private final @Nullable Bound dstIterC;
    private final Primitive forward;
    private final Bound workspace;

    /// Emits the forward pass.
    ///
    /// @param part `part.last()` is where the final state goes
    PrimitiveTraining(Emitter emitter, OneDirection part) {
        this.emitter = emitter;
        this.d = part.descriptor();
        this.weights = TrainedWeights.emit(emitter, d, part.weights());
        this.srcLayer = bound(DNNL_ARG_SRC_LAYER(), part.x().stride(2) == 1 ? part.x() : emitter.dense(part.x()));
        this.srcIter = state(DNNL_ARG_SRC_ITER(), given(part.initial().h(), d.projection()));
        this.dstLayer = bound(DNNL_ARG_DST_LAYER(), part.output());
        this.dstIter = state(DNNL_ARG_DST_ITER(), part.last().h());
        boolean hasCell = d.cell().hasCellState();
        this.srcIterC =
                hasCell ? state(DNNL_ARG_SRC_ITER_C(), given(part.initial().c(), d.hidden())) : null;
        this.dstIterC = hasCell ? state(DNNL_ARG_DST_ITER_C(), part.last().c()) : null;
        this.forward = emitter.keep(new RecurrentCreation(d, layouts(false)).forward(dnnl_forward_training()));
        MemoryDescriptor kept = emitter.keep(forward.layout(DNNL_ARG_WORKSPACE()));
        this.workspace = new Bound(DNNL_ARG_WORKSPACE(), kept, emitter.workspace(kept.byteSize()));
        List<Argument> sources = sources(false);
        List<Argument> destinations = new ArrayList<>();
        for (Bound bound : new Bound[] {dstLayer, dstIter, dstIterC, workspace}) {
            add(destinations, bound);
        }
        emitter.primitive(forward, sources, destinations);
    }

    private Bound bound(int id, Value value) {
        return new Bound(id, emitter.layout(value), value);
    }

    /// A state (N, W) as oneDNN's (1, 1, N, W).
    private Bound state(int id, Value rows) {
        long batch = rows.shape().size(0);
        long width = rows.shape().size(1);
        long stride = Math.max(rows.stride(0), width);
        return new Bound(
                id,
                emitter.layout(new long[] {1, 1, batch, width}, new long[] {batch * stride, batch * stride, stride, 1}),
                rows);
    }

    private Value given(@Nullable Value state, long width) {
        if (state != null) {
            return state.stride(1) == 1 ? state : emitter.dense(state);
        }
        return zeros(Shape.of(d.batch(), width));
    }

    private Value zeros(Shape shape) {
        Value zeros = emitter.temporary(shape);
        emitter.zero(zeros);
        return zeros;
    }

    private static void add(List<Argument> arguments, @Nullable Bound bound) {
        if (bound != null) {
            arguments.add(bound.argument());
        }
    }

    private Bound layerWeights(boolean backward) {
        return weights(DNNL_ARG_WEIGHTS_LAYER(), d.input(), weights.layerForward(), weights.layerBackward(), backward);
    }

    private Bound iterWeights(boolean backward) {
        return weights(
                DNNL_ARG_WEIGHTS_ITER(), d.projection(), weights.iterForward(), weights.iterBackward(), backward);
    }

    private Bound weights(int id, long width, Value ldigo, Value ldgoi, boolean backward) {
        long gates = d.cell().gates();
        long all = gates * d.hidden() * width;
        long[] dims = {1, 1, width, gates, d.hidden()};
        return backward
                ? new Bound(id, emitter.layout(dims, new long[] {all, all, 1, d.hidden() * width, width}), ldgoi)
                : new Bound(id, emitter.layout(dims), ldigo);
    }

    private @Nullable Bound projection(boolean backward) {
        if (weights.projection() == null) {
            return null;
        }
        long all = d.hidden() * d.projection();
        long[] dims = {1, 1, d.hidden(), d.projection()};
        return backward
                ? new Bound(
                        DNNL_ARG_WEIGHTS_PROJECTION(),
                        emitter.layout(dims, new long[] {all, all, 1, d.hidden()}),
                        weights.projectionBackward())
                : new Bound(DNNL_ARG_WEIGHTS_PROJECTION(), emitter.layout(dims), weights.projection());
    }

    private @Nullable Bound peephole() {
        return weights.peephole() == null
                ? null
                : new Bound(DNNL_ARG_WEIGHTS_PEEPHOLE(), emitter.layout(1, 1, 3, d.hidden()), weights.peephole());
    }

    private Bound bias() {
        return new Bound(DNNL_ARG_BIAS(), emitter.layout(1, 1, d.cell().biases(), d.hidden()), weights.bias());
    }

    private List<Argument> sources(boolean backward) {
        List<Argument> sources = new ArrayList<>();
        for (Bound bound : new Bound[] {
            srcLayer,
            srcIter,
            srcIterC,
            layerWeights(backward),
            iterWeights(backward),
            peephole(),
            projection(backward),
            bias()
        }) {
            add(sources, bound);
        }
        return sources;
    }

    private static MemoryDescriptor layout(@Nullable Bound bound) {
        return bound == null ? MemoryDescriptor.NONE : bound.layout();
    }

    private RecurrentCreation.Layouts layouts(boolean backward) {
        return new RecurrentCreation.Layouts(
                layout(srcLayer),
                MemoryDescriptor.NONE,
                layout(srcIter),
                layout(srcIterC),
                layout(layerWeights(backward)),
                layout(iterWeights(backward)),
                layout(peephole()),
                layout(projection(backward)),
                layout(bias()),
                layout(dstLayer),
                layout(dstIter),
                layout(dstIterC));
    }

    @Override
    public StateGradients backward(OutputGradients given, InputGradients inputs, RecurrentBackward.WeightGradients to) {
        long gatesWidth = d.cell().gates() * d.hidden();
        Bound diffSrcLayer = bound(
                DNNL_ARG_DIFF_SRC_LAYER(),
                inputs.x() == null ? emitter.temporary(srcLayer.value().shape()) : inputs.x());
        Bound diffSrcIter = state(DNNL_ARG_DIFF_SRC_ITER(), emitter.temporary(Shape.of(d.batch(), d.projection())));
        Bound diffSrcIterC = srcIterC == null
                ? null
                : state(DNNL_ARG_DIFF_SRC_ITER_C(), emitter.temporary(Shape.of(d.batch(), d.hidden())));
        // oneDNN adds to the gradients of weights.
        Bound diffLayer = new Bound(
                DNNL_ARG_DIFF_WEIGHTS_LAYER(),
                emitter.layout(1, 1, d.input(), d.cell().gates(), d.hidden()),
                zeros(Shape.of(d.input(), gatesWidth)));
        Bound diffIter = new Bound(
                DNNL_ARG_DIFF_WEIGHTS_ITER(),
                emitter.layout(1, 1, d.projection(), d.cell().gates(), d.hidden()),
                zeros(Shape.of(d.projection(), gatesWidth)));
        Bound diffProjection = weights.projection() == null
                ? null
                : new Bound(
                        DNNL_ARG_DIFF_WEIGHTS_PROJECTION(),
                        emitter.layout(1, 1, d.hidden(), d.projection()),
                        zeros(Shape.of(d.hidden(), d.projection())));
        Bound diffPeephole = weights.peephole() == null
                ? null
                : new Bound(
                        DNNL_ARG_DIFF_WEIGHTS_PEEPHOLE(),
                        emitter.layout(1, 1, 3, d.hidden()),
                        zeros(Shape.of(3, d.hidden())));
        Bound diffBias = new Bound(
                DNNL_ARG_DIFF_BIAS(),
                emitter.layout(1, 1, d.cell().biases(), d.hidden()),
                zeros(Shape.of(d.cell().biases() * d.hidden())));
        Bound diffDstLayer = bound(
                DNNL_ARG_DIFF_DST_LAYER(),
                given.output() == null
                        ? zeros(dstLayer.value().shape())
                        : given.output().stride(2) == 1 ? given.output() : emitter.dense(given.output()));
        Bound diffDstIter = state(DNNL_ARG_DIFF_DST_ITER(), given(given.h(), d.projection()));
        Bound diffDstIterC = dstIterC == null ? null : state(DNNL_ARG_DIFF_DST_ITER_C(), given(given.c(), d.hidden()));
        Primitive backward = emitter.keep(new RecurrentCreation(d, layouts(true))
                .backward(
                        new RecurrentCreation.Layouts(
                                layout(diffSrcLayer),
                                MemoryDescriptor.NONE, // no attention
                                layout(diffSrcIter),
                                layout(diffSrcIterC),
                                layout(diffLayer),
                                layout(diffIter),
                                layout(diffPeephole),
                                layout(diffProjection),
                                layout(diffBias),
                                layout(diffDstLayer),
                                layout(diffDstIter),
                                layout(diffDstIterC)),
                        forward));
        List<Argument> sources = sources(true);
        for (Bound bound : new Bound[] {
            dstLayer, dstIter, dstIterC, workspace, diffDstLayer, diffDstIter, diffDstIterC,
        }) {
            add(sources, bound);
        }
        List<Argument> destinations = new ArrayList<>();
        for (Bound bound : new Bound[] {
            diffSrcLayer, diffSrcIter, diffSrcIterC, diffLayer, diffIter, diffPeephole, diffProjection, diffBias
        }) {
            add(destinations, bound);
        }
        emitter.primitive(backward, sources, destinations);
        TrainedWeights.gradient(emitter, d, diffLayer.value(), to.inputWeight());
        TrainedWeights.gradient(emitter, d, diffIter.value(), to.stateWeight());
        TrainedWeights.biasGradient(emitter, d, diffBias.value(), to.inputBias(), to.stateBias());
        if (diffProjection != null) {
            emitter.copy(diffProjection.value().transpose(0, 1), to.projectionWeight());
        }
        if (diffPeephole != null) {
            emitter.copy(diffPeephole.value(), to.peepholeWeight());
        }
        return new StateGradients(diffSrcIter.value(), diffSrcIterC == null ? null : diffSrcIterC.value());
    }
}
