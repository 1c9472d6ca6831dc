package dev.rondo.program;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A prepared step of a program: everything is decided, only the addresses of one replay's memory are missing.
@SuppressWarnings("exports") // oneDNN's own types stay inside the engine
public sealed interface Instruction {
    /// What is computed, on which shapes.
    String problem();

    /// What computes it.
    String implementation();

    /// What the instruction reads.
    List<Value> reads();

    /// What the instruction writes.
    List<Value> writes();

    /// Bytes of scratchpad it needs while it runs.
    long scratchpadBytes();

    /// The same instruction with its part of the scratchpad somewhere else.
    Instruction withScratchpadAt(long offset);

    /// The instructions that this one consists of.
    default Stream<Instruction> parts() {
        return Stream.of(this);
    }

    /// The instruction with the addresses of one replay's memory.
    Step bind(ReplayMemory memory);

    /// An argument of a primitive.
    ///
    /// @param id     oneDNN's number of the argument (`DNNL_ARG_…`)
    /// @param layout the layout that the primitive sees
    /// @param value  the value, or null where `packed` is the argument
    /// @param packed a weight in the primitive's own layout, or null
    record Argument(
            int id, MemoryDescriptor layout, @Nullable Value value, PackedWeights.@Nullable Packed packed) {
        /// A value that the primitive reads or writes.
        public static Argument of(int id, MemoryDescriptor layout, Value value) {
            return new Argument(id, layout, value, null);
        }

        /// A packed weight that the primitive reads.
        public static Argument of(int id, PackedWeights.Packed packed) {
            return new Argument(id, packed.layout(), null, packed);
        }
    }

    /// The execution of a oneDNN primitive.
    ///
    /// @param scratchpadOffset where its part of the scratchpad begins
    record PrimitiveCall(
            Primitive primitive, List<Argument> sources, List<Argument> destinations, long scratchpadOffset)
            implements Instruction {
        @Override
        public long scratchpadBytes() {
            return primitive.scratchpadBytes() == 0 ? 0 : scratchpadOffset + primitive.scratchpadBytes();
        }

        @Override
        public Instruction withScratchpadAt(long offset) {
            return new PrimitiveCall(primitive, sources, destinations, offset);
        }

        @Override
        public String problem() {
            return primitive.toString();
        }

        @Override
        public String implementation() {
            return "oneDNN " + primitive.implementation();
        }

        @Override
        public List<Value> reads() {
            return values(sources);
        }

        @Override
        public List<Value> writes() {
            return values(destinations);
        }

        private static List<Value> values(List<Argument> arguments) {
            return arguments.stream()
                    .filter(argument -> argument.value() != null)
                    .map(Argument::value)
                    .toList();
        }

        @Override
        public Step bind(ReplayMemory memory) {
            return new PrimitiveStep(this, memory);
        }
    }

    /// A call of one of Rondo's own kernels.
    ///
    /// @param binder makes the step for one replay's memory
    record KernelCall(
            String problem,
            String implementation,
            List<Value> reads,
            List<Value> writes,
            Function<ReplayMemory, Step> binder)
            implements Instruction {
        @Override
        public long scratchpadBytes() {
            return 0;
        }

        @Override
        public Instruction withScratchpadAt(long offset) {
            return this;
        }

        @Override
        public Step bind(ReplayMemory memory) {
            return binder.apply(memory);
        }
    }

    /// Branches that run at the same time, each on a thread of its own. No branch writes what another one touches.
    ///
    /// @param branches the instructions of each, in the order they run
    record Parallel(List<List<Instruction>> branches) implements Instruction {
        @Override
        public String problem() {
            return branches.size() + " branches at once";
        }

        @Override
        public String implementation() {
            return "threads";
        }

        @Override
        public List<Value> reads() {
            return parts().flatMap(part -> part.reads().stream()).toList();
        }

        @Override
        public List<Value> writes() {
            return parts().flatMap(part -> part.writes().stream()).toList();
        }

        @Override
        public long scratchpadBytes() {
            return parts().mapToLong(Instruction::scratchpadBytes).max().orElse(0);
        }

        @Override
        public Instruction withScratchpadAt(long offset) {
            throw new IllegalStateException("parallel branches are not nested");
        }

        @Override
        public Stream<Instruction> parts() {
            return branches.stream().flatMap(List::stream);
        }

        @Override
        public Step bind(ReplayMemory memory) {
            Step[] steps = branches.stream()
                    .map(branch -> branch(branch.stream()
                            .map(instruction -> instruction.bind(memory))
                            .toArray(Step[]::new)))
                    .toArray(Step[]::new);
            Team team = memory.team();
            return () -> team.run(steps);
        }

        private static Step branch(Step[] steps) {
            return () -> {
                for (Step step : steps) {
                    step.run();
                }
            };
        }
    }
}
