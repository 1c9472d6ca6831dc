package dev.rondo.bench;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.bindings.Handle;
import dev.rondo.bindings.NativeLibraries;
import dev.rondo.bindings.Pointer;
import dev.rondo.bindings.Status;
import dev.rondo.bindings.dnnl.Dnnl;
import dev.rondo.bindings.dnnl.dnnl_exec_arg_t;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;

/// oneDNN's RNN primitive by itself, called as a C program would: weights once brought into the layout that it asks
/// for, arguments prepared, one call a run. Neither Rondo's programs nor its kernels take part.
public final class OneDnn implements Library {
    private static final int BIDIRECTIONAL_CONCAT = 3; // dnnl_bidirectional_concat, which the bindings leave out

    @Override
    public String name() {
        return "onednn";
    }

    @Override
    public int rank() {
        return 3;
    }

    @Override
    public boolean hasLayer(LayerShape shape) {
        return shape.layers() == 1 && !shape.isRagged();
    }

    @Override
    public boolean hasStream(LayerShape shape) {
        return hasLayer(shape);
    }

    @Override
    public Contender layer(LayerShape shape, int threads) {
        return new RnnPrimitive(shape, threads, false);
    }

    @Override
    public Contender stream(LayerShape shape, int threads) {
        return new RnnPrimitive(shape, threads, true);
    }

    private static final class RnnPrimitive implements Contender {
        private final LayerShape shape;
        private final int threads;
        private final boolean isStream;
        private final Arena arena = Arena.ofShared();
        private final List<Handle> handles = new ArrayList<>();
        private final MemorySegment engine;
        private final MemorySegment stream;
        private final MemorySegment primitive;
        private final MemorySegment output;
        private final List<MemorySegment> arguments = new ArrayList<>(); // of runs in turn: states change places
        private final int count;
        private int turn;

        RnnPrimitive(LayerShape shape, int threads, boolean isStream) {
            this.shape = shape;
            this.threads = threads;
            this.isStream = isStream;
            NativeLibraries.load();
            omp_set_num_threads(threads); // sizes inside are chosen by it
            engine = Pointer.address("oneDNN", () -> "cpu", slot -> dnnl_engine_create(slot, dnnl_cpu(), 0));
            stream = made(slot -> dnnl_stream_create(slot, engine, dnnl_stream_in_order()), Dnnl::dnnl_stream_destroy);
            long h = shape.hidden();
            long d = shape.directions();
            boolean hasCell = shape.cell().equals("lstm");
            MemorySegment x = dense(shape.sequence().sizes());
            MemorySegment y = dense(shape.output().sizes());
            MemorySegment state = isStream ? dense(1, d, shape.batch(), h) : MemorySegment.NULL;
            OneDnnWeights weights = new OneDnnWeights(shape);
            MemorySegment bias = dense(1, d, weights.biases(), h);
            MemorySegment descriptor = made(
                    slot -> create(
                            slot,
                            x,
                            state,
                            hasCell ? state : MemorySegment.NULL,
                            any(1, d, shape.input(), shape.gates(), h),
                            any(1, d, h, shape.gates(), h),
                            bias,
                            y),
                    Dnnl::dnnl_primitive_desc_destroy);
            primitive = made(slot -> dnnl_primitive_create(slot, descriptor), Dnnl::dnnl_primitive_destroy);

            output = data(y);
            Map<Integer, MemorySegment> memories = new LinkedHashMap<>();
            memories.put(DNNL_ARG_SRC_LAYER(), memory(x, data(x, shape.values())));
            memories.put(DNNL_ARG_DST_LAYER(), memory(y, output));
            memories.put(DNNL_ARG_BIAS(), memory(bias, data(bias, weights.bias())));
            memories.put(
                    DNNL_ARG_WEIGHTS_LAYER(),
                    packed(descriptor, DNNL_ARG_WEIGHTS_LAYER(), shape.input(), weights.gates("weight_ih_l0")));
            memories.put(
                    DNNL_ARG_WEIGHTS_ITER(),
                    packed(descriptor, DNNL_ARG_WEIGHTS_ITER(), shape.hidden(), weights.gates("weight_hh_l0")));
            MemorySegment scratchpad = dnnl_primitive_desc_query_md(descriptor, dnnl_query_scratchpad_md(), 0);
            memories.put(DNNL_ARG_SCRATCHPAD(), memory(scratchpad, data(scratchpad)));
            if (!isStream) {
                arguments.add(arguments(memories));
            } else {
                Map<Integer, MemorySegment> even = new LinkedHashMap<>(memories);
                Map<Integer, MemorySegment> odd = new LinkedHashMap<>(memories);
                swap(state, DNNL_ARG_SRC_ITER(), DNNL_ARG_DST_ITER(), even, odd);
                if (hasCell) {
                    swap(state, DNNL_ARG_SRC_ITER_C(), DNNL_ARG_DST_ITER_C(), even, odd);
                }
                memories = even;
                arguments.addAll(List.of(arguments(even), arguments(odd)));
            }
            count = memories.size();
        }

