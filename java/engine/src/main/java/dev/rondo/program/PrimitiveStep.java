package dev.rondo.program;

import static dev.rondo.bindings.dnnl.Dnnl.DNNL_ARG_SCRATCHPAD;
import static dev.rondo.bindings.dnnl.Dnnl.dnnl_primitive_execute;

import dev.rondo.bindings.Status;
import dev.rondo.bindings.dnnl.dnnl_exec_arg_t;
import dev.rondo.onednn.MemoryDescriptor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/// A primitive with its arguments laid out for execution.
final class PrimitiveStep implements Step {
    private final Instruction.PrimitiveCall call;
    private final MemorySegment primitive;
    private final MemorySegment stream;
    private final int count;
    private final MemorySegment arguments; // dnnl_exec_arg_t[count]

    PrimitiveStep(Instruction.PrimitiveCall call, ReplayMemory memory) {
        this.call = call;
        this.primitive = call.primitive().address();
        this.stream = memory.stream();
        List<Instruction.Argument> all = new ArrayList<>(call.sources());
        all.addAll(call.destinations());
        boolean scratchpad = call.primitive().scratchpadBytes() > 0;
        this.count = all.size() + (scratchpad ? 1 : 0);
        this.arguments = dnnl_exec_arg_t.allocateArray(count, memory.arena());
        for (int i = 0; i < all.size(); i++) {
            Instruction.Argument argument = all.get(i);
            MemorySegment data = argument.value() != null
                    ? memory.segment(argument.value())
                    : argument.packed().data();
            set(i, argument.id(), memory.wrap(argument.layout(), data));
        }
        if (scratchpad) {
            try (MemoryDescriptor layout = call.primitive().scratchpad()) {
                set(
                        count - 1,
                        DNNL_ARG_SCRATCHPAD(),
                        memory.wrap(layout, memory.scratchpad().asSlice(call.scratchpadOffset())));
            }
        }
    }

    private void set(int index, int id, MemorySegment memory) {
        MemorySegment argument = dnnl_exec_arg_t.asSlice(arguments, index);
        dnnl_exec_arg_t.arg(argument, id);
        dnnl_exec_arg_t.memory(argument, memory);
    }

    @Override
    public void run() {
        // On a CPU the call returns when the work is done, so there is nothing to wait for.
        int status = dnnl_primitive_execute(primitive, stream, count, arguments);
        if (status != 0) {
            Status.check(status, "dnnl_primitive_execute", call::problem);
        }
    }
}
