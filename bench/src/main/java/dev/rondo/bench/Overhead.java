package dev.rondo.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// What a session costs beyond its primitives: the median time of a run beside the sum of the times that oneDNN's own
/// log gives for the primitives of a run.
///
/// Logging takes time itself, so runs are timed in processes without it, in turn with processes that log.
public final class Overhead {
    private static final int ROUNDS = 5;
    private static final int RUNS = 400;

    private Overhead() {}

    /// @param args a shape as [SessionBenchmark#shape] has it; or `child` and such a shape
    public static void main(String... args) throws Exception {
        if (args.length > 0 && args[0].equals("child")) {
            run(shape(args, 1));
            return;
        }
        String shape = shape(args, 0);
        double[] runs = new double[ROUNDS];
        double[] primitives = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            runs[round] = median(child(shape, false));
            primitives[round] = median(child(shape, true));
        }
        System.out.printf(
                "%s: run %.1f us, its primitives %.1f us, ratio %.3f%n",
                shape, median(runs), median(primitives), median(runs) / median(primitives));
    }

    private static String shape(String[] args, int from) {
        return args.length > from
                ? String.join(" ", Arrays.copyOfRange(args, from, args.length))
                : new SessionBenchmark().shape;
    }

    private static void run(String shape) {
        SessionBenchmark benchmark = new SessionBenchmark();
        benchmark.shape = shape;
        benchmark.open();
        for (int i = 0; i < RUNS; i++) {
            long start = System.nanoTime();
            benchmark.run();
            System.out.printf("run %.3f%n", (System.nanoTime() - start) / 1e3);
        }
        benchmark.close();
    }

    /// Times in microseconds of the second half of the runs: of whole runs, or of the primitives as logged.
    private static double[] child(String shape, boolean log) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                Overhead.class.getName(),
                "child"));
        command.addAll(List.of(shape.split(" ")));
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        if (log) {
            builder.environment().put("ONEDNN_VERBOSE", "profile_exec");
        }
        Process process = builder.start();
        List<Double> times = new ArrayList<>();
        double logged = 0;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (line.startsWith("onednn_verbose") && line.contains(",exec,")) {
                    logged += 1e3 * Double.parseDouble(line.substring(line.lastIndexOf(',') + 1));
                } else if (line.startsWith("run ")) {
                    times.add(log ? logged : Double.parseDouble(line.substring(4)));
                    logged = 0;
                }
            }
        }
        if (process.waitFor() != 0 || times.size() != RUNS) {
            throw new IOException("the measured process failed");
        }
        return times.stream().skip(RUNS / 2).mapToDouble(Double::doubleValue).toArray();
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
