package dev.rondo.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// The CPU time that Linux's control groups grant this process.
final class CpuLimit {
    private static final Path ROOT = Path.of("/sys/fs/cgroup");

    private CpuLimit() {}

    static String describe() {
        return quota().map(CpuLimit::processors).orElse("no control group's limit found");
    }

    /// Microseconds of CPU time, and of the period they are granted for: `150000 100000`, or `max 100000`.
    private static Optional<String> quota() {
        return read(Path.of("/proc/self/cgroup"))
                .flatMap(groups -> groups.lines()
                        .filter(line -> line.startsWith("0::/"))
                        .findFirst()
                        .flatMap(line -> read(ROOT.resolve(line.substring(4)).resolve("cpu.max"))))
                .or(() -> read(ROOT.resolve("cpu.max")))
                .or(() -> read(ROOT.resolve("cpu/cpu.cfs_quota_us"))
                        .flatMap(quota -> read(ROOT.resolve("cpu/cpu.cfs_period_us"))
                                .map(period -> quota.replace("-1", "max") + " " + period)));
    }

    private static Optional<String> read(Path file) {
        try {
            return Optional.of(Files.readString(file).strip());
        } catch (IOException absent) {
            return Optional.empty();
        }
    }

    private static String processors(String quota) {
        List<String> numbers = List.of(quota.split("\\s+"));
        if (numbers.getFirst().equals("max")) {
            return "none (control group)";
        }
        double processors = Double.parseDouble(numbers.getFirst()) / Double.parseDouble(numbers.getLast());
        return String.format(Locale.ROOT, "%.2f processors (control group)", processors);
    }
}
