package dev.rondo.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.results.format.ResultFormatFactory;
import org.openjdk.jmh.results.format.ResultFormatType;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.CommandLineOptions;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/// The suites: a benchmark over shapes, and over those libraries that have such layers.
///
/// Shape by shape, each library runs in a process of its own after the other, so that what disturbs the machine for a
/// while disturbs all of them.
enum Suite {
    STREAMING(Streaming.class, "Steps at batch 1, state carried"),
    DEEPBENCH(DeepBench.class, "DeepBench's inference problems"),
    BENCHDNN(BenchDnn.class, "Problems of oneDNN's own driver: GNMT, DeepSpeech 2, RNN-T"),
    BATCHES(Batches.class, "Batches from 1 to 128"),
    SEQUENCES(Sequences.class, "Sequences from 1 to 4096 steps"),
    TAGGERS(Taggers.class, "Two bidirectional layers"),
    LENGTHS(VariableLengths.class, "Sequences of unequal lengths"),
    CONCURRENCY(Concurrency.class, "Many callers of one model", 1, 2, 4, 8, 16, 32),
    COLD(ColdStart.class, "First result of a new JVM"),
    DEEPBENCH_LONG(DeepBenchLong.class, "The rest of DeepBench's server set: long and wide GRUs");

    /// Where results go, one file a suite.
    static final Path RESULTS = Path.of("bench-results");

    private final Class<?> benchmark;
    private final String title;
    private final int[] callers;

    Suite(Class<?> benchmark, String title, int... callers) {
        this.benchmark = benchmark;
        this.title = title;
        this.callers = callers.length == 0 ? new int[] {1} : callers;
    }

    /// The suite of this name.
    ///
    /// @throws IllegalArgumentException if there is none
    static Suite named(String name) {
        return Arrays.stream(values())
                .filter(suite -> suite.toString().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no suite named " + name + ", only " + Arrays.toString(values())));
    }

    String title() {
        return title;
    }

    /// The results' file.
    Path file() {
        return RESULTS.resolve(this + ".json");
    }

    /// Shapes unless others are asked for.
    List<String> shapes() {
        try {
            return List.of(
                    benchmark.getField("shape").getAnnotation(Param.class).value());
        } catch (NoSuchFieldException e) {
            throw new IllegalStateException(e);
        }
    }

    private boolean runs(Library library, LayerShape shape) {
        return this == STREAMING ? library.hasStream(shape) : library.hasLayer(shape);
    }

    /// Libraries that can run a shape, best known first.
    List<Library> libraries(LayerShape shape) {
        return Library.all().stream().filter(library -> runs(library, shape)).toList();
    }

    /// Runs the suite and writes its results.
    ///
    /// @param given JMH's options; parameters and the number of threads take the place of the suite's
    /// @throws RunnerException if some library did not run or its output disagreed; the others' results are written
    void run(CommandLineOptions given) throws RunnerException, IOException {
        Collection<String> shapes = given.getParameter("shape").orElse(shapes());
        Collection<String> asked = given.getParameter("library").orElse(List.of());
        int[] threads =
                given.getThreads().hasValue() ? new int[] {given.getThreads().get()} : callers;
        List<RunResult> results = new ArrayList<>();
        List<String> failed = new ArrayList<>();
        for (String shape : shapes) {
            String[] names = libraries(LayerShape.parse(shape)).stream()
                    .map(Library::name)
                    .filter(name -> asked.isEmpty() || asked.contains(name))
                    .toArray(String[]::new);
            for (int count : names.length == 0 ? new int[0] : threads) {
                ChainedOptionsBuilder options = new OptionsBuilder()
                        .parent(given)
                        .include("^\\Q" + benchmark.getName() + ".\\E")
                        .param("shape", shape)
                        .param("library", names)
                        .threads(count);
                if (this != COLD) {
                    options.addProfiler(GCProfiler.class);
                }
                Collection<RunResult> some = new Runner(options.build()).run();
                results.addAll(some);
                for (String name : names) {
                    if (some.stream()
                            .noneMatch(one -> name.equals(one.getParams().getParam("library")))) {
                        failed.add(name + ", " + shape);
                    }
                }
            }
        }
        if (!results.isEmpty()) {
            Files.createDirectories(RESULTS);
            ResultFormatFactory.getInstance(ResultFormatType.JSON, file().toString())
                    .writeOut(results);
            System.out.println(results.size() + " results in " + file() + "; the report command makes tables of them");
        }
        if (!failed.isEmpty()) {
            throw new RunnerException("the " + this + " suite has no result of " + String.join("; ", failed));
        }
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
