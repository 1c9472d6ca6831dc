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

/// Many callers of one model at once, each as fast as it can, each run on one thread. JMH's `-t` is the number of
/// callers; every run's time is sampled, so that there are percentiles. Throughput is callers by mean time.
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 1, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 3, time = 1)
public class Concurrency {
    @Param({"rondo", "onnxruntime", "libtorch", "onednn"})
    public String library = "rondo";

    @Param("lstm h128 b1 t25")
    public String shape = "lstm h128 b1 t25";

    private Contender model;

    /// One of the callers.
    @State(Scope.Thread)
    public static class Caller {
        private Contender contender;

        @Setup(Level.Trial)
        public void open(Concurrency shared) {
            contender = shared.model.another();
        }

        @TearDown(Level.Trial)
        public void close() {
            contender.close();
        }

        /// A copy of what its last run computed.
        public float[] output() {
            return contender.output();
        }
    }

    /// Makes the model and checks it.
    @Setup(Level.Trial)
    public void open() {
        model = ContenderBenchmark.checked(library, LayerShape.parse(shape), 1, false);
    }

    @TearDown(Level.Trial)
    public void close() {
        model.close();
    }

    /// A run of one caller.
    @Benchmark
    public void run(Caller caller) {
        caller.contender.run();
    }
}
