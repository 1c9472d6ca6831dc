package dev.rondo.program;

import static dev.rondo.bindings.dnnl.Dnnl.*;

import dev.rondo.onednn.Engine;
import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/// Collects the instructions that operations emit, and the native objects that these need.
@SuppressWarnings("exports") // oneDNN's own types stay inside the engine
public final class Emitter {
    private static final int MANY = 4; // operations

    private final Recorder recorder;
    private final PackedWeights weights;
    private int threads;
    private final Map<Buffer, Integer> needed; // how many operations read it
    private Map<Object, Value> shared = new HashMap<>();
    private List<Instruction> instructions = new ArrayList<>();
    private final Resources resources = new Resources();

    Emitter(Recorder recorder, PackedWeights weights, int threads, Map<Buffer, Integer> needed) {
        this.recorder = recorder;
        this.weights = weights;
        this.threads = threads;
        this.needed = needed;
    }

    List<Instruction> instructions() {
        return instructions;
    }

    Resources resources() {
        return resources;
    }

    /// Where weights are packed.
    public PackedWeights weights() {
        return weights;
    }

    /// How many threads each instruction may use.
    public int threads() {
        return threads;
    }

    /// Emits instructions that use so many threads, for work too small to share among more.
    public void withThreads(int fewer, Runnable emission) {
        if (fewer == threads) {
            emission.run();
            return;
        }
        int before = threads;
        setThreads(fewer);
        emission.run();
        setThreads(before);
    }

    private void setThreads(int count) {
        threads = count;
        Engine.setThreads(count); // oneDNN splits work when a primitive is made, too
        kernel("threads " + count, "OpenMP", List.of(), List.of(), _ -> () -> Engine.setThreads(count));
    }

    /// Emits branches that run at the same time, each on one thread. No branch writes what another one touches.
    public void parallel(List<Runnable> emissions) {
        List<List<Instruction>> branches = new ArrayList<>();
        withThreads(1, () -> {
            List<Instruction> outer = instructions;
            Map<Object, Value> known = shared;
            long scratchpad = 0;
            for (Runnable emission : emissions) {
                instructions = new ArrayList<>();
                shared = new HashMap<>(known); // what one branch makes, no other one may wait for
                emission.run();
                long offset = scratchpad;
                List<Instruction> branch = instructions.stream()
                        .map(instruction -> instruction.withScratchpadAt(offset))
                        .toList();
                for (Instruction instruction : branch) {
                    scratchpad = Math.max(scratchpad, ReplayMemory.align(instruction.scratchpadBytes()));
                }
                branches.add(branch);
            }
            instructions = outer;
            shared = known;
            instructions.add(new Instruction.Parallel(branches));
        });
    }

    /// Whether anything reads this value.
    public boolean isNeeded(Value value) {
        return needed.containsKey(value.buffer());
    }

    /// Whether this is a weight that many operations read, as unrolled steps do, so that it pays to prepare it for
    /// them.
    public boolean isRepeated(Value value) {
        return (value.buffer().kind == Buffer.Kind.CONSTANT || value.buffer().kind == Buffer.Kind.VARIABLE)
                && needed.getOrDefault(value.buffer(), 0) >= MANY;
    }

    /// What an earlier operation of the program has made under this key, or makes it now: for what follows from weights
    /// alone, such as a packed matrix.
    public Value shared(Object key, Supplier<Value> maker) {
        Value known = shared.get(key);
        if (known == null) {
            known = maker.get();
            shared.put(key, known);
        }
        return known;
    }

    /// Bytes that only the instructions of one operation, or of an operation and its gradient, see.
    public Value workspace(long bytes) {
        return recorder.allocate(Shape.of(bytes), DataType.U8);
    }

    /// A value that only the instructions of one operation see.
    public Value temporary(Shape shape) {
        return recorder.allocate(shape, DataType.F32);
    }

    /// Takes charge of closing a layout.
    public MemoryDescriptor keep(MemoryDescriptor layout) {
        resources.add(layout::close);
        return layout;
    }

    /// Takes charge of closing a primitive.
    public Primitive keep(Primitive primitive) {
        resources.add(primitive::close);
        return primitive;
    }

    /// The value's own layout.
    public MemoryDescriptor layout(Value value) {
        int rank = value.shape().rank();
        if (rank == 0) {
            return layout(1);
        }
        // The stride of a single element means nothing, but oneDNN looks at it.
        long[] strides = value.strides();
        for (int i = rank - 1; i >= 0; i--) {
            if (value.shape().size(i) == 1) {
                strides[i] = i == rank - 1
                        ? 1
                        : strides[i + 1] * Math.max(1, value.shape().size(i + 1));
            }
        }
        return layout(value.shape().sizes(), strides);
    }

