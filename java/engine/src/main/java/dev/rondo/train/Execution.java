package dev.rondo.train;

import dev.rondo.program.Program;
import dev.rondo.program.Replay;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.util.LinkedHashMap;
import java.util.Map;

/// A recorded objective with memory to run in.
///
/// Threads: one at a time.
final class Execution implements AutoCloseable {
    private final Program program;
    private final Arena arena = Arena.ofShared();
    private final Replay replay;
    private final Map<String, Tensor> inputs;
    private final Map<String, Tensor> outputs;
    private final Map<String, Tensor> states = new LinkedHashMap<>();
    private final MemorySegment[] carried;
    private final MemorySegment[] next;
    private final MemorySegment loss;

    /// @param program is closed with the execution
    Execution(Program program, Slots slots) {
        this.program = program;
        try {
            this.replay = program.replay(arena);
        } catch (Throwable e) { // out of memory, too
            arena.close();
            program.close();
            throw e;
        }
        this.inputs = replay.inputs();
        this.outputs = replay.outputs();
        slots.states.keySet().forEach(name -> states.put(name, inputs.remove(name)));
        states.values().forEach(state -> state.data().fill((byte) 0));
        String[] names = states.keySet().stream()
                .filter(name -> outputs.containsKey(Recording.next(name)))
                .toArray(String[]::new);
        this.carried = new MemorySegment[names.length];
        this.next = new MemorySegment[names.length];
        for (int i = 0; i < names.length; i++) {
            carried[i] = states.get(names[i]).data();
            next[i] = outputs.remove(Recording.next(names[i])).data();
        }
        this.loss = output(Recording.LOSS).data();
    }

    Tensor input(String name) {
        return Recording.named(inputs, name, "input");
    }

    Tensor state(String name) {
        return Recording.named(states, name, "state");
    }

    Tensor output(String name) {
        return Recording.named(outputs, name, "output");
    }

    Map<String, Tensor> states() {
        return states;
    }

    /// @param number says which random numbers the run uses
    void run(long number) {
        try {
            replay.run(number);
        } finally {
            // Parameters are freed with their last reference, and native code has only their addresses.
            Reference.reachabilityFence(program);
        }
    }

    /// Overwrites the states with what the last run gave.
    void carry() {
        for (int i = 0; i < carried.length; i++) {
            MemorySegment.copy(next[i], 0, carried[i], 0, carried[i].byteSize());
        }
    }

    float loss() {
        return loss.get(ValueLayout.JAVA_FLOAT, 0);
    }

    long byteSize() {
        return program.byteSize();
    }

    @Override
    public void close() {
        replay.close();
        arena.close();
        program.close();
    }
}
