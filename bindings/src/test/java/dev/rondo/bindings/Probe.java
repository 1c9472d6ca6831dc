package dev.rondo.bindings;

/// Loads the libraries in a JVM of its own and prints what came of it.
public final class Probe {
    private Probe() {}

    public static void main(String... args) {
        try {
            NativeLibraries libraries = NativeLibraries.load();
            System.out.println("oneDNN " + libraries.dnnlVersion() + ", " + libraries.dnnlIsa() + ", kernels "
                    + libraries.kernelIsa());
            libraries.libraries().forEach(library -> System.out.println(library.path()));
        } catch (NativeLoadException e) {
            System.out.println("NativeLoadException: " + e.getMessage());
        }
    }
}
