package dev.rondo.bench;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// From the start of a JVM to the first result of a model made there from weights in memory: `java` itself, loading the
/// library's classes and native code, preparing the model, one run.
///
/// All libraries come out of the same jar. Rondo and libtorch keep their native libraries extracted in a cache; the
/// warm-up fills it.
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 1)
@Measurement(iterations = 5)
public class ColdStart {
    @Param({"rondo", "onnxruntime", "libtorch", "onednn", "java"})
    public String library = "rondo";

    @Param("lstm h128 b1 t25")
    public String shape = "lstm h128 b1 t25";

    /// Waits for the result of a new JVM, whose exit is part of it.
    ///
    /// @return the sum of the output's magnitudes
    @Benchmark
    public double firstResult() throws IOException, InterruptedException {
        Process process = new ProcessBuilder(List.of(
                        ProcessHandle.current().info().command().orElse("java"),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ColdStart.class.getName(),
                        library,
                        shape))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String result = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException(library + " failed in a JVM of its own");
        }
        return Double.parseDouble(result.strip());
    }

    /// The new JVM.
    ///
    /// @param args a library and a shape
    public static void main(String... args) {
        try (Contender contender = Library.named(args[0]).layer(LayerShape.parse(args[1]), 1)) {
            contender.run();
            System.out.println(sum(contender.output()));
        }
    }

    /// The sum of the magnitudes.
    static double sum(float[] values) {
        double sum = 0;
        for (float value : values) {
            sum += Math.abs(value);
        }
        return sum;
    }
}
