package dev.rondo.bindings;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// How the libraries load, and how failing to load reads: each case in a JVM of its own, because loading happens once.
class NativeLibrariesTest {
    private static final Platform PLATFORM = Platform.current();

    @TempDir
    static Path shared;

    private static Path cache;

    @BeforeAll
    static void extractOnce() throws Exception {
        cache = shared.resolve("cache");
        assertTrue(probe(onClassPath(), "-D" + NativeLibraries.CACHE_PROPERTY + "=" + cache)
                .startsWith("oneDNN 3."));
    }

    private static Path location(Class<?> type) throws URISyntaxException {
        return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    }

    /// Jars and folders of libraries, as this JVM has them.
    private static List<String> libraryEntries() {
        List<String> entries = Stream.of("java.class.path", "jdk.module.path")
                .map(property -> System.getProperty(property, ""))
                .flatMap(path -> Stream.of(path.split(File.pathSeparator)))
                .filter(entry -> entry.contains("dnnl") || entry.contains("native"))
                .distinct()
                .toList();
        assertFalse(entries.isEmpty());
        return entries;
    }

    private static List<String> onClassPath() throws URISyntaxException {
        String classPath = String.join(File.pathSeparator, libraryEntries());
        return List.of("-p", location(NativeLibraries.class).toString(), "-cp", classPath);
    }

