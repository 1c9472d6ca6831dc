package dev.rondo.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;

/// Reads what native functions store through a pointer argument.
public final class Pointer {
    private Pointer() {}

    /// The address that a function stored.
    ///
    /// @param function   name of the function, for messages
    /// @param descriptor what it is called for, for messages; only evaluated on failure
    /// @param call       calls the function with the place for the address, and returns its status
    /// @throws OneDnnException if the function fails
    public static MemorySegment address(
            String function, Supplier<String> descriptor, ToIntFunction<MemorySegment> call) {
        try (Arena arena = Arena.ofConfined()) {
            return stored(arena, function, descriptor, call).get(ValueLayout.ADDRESS, 0);
        }
    }

    /// The C string whose address a function stored.
    ///
    /// @throws OneDnnException if the function fails
    public static String string(String function, Supplier<String> descriptor, ToIntFunction<MemorySegment> call) {
        try (Arena arena = Arena.ofConfined()) {
            return string(stored(arena, function, descriptor, call).get(ValueLayout.ADDRESS, 0));
        }
    }

    /// The C string that a function returned.
    public static String string(MemorySegment returned) {
        return returned.reinterpret(Integer.MAX_VALUE).getString(0);
    }

    private static MemorySegment stored(
            Arena arena, String function, Supplier<String> descriptor, ToIntFunction<MemorySegment> call) {
        MemorySegment slot = arena.allocate(ValueLayout.ADDRESS);
        Status.check(call.applyAsInt(slot), function, descriptor);
        return slot;
    }
}
