package dev.rondo.program;

import dev.rondo.bindings.Handle;
import dev.rondo.onednn.Engine;
import dev.rondo.onednn.MemoryDescriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The memory of one replay: a block for the values, a scratchpad, and the native objects that point into them.
public final class ReplayMemory {
    private static final long SCRATCHPAD_ALIGNMENT = 4096;

    private final MemoryPlan plan;
    private final Map<Buffer, Buffer> opposite = new IdentityHashMap<>(); // of the two places of a state
    private boolean exchanged;
    private final Arena arena;
    private final Resources resources = new Resources();
    private final MemorySegment block;
    private final MemorySegment scratchpad;
    private final MemorySegment stream;
    private final int threads;
    private @Nullable Team team;
    private long run = -1;

    ReplayMemory(MemoryPlan plan, List<CarriedState> states, Arena arena, int threads) {
        this.plan = plan;
        this.threads = threads;
        for (CarriedState state : states) {
            opposite.put(state.before().buffer(), state.after().buffer());
            opposite.put(state.after().buffer(), state.before().buffer());
        }
        this.arena = arena;
        this.block = arena.allocate(plan.byteSize(), MemoryPlan.ALIGNMENT);
        this.scratchpad = arena.allocate(plan.scratchpadBytes(), SCRATCHPAD_ALIGNMENT);
        Handle stream = Engine.stream();
        resources.add(stream::close);
        this.stream = stream.address();
    }

    /// The next offset in the scratchpad that another part of it may begin at.
    static long align(long offset) {
        return (offset + SCRATCHPAD_ALIGNMENT - 1) / SCRATCHPAD_ALIGNMENT * SCRATCHPAD_ALIGNMENT;
    }

    /// The memory that a value looks at, from its first element to its last.
    public MemorySegment segment(Value value) {
        Buffer buffer = exchanged ? opposite.getOrDefault(value.buffer(), value.buffer()) : value.buffer();
        return plan.segment(buffer, block).asSlice(value.byteOffset(), value.byteExtent());
    }

    /// Lets what states are before a run and what they are after it change places, for whatever is bound from
    /// now on.
    void exchangeStates() {
        exchanged = !exchanged;
    }

    boolean hasStates() {
        return !opposite.isEmpty();
    }

    /// The number of the run in progress, which random numbers are counted by: 0 for the first unless the
    /// caller counts.
    public long run() {
        return run;
    }

    void run(long number) {
        run = number;
    }

    MemorySegment scratchpad() {
        return scratchpad;
    }

    MemorySegment stream() {
        return stream;
    }

    /// An arena that lives as long as the replay.
    public Arena arena() {
        return arena;
    }

    /// The threads of this replay, which instructions share: started when the first instruction asks.
    public Team team() {
        if (team == null) {
            Team made = new Team(threads);
            resources.add(made::close);
            team = made;
        }
        return team;
    }

    /// A oneDNN memory object over some memory, destroyed with the replay.
    MemorySegment wrap(MemoryDescriptor layout, MemorySegment data) {
        Handle memory = layout.memory(data);
        resources.add(memory::close);
        return memory.address();
    }

    void close() {
        resources.close();
    }
}