    private static Process start(List<String> paths, String... options) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("--enable-native-access=dev.rondo.bindings", "--illegal-native-access=deny"));
        command.addAll(paths);
        command.addAll(List.of(options));
        // The probe shares a package with the module, so it is patched into it.
        command.add("--patch-module=dev.rondo.bindings=" + location(Probe.class));
        command.add("-m");
        command.add("dev.rondo.bindings/" + Probe.class.getName());
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static String output(Process process) throws IOException, InterruptedException {
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), text);
        return text.lines()
                .filter(line -> !line.contains("LibraryFinder") && !line.contains("INFO:"))
                .reduce((a, b) -> a + "\n" + b)
                .orElse("");
    }

    private static String probe(List<String> paths, String... options) throws Exception {
        return output(start(paths, options));
    }

    private static String cacheOption() {
        return "-D" + NativeLibraries.CACHE_PROPERTY + "=" + cache;
    }

    private static List<Path> extracted(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).sorted().toList();
        }
    }

    @Test
    void grantingTheBindingsModuleIsEnough() throws Exception {
        assertTrue(probe(onClassPath(), cacheOption()).startsWith("oneDNN 3.13"));
    }

    @Test
    void jarsOnTheModulePathAreFound() throws Exception {
        List<String> modulePath = new ArrayList<>(libraryEntries());
        modulePath.addFirst(location(NativeLibraries.class).toString());
        String text = probe(List.of("-p", String.join(File.pathSeparator, modulePath)), cacheOption());
        assertTrue(text.startsWith("oneDNN 3.13"), text);
    }

    @Test
    void librariesAreExtractedOnce() throws Exception {
        List<Path> before = extracted(cache);
        assertFalse(before.isEmpty());
        List<Object> stamps = new ArrayList<>();
        for (Path file : before) {
            stamps.add(Files.getLastModifiedTime(file));
        }
        probe(onClassPath(), cacheOption());
        assertEquals(before, extracted(cache));
        for (int i = 0; i < before.size(); i++) {
            assertEquals(stamps.get(i), Files.getLastModifiedTime(before.get(i)));
        }
    }

    @Test
    void aDamagedExtractionIsReplaced(@TempDir Path folder) throws Exception {
        for (Path file : extracted(cache)) {
            Path copy = folder.resolve(cache.relativize(file));
            Files.createDirectories(copy.getParent());
            Files.write(copy, new byte[] {1, 2, 3});
        }
        String text = probe(onClassPath(), "-D" + NativeLibraries.CACHE_PROPERTY + "=" + folder);
        assertTrue(text.startsWith("oneDNN 3.13"), text);
    }

    @Test
    void processesMayExtractAtTheSameTime(@TempDir Path folder) throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            processes.add(start(onClassPath(), "-D" + NativeLibraries.CACHE_PROPERTY + "=" + folder));
        }
        for (Process process : processes) {
            String text = output(process);
            assertTrue(text.startsWith("oneDNN 3.13"), text);
        }
        for (Path file : extracted(folder)) {
            assertFalse(file.toString().endsWith(".part"), file + " is left");
        }
    }

    @Test
    void aWrongPathIsNamedAndNothingElseTried(@TempDir Path empty) throws Exception {
        String text = probe(onClassPath(), cacheOption(), "-D" + NativeLibraries.PATH_PROPERTY + "=" + empty);
        assertEquals(
                "NativeLoadException: there is no " + PLATFORM.dnnl() + " in " + empty + ", where -D"
                        + NativeLibraries.PATH_PROPERTY + " points, for " + PLATFORM
                        + "; correct the property or leave it out",
                text);
    }

    @Test
    void aPathWithTheLibrariesIsEnough(@TempDir Path folder) throws Exception {
        for (Path file : extracted(cache)) {
            Files.copy(file, folder.resolve(file.getFileName()));
        }
        String text = probe(
                List.of("-p", location(NativeLibraries.class).toString()),
                "-D" + NativeLibraries.PATH_PROPERTY + "=" + folder);
        assertTrue(text.startsWith("oneDNN 3.13"), text);
        assertTrue(text.contains(folder.resolve(PLATFORM.dnnl()).toString()), text);
    }

    @Test
    void aFileThatIsNoLibraryGivesTheSystemsWords(@TempDir Path folder) throws Exception {
        Files.writeString(folder.resolve(PLATFORM.dnnl()), "no library");
        String text = probe(onClassPath(), "-D" + NativeLibraries.PATH_PROPERTY + "=" + folder);
        assertTrue(text.contains("NativeLoadException: cannot load " + folder.resolve(PLATFORM.dnnl())), text);
        assertTrue(text.contains("file too short") || text.contains("invalid ELF header"), text);
    }

    @Test
    void aMissingDependencyIsNamed(@TempDir Path folder) throws Exception {
        // oneDNN itself, but asking for an OpenMP runtime of a name that no system has.
        Path dnnl = extracted(cache).stream()
                .filter(file -> file.endsWith(PLATFORM.dnnl()))
                .findFirst()
                .orElseThrow();
        byte[] library = Files.readAllBytes(dnnl);
        byte[] name = "libgomp.so.1\0".getBytes(StandardCharsets.US_ASCII);
        int found = 0;
        for (int i = 0; i + name.length < library.length; i++) {
            if (Arrays.equals(library, i, i + name.length, name, 0, name.length)) {
                library[i + 6] = 'x';
                found++;
            }
        }
        assertTrue(found > 0);
        Files.write(folder.resolve(PLATFORM.dnnl()), library);
        String text = probe(onClassPath(), "-D" + NativeLibraries.PATH_PROPERTY + "=" + folder);
        assertTrue(text.contains("NativeLoadException: cannot load"), text);
        assertTrue(text.contains("libgomx.so.1: cannot open shared object file"), text);
        assertTrue(text.contains(PLATFORM.toString()), text);
    }

    @Test
    void anUnwritableCacheIsNamed(@TempDir Path folder) throws Exception {
        // A file where a folder should be: not even root can write there.
        Path file = Files.writeString(folder.resolve("file"), "");
        String text = probe(onClassPath(), "-D" + NativeLibraries.CACHE_PROPERTY + "=" + file.resolve("cache"));
        assertTrue(text.startsWith("NativeLoadException: cannot extract"), text);
        assertTrue(text.contains(file.toString()), text);
        assertTrue(
                text.contains(
                        "set -D" + NativeLibraries.CACHE_PROPERTY + " (or XDG_CACHE_HOME) to a folder that can be"),
                text);
    }

    @Test
    void aMissingArtifactIsNamed() throws Exception {
        String text = probe(List.of("-p", location(NativeLibraries.class).toString()), cacheOption());
        assertTrue(text.contains("add org.bytedeco:dnnl with classifier " + PLATFORM.classifier()), text);
        assertTrue(text.contains(NativeLibraries.PATH_PROPERTY), text);
    }

    @Test
    void unsupportedPlatformsAreRefusedInWords() {
        NativeLoadException e = assertThrows(
                NativeLoadException.class,
                () -> Platform.of("Windows 11", "amd64", List.of()).requireSupported());
        assertEquals(
                "Rondo has no native libraries for windows-x86_64; it runs on linux-x86_64, linux-arm64, macosx-arm64 "
                        + "with a 64-bit JVM",
                e.getMessage());
        e = assertThrows(
                NativeLoadException.class,
                () -> Platform.of("Linux", "aarch64", List.of("7f00-7f01 r-xp 0 00:00 1 /lib/ld-musl-aarch64.so.1"))
                        .requireSupported());
        assertTrue(e.getMessage().contains("runs on musl"), e.getMessage());
        Platform.of("Mac OS X", "aarch64", List.of()).requireSupported();
    }

    @Test
    void statusCodesBecomeExceptions() throws IOException {
        NativeLibraries.load();
        Status.check(0, "f", () -> "never asked");
        UnsupportedConfigurationException unsupported = assertThrows(
                UnsupportedConfigurationException.class, () -> Status.check(3, "dnnl_f", () -> "lstm_f32"));
        assertEquals("dnnl_f answered unimplemented for lstm_f32", unsupported.getMessage());
        OneDnnException failed = assertThrows(OneDnnException.class, () -> Status.check(1, "dnnl_f", () -> "x"));
        assertEquals(1, failed.status());
        assertEquals("dnnl_f answered out of memory for x", failed.getMessage());
    }
}
