package dev.rondo.format;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/// An arena that gives only so many bytes in all, and fails the test that asks for more.
final class BoundedArena implements Arena {
    private final Arena arena = Arena.ofShared();
    private long left;

    BoundedArena(long bytes) {
        this.left = bytes;
    }

    @Override
    public MemorySegment allocate(long bytes, long alignment) {
        if (bytes > left) {
            throw new AssertionError(bytes + " bytes asked for, but only " + left + " of the bound are left");
        }
        left -= bytes;
        return arena.allocate(bytes, alignment);
    }

    @Override
    public MemorySegment.Scope scope() {
        return arena.scope();
    }

    @Override
    public void close() {
        arena.close();
    }
}
