package dev.rondo.op;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.program.Emitter;
import dev.rondo.program.Instruction.Argument;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Value;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A oneDNN primitive for one direction of one recurrent layer, and the layouts of its arguments.
///
/// oneDNN's words: srcLayer (T, N, slc), srcIter and dstIter (1, 1, N, sic), srcIterC and dstIterC (1, 1, N, dhc),
/// dstLayer (T, N, dlc), weights (1, 1, in, G, dhc), bias (1, 1, G, dhc).
record RecurrentPrimitive(
        Primitive primitive,
        RecurrentDescriptor descriptor,
        MemoryDescriptor srcLayer,
        MemoryDescriptor attention,
        StateLayout src,
        MemoryDescriptor dstLayer,
        StateLayout dst) {

    /// Layouts of a state's parts, [MemoryDescriptor#NONE] where a part is not given.
    record StateLayout(MemoryDescriptor iter, MemoryDescriptor iterC) {
        static StateLayout of(Emitter emitter, OneDirection.State state) {
            return new StateLayout(layout(emitter, state.h()), layout(emitter, state.c()));
        }

        private static MemoryDescriptor layout(Emitter emitter, @Nullable Value rows) {
            if (rows == null) {
                return MemoryDescriptor.NONE;
            }
            long batch = rows.shape().size(0);
            long stride = Math.max(rows.stride(0), rows.shape().size(1)); // free to choose where there is one row
            return emitter.layout(
                    new long[] {1, 1, batch, rows.shape().size(1)},
                    new long[] {batch * stride, batch * stride, stride, 1});
        }

        boolean sameAs(StateLayout other) {
            return iter.sameAs(other.iter) && iterC.sameAs(other.iterC);
        }
    }

    /// Creates the primitive for a direction, or for a chunk of its steps.
    static RecurrentPrimitive create(Emitter emitter, OneDirection part) {
        RecurrentDescriptor d = part.descriptor();
        MemoryDescriptor srcLayer = emitter.layout(part.x());
        MemoryDescriptor attention =
                part.attention() == null ? MemoryDescriptor.NONE : emitter.layout(d.steps(), d.batch(), 1);
        MemoryDescriptor dstLayer = emitter.layout(part.output());
        StateLayout src = StateLayout.of(emitter, part.initial());
        StateLayout dst = StateLayout.of(emitter, part.last());
        int gates = d.cell().gates();
        try (MemoryDescriptor weightsLayer = MemoryDescriptor.any(1, 1, d.input(), gates, d.hidden());
                MemoryDescriptor weightsIter = MemoryDescriptor.any(1, 1, d.projection(), gates, d.hidden());
                MemoryDescriptor peephole =
                        d.peephole() ? MemoryDescriptor.dense(1, 1, 3, d.hidden()) : MemoryDescriptor.NONE;
                MemoryDescriptor projection = d.isProjected()
                        ? MemoryDescriptor.any(1, 1, d.hidden(), d.projection())
                        : MemoryDescriptor.NONE;
                MemoryDescriptor bias = MemoryDescriptor.dense(1, 1, d.cell().biases(), d.hidden())) {
            RecurrentCreation.Layouts layouts = new RecurrentCreation.Layouts(
                    srcLayer,
                    attention,
                    src.iter(),
                    src.iterC(),
                    weightsLayer,
                    weightsIter,
                    peephole,
                    projection,
                    bias,
                    dstLayer,
                    dst.iter(),
                    dst.iterC());
            Primitive primitive = emitter.keep(new RecurrentCreation(d, layouts).forward(dnnl_forward_inference()));
            return new RecurrentPrimitive(primitive, d, srcLayer, attention, src, dstLayer, dst);
        }
    }

    /// Whether this primitive computes that part too: the same shapes in the same layouts.
    boolean serves(Emitter emitter, OneDirection part) {
        // The chunks of a sequence differ in nothing but their length and their states.
        return descriptor.steps() == part.descriptor().steps()
                && src.sameAs(StateLayout.of(emitter, part.initial()))
                && dst.sameAs(StateLayout.of(emitter, part.last()));
    }

    /// Emits the execution for a part that this primitive serves.
    void emit(Emitter emitter, OneDirection part) {
        Cell cell = descriptor.cell();
        Recurrent.Weights weights = part.weights();
        List<Argument> sources = new ArrayList<>();
        sources.add(Argument.of(DNNL_ARG_SRC_LAYER(), srcLayer, part.x()));
        if (part.attention() != null) {
            sources.add(Argument.of(DNNL_ARG_AUGRU_ATTENTION(), attention, part.attention()));
        }
        addState(sources, DNNL_ARG_SRC_ITER(), DNNL_ARG_SRC_ITER_C(), src, part.initial());
        sources.add(packed(
                emitter,
                DNNL_ARG_WEIGHTS_LAYER(),
                part.inputRole(),
                weights.inputWeight().constant(),
                _ -> WeightLayout.ldigo(cell, part.inputWeight(), descriptor.hidden())));
        sources.add(packed(
                emitter,
                DNNL_ARG_WEIGHTS_ITER(),
                "iter",
                weights.stateWeight().constant(),
                tensor -> WeightLayout.ldigo(cell, tensor, descriptor.hidden())));
        if (weights.peepholeWeight() != null) {
            MemoryDescriptor layout = emitter.layout(1, 1, 3, descriptor.hidden());
            sources.add(Argument.of(DNNL_ARG_WEIGHTS_PEEPHOLE(), layout, weights.peepholeWeight()));
        }
        if (weights.projectionWeight() != null) {
            Tensor projection = weights.projectionWeight().constant();
            sources.add(packed(emitter, DNNL_ARG_WEIGHTS_PROJECTION(), "projection", projection, WeightLayout::ldio));
        }
        sources.add(part.bias(emitter, 1, 1, cell.biases(), descriptor.hidden()));
        List<Argument> destinations = new ArrayList<>();
        destinations.add(Argument.of(DNNL_ARG_DST_LAYER(), dstLayer, part.output()));
        addState(destinations, DNNL_ARG_DST_ITER(), DNNL_ARG_DST_ITER_C(), dst, part.last());
        emitter.primitive(primitive, sources, destinations);
    }

    private static void addState(
            List<Argument> arguments, int iter, int iterC, StateLayout layout, OneDirection.State state) {
        if (state.h() != null) {
            arguments.add(Argument.of(iter, layout.iter(), state.h()));
        }
        if (state.c() != null) {
            arguments.add(Argument.of(iterC, layout.iterC(), state.c()));
        }
    }

    private Argument packed(
            Emitter emitter, int id, String role, Tensor weight, Function<Tensor, PackedWeights.Plain> plain) {
        try (MemoryDescriptor wanted = primitive.layout(id)) {
            PackedWeights.Packed packed = emitter.weights()
                    .pack(descriptor.cell() + " " + role, List.of(weight), wanted, () -> plain.apply(weight));
            return Argument.of(id, packed);
        }
    }
}
