package dev.rondo.program;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/// Offsets of a program's buffers in one block, such that buffers overlap only if their lifetimes do not.
///
/// A buffer lives from the first instruction that touches it to the last; inputs and outputs live always. Large
/// buffers are placed first, each at the lowest offset that is free for its lifetime (greedy by size: Pisarchyk and
/// Lee 2020, arXiv 2001.03288).
final class MemoryPlan {
    /// A cache line, and the widest vector register, in bytes.
    static final long ALIGNMENT = 64;

    private record Lifetime(Buffer buffer, int first, int last) {
        boolean overlaps(Lifetime other) {
            return first <= other.last && other.first <= last;
        }
    }

    private final Map<Buffer, Long> offsets = new IdentityHashMap<>();
    private final Map<Buffer, MemorySegment> elsewhere = new IdentityHashMap<>(); // constants, literals, variables
    private long byteSize;
    private long scratchpadBytes;

    static MemoryPlan of(List<Instruction> instructions, Iterable<Value> pinned, PackedWeights weights) {
        MemoryPlan plan = new MemoryPlan();
        Map<Buffer, Lifetime> lifetimes = new IdentityHashMap<>();
        for (int i = 0; i < instructions.size(); i++) {
            Instruction instruction = instructions.get(i);
            plan.scratchpadBytes = Math.max(plan.scratchpadBytes, instruction.scratchpadBytes());
            for (Value value : instruction.reads()) {
                plan.use(value.buffer(), i, lifetimes, weights);
            }
            for (Value value : instruction.writes()) {
                plan.use(value.buffer(), i, lifetimes, weights);
            }
        }
        for (Value value : pinned) {
            lifetimes.put(value.buffer(), new Lifetime(value.buffer(), 0, Integer.MAX_VALUE));
        }
        plan.place(new ArrayList<>(lifetimes.values()));
        return plan;
    }

    private void use(Buffer buffer, int index, Map<Buffer, Lifetime> lifetimes, PackedWeights weights) {
        switch (buffer.kind) {
            case CONSTANT -> elsewhere.put(buffer, weights.plain(buffer.tensor));
            case LITERAL, VARIABLE -> elsewhere.put(buffer, buffer.tensor.data());
            case INPUT, COMPUTED ->
                lifetimes.merge(
                        buffer,
                        new Lifetime(buffer, index, index),
                        (known, now) -> new Lifetime(buffer, known.first(), now.last()));
        }
    }

    private void place(List<Lifetime> lifetimes) {
        lifetimes.sort(Comparator.comparingLong((Lifetime lifetime) -> -lifetime.buffer().byteSize)
                .thenComparingInt(Lifetime::first));
        List<Lifetime> placed = new ArrayList<>(); // by offset
        for (Lifetime lifetime : lifetimes) {
            long offset = 0;
            for (Lifetime other : placed) {
                long otherOffset = offsets.get(other.buffer());
                if (!lifetime.overlaps(other)) {
                    continue;
                }
                if (offset + lifetime.buffer().byteSize <= otherOffset) {
                    break;
                }
                offset = Math.max(offset, align(otherOffset + other.buffer().byteSize));
            }
            offsets.put(lifetime.buffer(), offset);
            insert(placed, lifetime);
            byteSize = Math.max(byteSize, offset + lifetime.buffer().byteSize);
        }
    }

    private void insert(List<Lifetime> placed, Lifetime lifetime) {
        int index =
                Collections.binarySearch(placed, lifetime, Comparator.comparingLong(one -> offsets.get(one.buffer())));
        placed.add(index < 0 ? -index - 1 : index, lifetime);
    }

    private static long align(long offset) {
        return (offset + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    /// A buffer's memory: inside the block, or that of a constant, a literal or a variable.
    MemorySegment segment(Buffer buffer, MemorySegment block) {
        MemorySegment own = elsewhere.get(buffer);
        return own != null ? own : block.asSlice(offsets.get(buffer), buffer.byteSize);
    }

    long byteSize() {
        return byteSize;
    }

    long scratchpadBytes() {
        return scratchpadBytes;
    }
}
