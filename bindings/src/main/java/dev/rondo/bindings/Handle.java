package dev.rondo.bindings;

import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/// An object of the native library, paired with the function that destroys it: `create` and `destroy` stand in one
/// place, and closing twice is harmless.
///
/// Threads: the object may be used by any thread unless its creator says otherwise; close once nobody uses it.
public final class Handle implements AutoCloseable {
    private final MemorySegment address;
    private final ToIntFunction<MemorySegment> destroy;
    private boolean closed;

    private Handle(MemorySegment address, ToIntFunction<MemorySegment> destroy) {
        this.address = address;
        this.destroy = destroy;
    }

    /// Creates an object through a function that stores its address where it is told to.
    ///
    /// @param function   name of the function, for messages
    /// @param descriptor what is created, for messages; only evaluated on failure
    /// @param create     calls the function with the place for the address, and returns its status
    /// @param destroy    calls the matching destroy function, and returns its status
    /// @throws OneDnnException if the function fails
    public static Handle create(
            String function,
            Supplier<String> descriptor,
            ToIntFunction<MemorySegment> create,
            ToIntFunction<MemorySegment> destroy) {
        return new Handle(Pointer.address(function, descriptor, create), destroy);
    }

    /// The native object's address.
    ///
    /// @throws IllegalStateException if it was destroyed
    public MemorySegment address() {
        if (closed) {
            throw new IllegalStateException("the native object is closed");
        }
        return address;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            destroy.applyAsInt(address);
        }
    }
}
