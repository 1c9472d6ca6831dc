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

/// Networks that have to be stepped through, of 256 units over 50 steps, in Rondo and as the same loop in libtorch.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 2, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
public class LoopBenchmark {
    private static final int HIDDEN = 256;
    private static final int STEPS = 50;

    @Param
    public LoopShape.Cell cell = LoopShape.Cell.DEEP_TRANSITION;

    @Param({"1", "32"})
    public int batch = 1;

    @Param
    public Loop.Library library = Loop.Library.RONDO;

    private Loop loop;

    @Setup(Level.Trial)
    public void open() {
        loop = library.loop(new LoopShape(cell, HIDDEN, batch, STEPS), 1);
    }

    @TearDown(Level.Trial)
    public void close() {
        loop.close();
    }

    /// All steps.
    @Benchmark
    public void forward() {
        loop.forward();
    }

    /// All steps, backward, clipping, Adam.
    @Benchmark
    public float training() {
        return loop.step();
    }
}
