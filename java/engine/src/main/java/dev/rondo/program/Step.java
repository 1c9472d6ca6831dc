package dev.rondo.program;

/// An instruction bound to one replay's memory: running it allocates nothing and looks nothing up.
@FunctionalInterface
public interface Step {
    /// Executes the instruction.
    void run();
}
