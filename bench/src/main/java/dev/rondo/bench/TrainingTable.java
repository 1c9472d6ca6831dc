package dev.rondo.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/// Rondo's training step beside libtorch's, as a table: for each shape, forks of [TrainingBenchmark] of both in turn,
/// so that what disturbs the machine disturbs both. Before timing, one step of both is compared.
public final class TrainingTable {
    private TrainingTable() {}

    /// @param args threads, rounds (forks of each library), and shapes; the defaults are 1, 5 and the benchmark's
    public static void main(String... args) throws Exception {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        List<String> shapes = args.length > 2 ? Arrays.asList(args).subList(2, args.length) : defaults();
        StringBuilder table = new StringBuilder("| %d thread%s | Rondo | libtorch | ratio |%n|---|--:|--:|--:|%n"
                .formatted(threads, threads > 1 ? "s" : ""));
        double logarithms = 0;
        for (String shape : shapes) {
            System.out.println(shape + ": " + Agreement.of(LayerShape.parse(shape), threads, 2));
            double[] rondo = new double[rounds];
            double[] peer = new double[rounds];
            for (int round = 0; round < rounds; round++) {
                rondo[round] = fork(shape, threads, Training.Library.RONDO);
                peer[round] = fork(shape, threads, Training.Library.LIBTORCH);
            }
            double ratio = median(peer) / median(rondo);
            logarithms += Math.log(ratio);
            table.append("| %s | %.1f | %.1f | %.2f |%n".formatted(shape, median(rondo), median(peer), ratio));
        }
        table.append("| geometric mean | | | %.2f |%n".formatted(Math.exp(logarithms / shapes.size())));
        System.out.print(table);
    }

    private static List<String> defaults() throws NoSuchFieldException {
        return List.of(TrainingBenchmark.class
                .getField("shape")
                .getAnnotation(Param.class)
                .value());
    }

    /// The median iteration of one fork, in milliseconds.
    private static double fork(String shape, int threads, Training.Library library) throws RunnerException {
        ChainedOptionsBuilder options = new OptionsBuilder()
                .include(TrainingBenchmark.class.getName())
                .param("shape", shape)
                .param("threads", Integer.toString(threads))
                .param("library", library.name())
                .forks(1)
                .shouldFailOnError(true);
        Collection<RunResult> results = new Runner(options.build()).run();
        List<Double> scores = new ArrayList<>();
        results.forEach(result -> result.getBenchmarkResults()
                .forEach(benchmark -> benchmark
                        .getIterationResults()
                        .forEach(iteration ->
                                scores.add(iteration.getPrimaryResult().getScore()))));
        return median(scores.stream().mapToDouble(Double::doubleValue).toArray());
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }
}
