package dev.rondo.bindings;

import static java.lang.System.Logger.Level.DEBUG;

import dev.rondo.bindings.dnnl.Dnnl;
import dev.rondo.bindings.dnnl.dnnl_version_t;
import dev.rondo.bindings.kernels.Kernels;
import dev.rondo.bindings.linking.EarlyLinking;
import dev.rondo.bindings.linking.OpenLibraries;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds, extracts and loads the native libraries: OpenMP's runtime, oneDNN and Rondo's own kernels, in this order,
/// once for the life of the JVM.
///
/// They come out of the jars `org.bytedeco:dnnl` and `dev.rondo:rondo-native`, wherever these stand on the class path
/// or the module path, and are extracted once to [#cacheFolder()]. With [#PATH_PROPERTY] set, they are taken from that
/// folder and from nowhere else.
///
/// Threads: any.
public final class NativeLibraries {
    /// A folder that holds the libraries. Where it is set there is no fallback: whoever sets it knows better.
    public static final String PATH_PROPERTY = "dev.rondo.library.path";

    /// The folder to extract libraries to; the user's cache folder (`~/.cache/rondo`) unless set.
    public static final String CACHE_PROPERTY = "dev.rondo.cache.path";

    private static final System.Logger LOG = System.getLogger("dev.rondo");

    // libgomp keeps the team of a parallel region spinning before it sleeps. This many turns last some tens of
    // microseconds: enough to bridge the gap between two regions of one program, too short to burn a core after it.
    private static final String SPIN_COUNT = "20000";

    private static @Nullable NativeLibraries loaded;
    private static @Nullable NativeLoadException failure;

    /// A library in use.
    ///
    /// @param path   the file that was loaded
    /// @param origin how it was found: the property, or the jar or folder it came from
    public record Library(Path path, String origin) {}

    private final Platform platform;
    private final List<Library> libraries;
    private final boolean kernels;

    private NativeLibraries(Platform platform, List<Library> libraries, boolean kernels) {
        this.platform = platform;
        this.libraries = libraries;
        this.kernels = kernels;
    }

    /// Loads the libraries on the first call; later calls give the same answer, or the same failure.
    ///
    /// @throws NativeLoadException if a library is missing or does not load
    public static synchronized NativeLibraries load() {
        if (failure != null) {
            throw failure;
        }
        if (loaded == null) {
            try {
                loaded = loadAll(Platform.current());
            } catch (NativeLoadException e) {
                failure = e;
                throw e;
            }
        }
        return loaded;
    }

    /// The platform they were chosen for.
    public Platform platform() {
        return platform;
    }

    /// The libraries in the order they were loaded.
    public List<Library> libraries() {
        return libraries;
    }

    /// Whether Rondo's own kernels are there; a build with `-Dnative.skip` has none and computes in Java instead.
    public boolean hasKernels() {
        return kernels;
    }

    /// oneDNN's version: `3.13.0`.
    public String dnnlVersion() {
        MemorySegment version = Dnnl.dnnl_version();
        return dnnl_version_t.major(version) + "." + dnnl_version_t.minor(version) + "."
                + dnnl_version_t.patch(version);
    }

    /// The instruction set that oneDNN generates code for: the processor's, or what `ONEDNN_MAX_CPU_ISA` caps it to.
    public String dnnlIsa() {
        int isa = Dnnl.dnnl_get_effective_cpu_isa();
        record Level(String name, int code) {}
        Level[] levels = {
            new Level("sse41", Dnnl.dnnl_cpu_isa_sse41()),
            new Level("avx", Dnnl.dnnl_cpu_isa_avx()),
            new Level("avx2", Dnnl.dnnl_cpu_isa_avx2()),
            new Level("avx2_vnni", Dnnl.dnnl_cpu_isa_avx2_vnni()),
            new Level("avx2_vnni_2", Dnnl.dnnl_cpu_isa_avx2_vnni_2()),
            new Level("avx512_core", Dnnl.dnnl_cpu_isa_avx512_core()),
            new Level("avx512_core_vnni", Dnnl.dnnl_cpu_isa_avx512_core_vnni()),
            new Level("avx512_core_bf16", Dnnl.dnnl_cpu_isa_avx512_core_bf16()),
            new Level("avx512_core_fp16", Dnnl.dnnl_cpu_isa_avx512_core_fp16()),
            new Level("avx512_core_amx", Dnnl.dnnl_cpu_isa_avx512_core_amx()),
            new Level("avx512_core_amx_fp16", Dnnl.dnnl_cpu_isa_avx512_core_amx_fp16()),
        };
        for (Level level : levels) {
            if (level.code() == isa) {
                return level.name();
            }
        }
        return "isa 0x" + Integer.toHexString(isa);
    }

    /// What Rondo's own kernels run on: the instruction set they were chosen for (`avx512`, `avx2` or `generic`, as
    /// `RONDO_MAX_CPU_ISA` may have capped it), or `Java` where the build has none.
    public String kernelIsa() {
        return kernels ? Pointer.string(Kernels.rondo_isa()) : "Java";
    }

    /// The folder that libraries are extracted to.
    public static Path cacheFolder() {
        String property = System.getProperty(CACHE_PROPERTY);
        if (property != null) {
            return Path.of(property);
        }
        String cache = System.getenv("XDG_CACHE_HOME");
        Path base =
                cache != null && !cache.isEmpty() ? Path.of(cache) : Path.of(System.getProperty("user.home"), ".cache");
        return base.resolve("rondo");
    }

    private static NativeLibraries loadAll(Platform platform) {
        platform.requireSupported();
        EarlyLinking.start();
        List<Library> libraries =
                LibraryFinder.of(platform, System.getProperty(PATH_PROPERTY)).find();
        limitSpinning();
        libraries.forEach(library -> load(library, platform));
        boolean kernels = libraries.getLast().path().endsWith(platform.kernels());
        if (kernels && Kernels.rondo_abi_version() != Kernels.RONDO_ABI_VERSION()) {
            throw new NativeLoadException(libraries.getLast().path() + " has version " + Kernels.rondo_abi_version()
                    + " of the kernels' interface, but version " + Kernels.RONDO_ABI_VERSION() + " is needed; "
                    + "build the native module again");
        }
        NativeLibraries result = new NativeLibraries(platform, List.copyOf(libraries), kernels);
        if (LOG.isLoggable(DEBUG)) { // asking takes time
            LOG.log(
                    DEBUG,
                    "oneDNN {0} for {1} on {2}, kernels: {3}",
                    result.dnnlVersion(),
                    result.dnnlIsa(),
                    platform,
                    result.kernelIsa());
        }
        return result;
    }

    private static void limitSpinning() {
        try (Arena arena = Arena.ofConfined()) {
            // 0: a user's own setting stays.
            Dnnl.setenv(arena.allocateFrom("GOMP_SPINCOUNT"), arena.allocateFrom(SPIN_COUNT), 0);
        }
    }

    private static void load(Library library, Platform platform) {
        try {
            OpenLibraries.open(library.path());
            LOG.log(DEBUG, "loaded {0} from {1}", library.path(), library.origin());
        } catch (UnsatisfiedLinkError e) {
            String advice = e.getMessage().contains("failed to map segment")
                            || e.getMessage().contains("Operation not permitted")
                    ? "; its folder may be mounted noexec: set -D" + CACHE_PROPERTY + " to another one"
                    : "";
            throw new NativeLoadException(
                    "cannot load " + library.path() + " (" + library.origin() + ") on " + platform + ": "
                            + e.getMessage() + advice,
                    e);
        }
    }
}
