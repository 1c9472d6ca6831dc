package dev.rondo.program;

import static dev.rondo.bindings.dnnl.Dnnl.DNNL_ARG_FROM;
import static dev.rondo.bindings.dnnl.Dnnl.DNNL_ARG_TO;
import static dev.rondo.bindings.kernels.Kernels.rondo_large_pages;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/// A model's weights in the layouts that its programs want: packed once for each layout, shared by all programs.
///
/// Threads: any.
@SuppressWarnings("exports") // oneDNN's own types stay inside the engine
public final class PackedWeights implements AutoCloseable {
    /// Weights in the layout of some primitive.
    public record Packed(MemoryDescriptor layout, MemorySegment data) {}

    /// Weights in a layout that is easy to make: the source of packing.
    ///
    /// @param layout its layout
    /// @param data   its elements
    public record Plain(MemoryDescriptor layout, MemorySegment data) {}

    /// Which weights: tensors are told apart as objects, and kept, so that no other takes the place of one.
    private record Key(String role, List<Tensor> sources) {
        @Override
        public boolean equals(Object other) {
            if (!(other instanceof Key key) || !role.equals(key.role) || sources.size() != key.sources.size()) {
                return false;
            }
            for (int i = 0; i < sources.size(); i++) {
                if (sources.get(i) != key.sources.get(i)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public int hashCode() {
            int hash = role.hashCode();
            for (Tensor source : sources) {
                hash = hash * 31 + System.identityHashCode(source);
            }
            return hash;
        }
    }

    private static final long LARGE_PAGE = 2L << 20;

    private final Arena arena = Arena.ofShared();
    private final Arena aligned = new Aligned(arena);
    private final Resources resources = new Resources();
    private final Map<Key, List<Packed>> packed = new HashMap<>(); // for oneDNN, one for each layout
    private final Map<Key, MemorySegment> packedForKernels = new HashMap<>();

    /// No weights yet.
    public PackedWeights() {}

    /// The weights in the given layout, packed now unless they have been before.
    ///
    /// @param role    tells several weights made of the same tensors apart
    /// @param sources the tensors that the weights are made of
    /// @param wanted  the layout; stays the caller's
    /// @param plain   makes the weights in a simple layout; called only when they are packed now
    public synchronized Packed pack(String role, List<Tensor> sources, MemoryDescriptor wanted, Supplier<Plain> plain) {
        List<Packed> known = packed.computeIfAbsent(new Key(role, sources), _ -> new ArrayList<>());
        for (Packed one : known) {
            if (one.layout().sameAs(wanted)) {
                return one;
            }
        }
        Packed made = reorder(role, plain.get(), wanted);
        known.add(made);
        return made;
    }

    private Packed reorder(String role, Plain plain, MemoryDescriptor wanted) {
        try (MemoryDescriptor from = plain.layout();
                Primitive reorder = Primitive.reorder(from, wanted, role);
                MemoryDescriptor layout = reorder.layout(DNNL_ARG_TO());
                Arena scratch = Arena.ofConfined()) {
            MemorySegment data = aligned.allocate(layout.byteSize(), Tensor.ALIGNMENT);
            MemoryDescriptor kept = reorder.layout(DNNL_ARG_TO());
            resources.add(kept::close);
            Instruction.PrimitiveCall call = new Instruction.PrimitiveCall(
                    reorder,
                    List.of(Instruction.Argument.of(DNNL_ARG_FROM(), new Packed(from, plain.data()))),
                    List.of(Instruction.Argument.of(DNNL_ARG_TO(), new Packed(kept, data))),
                    0);
            ReplayMemory memory =
                    new ReplayMemory(MemoryPlan.of(List.of(call), List.of(), this), List.of(), scratch, 1);
            try {
                call.bind(memory).run();
            } finally {
                memory.close();
            }
            return new Packed(kept, inLargePages(data));
        }
    }

    /// Large blocks begin where large pages can.
    private record Aligned(Arena arena) implements Arena {
        @Override
        public MemorySegment allocate(long byteSize, long byteAlignment) {
            return arena.allocate(byteSize, byteSize < LARGE_PAGE ? byteAlignment : LARGE_PAGE);
        }

        @Override
        public MemorySegment.Scope scope() {
            return arena.scope();
        }

        @Override
        public void close() {
            arena.close();
        }
    }

    /// Weights that no cache holds are read one and a half times as fast from large pages.
    private static MemorySegment inLargePages(MemorySegment data) {
        if (data.byteSize() >= LARGE_PAGE && NativeLibraries.load().hasKernels()) {
            rondo_large_pages(data, data.byteSize());
        }
        return data;
    }

    /// The weights in the layout of one of Rondo's own kernels, packed now unless they have been before.
    ///
    /// @param maker packs them into memory that it allocates from the arena
    public synchronized MemorySegment packForKernel(
            String role, List<Tensor> sources, Function<Arena, MemorySegment> maker) {
        return packedForKernels.computeIfAbsent(new Key(role, sources), _ -> inLargePages(maker.apply(aligned)));
    }

    /// A constant as it is, in the weights' own memory: whoever gave the tensor may free it.
    MemorySegment plain(Tensor constant) {
        return packForKernel("plain", List.of(constant), memory -> {
            MemorySegment copy = memory.allocate(constant.data().byteSize(), Tensor.ALIGNMENT);
            return copy.copyFrom(constant.data());
        });
    }

    /// Bytes of packed weights.
    public synchronized long byteSize() {
        return Stream.concat(
                        packed.values().stream().flatMap(List::stream).map(Packed::data),
                        packedForKernels.values().stream())
                .mapToLong(MemorySegment::byteSize)
                .sum();
    }

    @Override
    public synchronized void close() {
        resources.close();
        arena.close();
    }
}
