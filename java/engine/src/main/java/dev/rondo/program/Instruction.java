package dev.rondo.program;

import dev.rondo.onednn.MemoryDescriptor;
import dev.rondo.onednn.Primitive;
import java.util.List;
import java.util.function.Function;
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
    record PrimitiveCall(Primitive primitive, List<Argument> sources, List<Argument> destinations, long scratchpadBytes)
            implements Instruction {
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
        public Step bind(ReplayMemory memory) {
            return binder.apply(memory);
        }
    }
}
