package dev.rondo.program;

import dev.rondo.onednn.Engine;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/// Prepared instructions for inputs of fixed shapes: recorded once, replayed many times.
///
/// Threads: immutable. Any number of replays may run at once, each with memory of its own.
public final class Program implements AutoCloseable {
    private final Map<String, Value> inputs;
    private final Map<String, Value> outputs;
    private final List<CarriedState> states;
    private final List<Instruction> instructions;
    private final Resources resources;
    private final MemoryPlan plan;
    private final int threads;

    Program(
            Map<String, Value> inputs,
            Map<String, Value> outputs,
            List<CarriedState> states,
            List<Instruction> instructions,
            Resources resources,
            PackedWeights weights,
            int threads) {
        this.inputs = new LinkedHashMap<>(inputs);
        this.outputs = new LinkedHashMap<>(outputs);
        this.states = List.copyOf(states);
        this.instructions = List.copyOf(instructions);
        this.resources = resources;
        this.threads = threads;
        List<Value> pinned = new ArrayList<>(inputs.values());
        pinned.addAll(outputs.values());
        states.forEach(state -> pinned.addAll(List.of(state.before(), state.after())));
        this.plan = MemoryPlan.of(this.instructions, pinned, weights);
    }

    /// Bytes of native memory that each replay takes, and runs in: values, and the scratchpad that instructions share.
    public long byteSize() {
        return plan.byteSize() + plan.scratchpadBytes();
    }

    /// How many threads each instruction may use.
    public int threads() {
        return threads;
    }

    /// The instructions in the order they run.
    public List<Instruction> instructions() {
        return instructions;
    }

    /// The instructions, one a line: what is computed, and what computes it.
    public String describe() {
        return instructions.stream()
                .flatMap(Instruction::parts)
                .map(instruction -> instruction.problem() + "  →  " + instruction.implementation())
                .collect(Collectors.joining("\n"));
    }

    /// Memory and bound instructions for one thread at a time to run.
    ///
    /// @param arena where the memory comes from; to be closed after [Replay#close()]
    public Replay replay(Arena arena) {
        return new Replay(this, new ReplayMemory(plan, states, arena, threads));
    }

    Map<String, Tensor> inputs(ReplayMemory memory) {
        return tensors(inputs, memory);
    }

    Map<String, Tensor> outputs(ReplayMemory memory) {
        return tensors(outputs, memory);
    }

    /// What the next run starts from.
    Map<String, Tensor> states(ReplayMemory memory) {
        Map<String, Value> before = new LinkedHashMap<>();
        states.forEach(state -> before.put(state.name(), state.before()));
        return tensors(before, memory);
    }

    private static Map<String, Tensor> tensors(Map<String, Value> values, ReplayMemory memory) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        values.forEach(
                (name, value) -> tensors.put(name, new Tensor(value.shape(), value.type(), memory.segment(value))));
        return tensors;
    }

    void enter() {
        Engine.setThreads(threads);
    }

    @Override
    public void close() {
        resources.close();
    }
}
