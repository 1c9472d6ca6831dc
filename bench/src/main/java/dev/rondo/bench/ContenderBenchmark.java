package dev.rondo.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/// Runs of one contender by one caller, in a JVM of its own. Nothing is timed before the contender's output has agreed
/// with the reference.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public abstract class ContenderBenchmark {
    @Param({"rondo", "onnxruntime", "libtorch", "onednn", "java"})
    public String library = "rondo";

    /// How many a run may use.
    @Param("1")
    public int threads = 1;

    private Contender contender;

    /// What is run, as [LayerShape] writes it.
    abstract String shape();

    /// Whether runs are steps that carry the state on.
    boolean isStream() {
        return false;
    }

    /// Makes the contender and checks it.
    @Setup(Level.Trial)
    public void open() {
        contender = checked(library, LayerShape.parse(shape()), threads, isStream());
    }

    /// A contender whose output agrees with the reference.
    static Contender checked(String library, LayerShape shape, int threads, boolean isStream) {
        int runs = isStream ? 3 : 2;
        Reference reference = isStream ? Reference.ofStream(shape, runs) : Reference.of(shape);
        Library found = Library.named(library);
        Contender contender = isStream ? found.stream(shape, threads) : found.layer(shape, threads);
        for (int i = 0; i < runs; i++) {
            contender.run();
        }
        reference.check(library, shape, contender.output());
        return contender;
    }

    @TearDown(Level.Trial)
    public void close() {
        contender.close();
    }

    /// The output is where Java can read it.
    @Benchmark
    public void run() {
        contender.run();
    }
}