    /// A layout with strides in elements.
    public MemoryDescriptor layout(long[] dims, long[] strides) {
        return keep(MemoryDescriptor.strided(dims, strides));
    }

    /// A layout without gaps.
    public MemoryDescriptor layout(long... dims) {
        return keep(MemoryDescriptor.dense(dims));
    }

    /// Emits the execution of a primitive, which has to be kept.
    public void primitive(
            Primitive primitive, List<Instruction.Argument> sources, List<Instruction.Argument> destinations) {
        instructions.add(new Instruction.PrimitiveCall(primitive, List.copyOf(sources), List.copyOf(destinations), 0));
    }

    /// Emits a call of one of Rondo's own kernels.
    public void kernel(
            String problem,
            String implementation,
            List<Value> reads,
            List<Value> writes,
            Function<ReplayMemory, Step> binder) {
        instructions.add(new Instruction.KernelCall(problem, implementation, reads, writes, binder));
    }

    /// Emits a copy of the elements; shapes and types are equal, the strides may differ.
    public void copy(Value from, Value to) {
        if (from.shape().elements() == 0) {
            return;
        }
        String problem = "copy " + from + (to.isDense() ? "" : " to " + to);
        if (from.type() != DataType.F32) {
            kernel(problem, "Java", List.of(from), List.of(to), memory -> StridedCopy.step(from, to, memory));
            return;
        }
        MemoryDescriptor source = layout(from);
        MemoryDescriptor destination = layout(to);
        Primitive reorder = keep(Primitive.reorder(source, destination, problem));
        primitive(
                reorder,
                List.of(Instruction.Argument.of(DNNL_ARG_FROM(), source, from)),
                List.of(Instruction.Argument.of(DNNL_ARG_TO(), destination, to)));
    }

    /// The value itself if it is dense, else a copy that is.
    public Value dense(Value value) {
        if (value.isDense()) {
            return value;
        }
        Value copy = recorder.allocate(value.shape(), value.type());
        copy(value, copy);
        return copy;
    }

    /// Emits `to += from`; the shapes are equal, the strides may differ.
    public void accumulate(Value from, Value to) {
        if (from.isDense() && to.isDense()) {
            sum(to, from, to);
        } else if (to.shape().elements() > 0) {
            MemoryDescriptor source = layout(from);
            MemoryDescriptor destination = layout(to);
            Primitive addition =
                    keep(Primitive.reorder(source, destination, from + " added to " + to, new Primitive.PostOp.Sum()));
            primitive(
                    addition,
                    List.of(Instruction.Argument.of(DNNL_ARG_FROM(), source, from)),
                    List.of(Instruction.Argument.of(DNNL_ARG_TO(), destination, to)));
        }
    }

    /// Emits `to = a + b`; the shapes are equal, the strides may differ, and `to` may be a.
    public void sum(Value a, Value b, Value to) {
        if (to.shape().elements() == 0) {
            return;
        }
        if (!a.isDense() || !b.isDense() || !to.isDense()) {
            // oneDNN's sum of such values is its reference implementation, a hundred times as slow as two copies.
            if (to != a) {
                copy(a, to);
            }
            accumulate(b, to);
            return;
        }
        MemoryDescriptor left = layout(a);
        MemoryDescriptor right = layout(b);
        MemoryDescriptor sum = layout(to);
        Primitive binary = keep(Primitive.create(
                "dnnl_binary_primitive_desc_create",
                a + " + " + b,
                null,
                (slot, engine, attr) -> dnnl_binary_primitive_desc_create(
                        slot, engine, dnnl_binary_add(), left.address(), right.address(), sum.address(), attr)));
        primitive(
                binary,
                List.of(
                        Instruction.Argument.of(DNNL_ARG_SRC_0(), left, a),
                        Instruction.Argument.of(DNNL_ARG_SRC_1(), right, b)),
                List.of(Instruction.Argument.of(DNNL_ARG_DST(), sum, to)));
    }

    /// The value itself if its matrices (the last two dimensions) have rows or columns without gaps, else a dense copy.
    public Value plain(Value value) {
        boolean rows = value.stride(-1) == 1 || value.shape().size(-1) == 1;
        boolean columns = value.stride(-2) == 1 || value.shape().size(-2) == 1;
        return rows || columns ? value : dense(value);
    }

    /// Emits the setting of all elements of a dense value to zero.
    public void zero(Value value) {
        kernel("zero " + value, "Java", List.of(), List.of(value), memory -> {
            MemorySegment segment = memory.segment(value);
            return () -> segment.fill((byte) 0);
        });
    }
}
