package dev.rondo.program;

import dev.rondo.tensor.Tensor;
import java.util.Collections;
import java.util.Map;

/// A program with memory to run in.
///
/// Threads: one at a time; which one does not matter.
public final class Replay implements AutoCloseable {
    private final Program program;
    private final ReplayMemory memory;
    private Bound next;
    private Bound afterNext;

    /// Steps, and the states that they start from. A program with states is bound twice, the states' places
    /// exchanged: what one run leaves is what the next one reads, and nothing is copied.
    private record Bound(Step[] steps, Map<String, Tensor> states) {}

    Replay(Program program, ReplayMemory memory) {
        this.program = program;
        this.memory = memory;
        try {
            next = bind();
            if (memory.hasStates()) {
                memory.exchangeStates();
                afterNext = bind();
                memory.exchangeStates();
            } else {
                afterNext = next;
            }
        } catch (Throwable e) { // out of memory, too
            memory.close();
            throw e;
        }
    }

    private Bound bind() {
        return new Bound(
                program.instructions().stream()
                        .map(instruction -> instruction.bind(memory))
                        .toArray(Step[]::new),
                Collections.unmodifiableMap(program.states(memory)));
    }

    /// Computes the outputs from the inputs, in the tensors of [#inputs()] and [#outputs()].
    public void run() {
        run(memory.run() + 1);
    }

    /// As [#run()], with a number that says which random numbers the run uses.
    public void run(long number) {
        memory.run(number);
        program.enter();
        for (Step step : next.steps) {
            step.run();
        }
        Bound run = next;
        next = afterNext;
        afterNext = run;
    }

    /// The tensors that a run reads, by name.
    public Map<String, Tensor> inputs() {
        return program.inputs(memory);
    }

    /// The tensors that a run writes, by name.
    public Map<String, Tensor> outputs() {
        return program.outputs(memory);
    }

    /// The states that the next run starts from, by name: (N, …). A run that succeeds leaves other tensors
    /// here.
    public Map<String, Tensor> states() {
        return next.states;
    }

    @Override
    public void close() {
        memory.close();
    }
}
