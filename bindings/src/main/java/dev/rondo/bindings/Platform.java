package dev.rondo.bindings;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// The operating system and processor that this JVM runs on, in the words native artifacts use: `linux-x86_64`.
///
/// @param os   `linux`, `macosx` or `windows`, else the JVM's own word
/// @param arch `x86_64` or `arm64`, else the JVM's own word
/// @param libc `glibc`, `musl`, or empty where the question does not arise
public record Platform(String os, String arch, String libc) {
    private static final List<String> SUPPORTED = List.of("linux-x86_64", "linux-arm64", "macosx-arm64");

    /// The platform of this JVM.
    public static Platform current() {
        return of(System.getProperty("os.name"), System.getProperty("os.arch"), mappedLibraries());
    }

    static Platform of(String osName, String osArch, List<String> mappedLibraries) {
        String os = osName.toLowerCase(Locale.ROOT);
        if (os.startsWith("mac")) {
            os = "macosx";
        } else if (os.startsWith("windows")) {
            os = "windows";
        }
        String arch = switch (osArch) {
            case "amd64", "x86_64" -> "x86_64";
            case "aarch64", "arm64" -> "arm64";
            default -> osArch;
        };
        String libc = "";
        if (os.equals("linux")) {
            libc = mappedLibraries.stream().anyMatch(line -> line.contains("/ld-musl-")) ? "musl" : "glibc";
        }
        return new Platform(os, arch, libc);
    }

    private static List<String> mappedLibraries() {
        try {
            return Files.readAllLines(Path.of("/proc/self/maps"));
        } catch (IOException | RuntimeException absent) {
            return List.of(); // no Linux, or a hardened one: then glibc is the likely libc
        }
    }

    /// Folder name of this platform's libraries inside the artifacts.
    public String classifier() {
        return os + "-" + arch;
    }

    /// File names of the libraries, each after those it needs.
    List<String> libraries() {
        return List.of(openMp(), dnnl(), kernels());
    }

    private String openMp() {
        return os.equals("macosx") ? "libomp.dylib" : "libgomp.so.1";
    }

    /// oneDNN's file name.
    String dnnl() {
        return os.equals("macosx") ? "libdnnl.3.dylib" : "libdnnl.so.3";
    }

    /// The file name of Rondo's own kernels.
    String kernels() {
        return os.equals("macosx") ? "librondo.dylib" : "librondo.so";
    }

    /// Where a library stands inside its jar.
    String resource(String library) {
        String folder = library.equals(kernels()) ? "META-INF/native/rondo/" : "org/bytedeco/dnnl/";
        return folder + classifier() + "/" + library;
    }

    /// @throws NativeLoadException where no native libraries exist for this platform
    void requireSupported() {
        if (!SUPPORTED.contains(classifier())) {
            throw new NativeLoadException("Rondo has no native libraries for " + this + "; it runs on "
                    + String.join(", ", SUPPORTED) + " with a 64-bit JVM");
        }
        if (libc.equals("musl")) {
            throw new NativeLoadException("Rondo's native libraries are built for glibc, but this JVM runs on musl ("
                    + this + "); use an image based on glibc, such as Debian's");
        }
    }

    @Override
    public String toString() {
        return classifier() + (libc.isEmpty() ? "" : " (" + libc + ")");
    }
}
