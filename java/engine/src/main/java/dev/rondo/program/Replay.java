package dev.rondo.program;

import dev.rondo.tensor.Tensor;
import java.util.Map;

/// A program with memory to run in.
///
/// Threads: one at a time; which one does not matter.
public final class Replay implements AutoCloseable {
    private final Program program;
    private final ReplayMemory memory;
    private final Step[] steps;

    Replay(Program program, ReplayMemory memory) {
        this.program = program;
        this.memory = memory;
        try {
            this.steps = program.instructions().stream()
                    .map(instruction -> instruction.bind(memory))
                    .toArray(Step[]::new);
        } catch (Throwable e) { // out of memory, too
            memory.close();
            throw e;
        }
    }

    /// Computes the outputs from the inputs, in the tensors of [#inputs()] and [#outputs()].
    public void run() {
        run(memory.run() + 1);
    }

    /// As [#run()], with a number that says which random numbers the run uses.
    public void run(long number) {
        memory.run(number);
        program.enter();
        for (Step step : steps) {
            step.run();
        }
    }

    /// The tensors that a run reads, by name.
    public Map<String, Tensor> inputs() {
        return program.inputs(memory);
    }

    /// The tensors that a run writes, by name.
    public Map<String, Tensor> outputs() {
        return program.outputs(memory);
    }

    @Override
    public void close() {
        memory.close();
    }
}
