package dev.rondo.program;

import java.lang.foreign.MemorySegment;

/// The copy of elements that oneDNN has no type for, from one set of strides to another.
final class StridedCopy {
    private StridedCopy() {}

    static Step step(Value from, Value to, ReplayMemory memory) {
        MemorySegment source = memory.segment(from);
        MemorySegment target = memory.segment(to);
        if (from.isDense() && to.isDense()) {
            return () -> target.copyFrom(source);
        }
        long bytes = from.type().byteSize();
        long count = from.shape().elements();
        Odometer positions = new Odometer(from.shape(), from.strides(), to.strides());
        return () -> {
            positions.reset();
            for (long i = 0; i < count; i++) {
                MemorySegment.copy(source, positions.at(0) * bytes, target, positions.at(1) * bytes, bytes);
                positions.advance();
            }
        };
    }
}
