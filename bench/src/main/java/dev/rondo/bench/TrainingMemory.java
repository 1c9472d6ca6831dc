package dev.rondo.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/// How much memory a training step takes at its peak, Rondo's beside libtorch's, on Linux: the growth of a process's
/// resident set (`VmHWM`) from before the step is made to after three runs of it.
///
/// Each is measured in a process of its own that has first trained a tiny layer of the same kind, so that libraries are
/// loaded. Counted are input, target, parameters, gradients, Adam's state and all that lies between; parameters and
/// Adam's state, which both libraries hold alike, are subtracted.
public final class TrainingMemory {
    private TrainingMemory() {}

    /// @param args a shape; or `child`, a library and a shape
    public static void main(String... args) throws Exception {
        if (args.length == 3 && args[0].equals("child")) {
            measure(Training.Library.valueOf(args[1]), LayerShape.parse(args[2]));
            return;
        }
        for (String shape : args) {
            System.out.printf(
                    "%s: Rondo %s, libtorch %s%n",
                    shape, child(Training.Library.RONDO, shape), child(Training.Library.LIBTORCH, shape));
        }
    }

    private static void measure(Training.Library library, LayerShape shape) throws IOException {
        try (Training tiny = library.training(new LayerShape(shape.cell(), 16, 2, 3), 1)) {
            tiny.step();
        }
        Training.input(shape); // the heap has room for them
        Training.target(shape);
        Files.writeString(Path.of("/proc/self/clear_refs"), "5"); // the peak so far is forgotten
        long before = status("VmRSS");
        try (Training training = library.training(shape, 1)) {
            for (int i = 0; i < 3; i++) {
                training.step();
            }
            long parameters = training.weights().values().stream()
                            .mapToLong(values -> values.length)
                            .sum()
                    * Float.BYTES;
            double growth = status("VmHWM") - before;
            System.out.printf(
                    "peak %.1f MB%s%n",
                    (growth - 3 * parameters) / 1e6,
                    training instanceof RondoTraining rondo
                            ? " (it says %.1f MB)".formatted(rondo.byteSize() / 1e6)
                            : "");
        }
    }

    /// A line of the process's status, in bytes.
    private static long status(String name) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
            if (line.startsWith(name + ":")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        throw new IOException("/proc/self/status has no " + name);
    }

    private static String child(Training.Library library, String shape) throws IOException, InterruptedException {
        // A heap that is resident from the start and does not grow.
        List<String> command = List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "--enable-native-access=ALL-UNNAMED",
                "-Xms512m",
                "-Xmx512m",
                "-XX:+AlwaysPreTouch",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                TrainingMemory.class.getName(),
                "child",
                library.name(),
                shape);
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String result = "";
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                result = line;
            }
        }
        if (process.waitFor() != 0 || !result.startsWith("peak ")) {
            throw new IOException("the measured process failed: " + Arrays.toString(command.toArray()));
        }
        return result;
    }
}
