package dev.rondo.bindings.linking;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/// The libraries that generated bindings find their functions in.
///
/// They are opened for the life of the process and for no class loader: `System.load` would give a library to
/// the first class loader that asks, and refuse it to an application that is deployed again.
///
/// Threads: any.
public final class OpenLibraries {
    private static final List<SymbolLookup> LIBRARIES = new CopyOnWriteArrayList<>();

    private OpenLibraries() {}

    /// Opens a library.
    ///
    /// @throws UnsatisfiedLinkError with the system's words if it cannot be opened
    public static void open(Path library) {
        Path absolute = library.toAbsolutePath();
        try {
            LIBRARIES.add(SymbolLookup.libraryLookup(absolute, Arena.global()));
        } catch (IllegalArgumentException wordless) {
            System.load(absolute.toString()); // fails as well, and says why
            throw new UnsatisfiedLinkError(absolute + ": " + wordless.getMessage());
        }
    }

    /// Finds functions in the libraries that are open when it is asked, and in those that every C program has.
    public static SymbolLookup symbols() {
        SymbolLookup system = Linker.nativeLinker().defaultLookup();
        return name -> {
            for (SymbolLookup library : LIBRARIES) {
                Optional<MemorySegment> address = library.find(name);
                if (address.isPresent()) {
                    return address;
                }
            }
            return system.find(name);
        };
    }
}
