package dev.rondo.cli;

import dev.rondo.bindings.NativeLibraries;
import dev.rondo.bindings.NativeLoadException;
import dev.rondo.bindings.Platform;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "doctor",
        description =
                "Shows what Rondo found on this machine, checks that it computes rightly, and says what to do if not.",
        footer = {"", "Example:", "  rondo doctor"})
final class DoctorCommand implements Callable<Integer> {
    private static final List<String> VARIABLES = List.of("ONEDNN_", "DNNL_", "RONDO_", "OMP_", "GOMP_", "KMP_");

    @ParentCommand
    private Main main;

    private final Columns report = new Columns();
    private final List<String> advice = new ArrayList<>();

    @Override
    public Integer call() {
        report.row("Rondo", Main.Version.string());
        report.row("platform", Platform.current());
        report.row("JDK", Runtime.version() + " (" + System.getProperty("java.vendor") + ")");
        report.row("", System.getProperty("java.home"));
        report.row("processors", Runtime.getRuntime().availableProcessors() + " for this process");
        report.row("CPU limit", CpuLimit.describe());
        report.row("environment", environment());
        cacheFolder();
        if (libraries()) {
            selfCheck();
        }
        main.terminal().out().print(report);
        advice.forEach(line -> main.terminal().out().println("TO DO: " + line));
        return advice.isEmpty() ? 0 : 1;
    }

    /// The variables that native code reads.
    private static String environment() {
        String set = new TreeMap<>(System.getenv())
                .entrySet().stream()
                        .filter(entry -> VARIABLES.stream().anyMatch(entry.getKey()::startsWith))
                        .map(entry -> entry.getKey() + "=" + entry.getValue())
                        .collect(Collectors.joining(" "));
        return set.isEmpty() ? "nothing set that caps instruction sets or threads" : set;
    }

    private void cacheFolder() {
        Path folder = NativeLibraries.cacheFolder();
        boolean writable;
        try {
            writable = Files.isWritable(Files.createDirectories(folder));
        } catch (IOException e) {
            writable = false;
        }
        report.row("cache folder", folder + (writable ? " (writable)" : " (NOT writable)"));
        if (!writable && System.getProperty(NativeLibraries.PATH_PROPERTY) == null) {
            advice.add("make " + folder + " a folder that can be written, or set XDG_CACHE_HOME to another one");
        }
    }

    private boolean libraries() {
        try {
            main.terminal().loadLibraries();
        } catch (NativeLoadException e) {
            report.row("libraries", "NOT loaded");
            advice.add(e.getMessage());
            return false;
        }
        NativeLibraries libraries = NativeLibraries.load();
        String label = "libraries";
        for (NativeLibraries.Library library : libraries.libraries()) {
            report.row(label, library.path());
            report.row("", "from " + jar(library.origin()));
            label = "";
        }
        report.row("oneDNN", libraries.dnnlVersion() + " for " + libraries.dnnlIsa());
        report.row(
                "kernels",
                libraries.hasKernels()
                        ? "native for " + libraries.kernelIsa()
                        : "Java (built without native code: slower)");
        return true;
    }

    /// The jar in `jar:file:JAR!/entry`, or the origin as it is.
    private static String jar(String origin) {
        return origin.startsWith("jar:file:")
                ? Path.of(URI.create(origin.substring("jar:".length(), origin.lastIndexOf("!/"))))
                        .toString()
                : origin;
    }

    /// Runs the shipped model on its sample.
    private void selfCheck() {
        byte[] source = ShippedModel.sample();
        byte[] expected = ShippedModel.sampleClasses();
        Highlighting highlighting = Highlighting.of(source, 1, _ -> {});
        int wrong = 0;
        for (int i = 0; i < expected.length; i++) {
            wrong += highlighting.classes()[i] == expected[i] ? 0 : 1;
        }
        report.row(
                "self-check",
                wrong == 0
                        ? String.format(
                                Locale.ROOT,
                                "ok: %,d bytes classified as expected in %.1f ms",
                                source.length,
                                highlighting.nanos() / 1e6)
                        : "FAILED: " + wrong + " of " + source.length + " bytes classified wrongly");
        if (wrong > 0) {
            advice.add("results are wrong on this machine: try ONEDNN_MAX_CPU_ISA=AVX2 and RONDO_MAX_CPU_ISA=AVX2, and"
                    + " please report this output");
        }
    }
}