        private int create(
                MemorySegment slot,
                MemorySegment x,
                MemorySegment h,
                MemorySegment c,
                MemorySegment wx,
                MemorySegment wh,
                MemorySegment bias,
                MemorySegment y) {
            MemorySegment attributes = made(Dnnl::dnnl_primitive_attr_create, Dnnl::dnnl_primitive_attr_destroy);
            check(dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user()));
            int kind = dnnl_forward_inference();
            int way = shape.isBidirectional() ? BIDIRECTIONAL_CONCAT : dnnl_unidirectional_left2right();
            int flags = dnnl_rnn_flags_undef();
            MemorySegment none = MemorySegment.NULL;
            return switch (shape.cell()) {
                case "lstm" ->
                    dnnl_lstm_forward_primitive_desc_create(
                            slot, engine, kind, way, x, h, c, wx, wh, none, none, bias, y, h, c, flags, attributes);
                case "gru" ->
                    dnnl_lbr_gru_forward_primitive_desc_create(
                            slot, engine, kind, way, x, h, wx, wh, bias, y, h, flags, attributes);
                case "gru_reset_before" ->
                    dnnl_gru_forward_primitive_desc_create(
                            slot, engine, kind, way, x, h, wx, wh, bias, y, h, flags, attributes);
                default -> {
                    int function = shape.cell().equals("rnn") ? dnnl_eltwise_tanh() : dnnl_eltwise_relu();
                    yield dnnl_vanilla_rnn_forward_primitive_desc_create(
                            slot, engine, kind, function, way, x, h, wx, wh, bias, y, h, flags, 0, 0, attributes);
                }
            };
        }

        /// A state that one run writes and the next one reads.
        private void swap(
                MemorySegment layout,
                int source,
                int destination,
                Map<Integer, MemorySegment> even,
                Map<Integer, MemorySegment> odd) {
            MemorySegment first = memory(layout, data(layout));
            MemorySegment second = memory(layout, data(layout));
            even.put(source, first);
            even.put(destination, second);
            odd.put(source, second);
            odd.put(destination, first);
        }

        /// Weights (D, G*H, W) in the layout that the primitive asks for.
        private MemorySegment packed(MemorySegment descriptor, int argument, long width, float[] weight) {
            long g = shape.gates();
            long h = shape.hidden();
            long all = g * h * width;
            MemorySegment plain = strided(
                    new long[] {1, shape.directions(), width, g, h},
                    new long[] {all * shape.directions(), all, 1, h * width, width});
            MemorySegment wanted = dnnl_primitive_desc_query_md(descriptor, dnnl_query_exec_arg_md(), argument);
            MemorySegment from = memory(plain, data(plain, weight));
            MemorySegment to = memory(wanted, data(wanted));
            MemorySegment reorder = made(
                    slot -> dnnl_reorder_primitive_desc_create(slot, plain, engine, wanted, engine, MemorySegment.NULL),
                    Dnnl::dnnl_primitive_desc_destroy);
            MemorySegment copy = made(slot -> dnnl_primitive_create(slot, reorder), Dnnl::dnnl_primitive_destroy);
            check(dnnl_primitive_execute(copy, stream, 2, arguments(Map.of(DNNL_ARG_FROM(), from, DNNL_ARG_TO(), to))));
            return to;
        }

        private MemorySegment any(long... sizes) {
            MemorySegment dims = arena.allocateFrom(ValueLayout.JAVA_LONG, sizes);
            return made(
                    slot -> dnnl_memory_desc_create_with_tag(
                            slot, sizes.length, dims, dnnl_f32(), dnnl_format_tag_any()),
                    Dnnl::dnnl_memory_desc_destroy);
        }

        private MemorySegment dense(long... sizes) {
            long[] strides = new long[sizes.length];
            long stride = 1;
            for (int i = sizes.length - 1; i >= 0; i--) {
                strides[i] = stride;
                stride *= sizes[i];
            }
            return strided(sizes, strides);
        }

        private MemorySegment strided(long[] sizes, long[] strides) {
            MemorySegment dims = arena.allocateFrom(ValueLayout.JAVA_LONG, sizes);
            MemorySegment steps = arena.allocateFrom(ValueLayout.JAVA_LONG, strides);
            return made(
                    slot -> dnnl_memory_desc_create_with_strides(slot, sizes.length, dims, dnnl_f32(), steps),
                    Dnnl::dnnl_memory_desc_destroy);
        }

        private MemorySegment data(MemorySegment layout) {
            return arena.allocate(dnnl_memory_desc_get_size(layout), 4096);
        }

        private MemorySegment data(MemorySegment layout, float[] values) {
            return data(layout).copyFrom(MemorySegment.ofArray(values));
        }

        private MemorySegment memory(MemorySegment layout, MemorySegment data) {
            return made(slot -> dnnl_memory_create(slot, layout, engine, data), Dnnl::dnnl_memory_destroy);
        }

        private MemorySegment arguments(Map<Integer, MemorySegment> memories) {
            MemorySegment all = dnnl_exec_arg_t.allocateArray(memories.size(), arena);
            int i = 0;
            for (Map.Entry<Integer, MemorySegment> entry : memories.entrySet()) {
                MemorySegment argument = dnnl_exec_arg_t.asSlice(all, i++);
                dnnl_exec_arg_t.arg(argument, entry.getKey());
                dnnl_exec_arg_t.memory(argument, entry.getValue());
            }
            return all;
        }

        private MemorySegment made(ToIntFunction<MemorySegment> create, ToIntFunction<MemorySegment> destroy) {
            Handle handle = Handle.create("oneDNN", shape::toString, create, destroy);
            handles.add(handle);
            return handle.address();
        }

        private void check(int status) {
            Status.check(status, "oneDNN", shape::toString);
        }

        @Override
        public void run() {
            omp_set_num_threads(threads);
            check(dnnl_primitive_execute(primitive, stream, count, arguments.get(turn)));
            turn = (turn + 1) % arguments.size();
        }

        @Override
        public float[] output() {
            return output.toArray(ValueLayout.JAVA_FLOAT);
        }

        @Override
        public Contender another() {
            return new RnnPrimitive(shape, threads, isStream);
        }

        @Override
        public void close() {
            handles.reversed().forEach(Handle::close);
            arena.close();
        }
    }
}
