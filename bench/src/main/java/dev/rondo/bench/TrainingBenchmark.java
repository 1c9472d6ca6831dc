package dev.rondo.bench;

import java.util.Map;
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

/// One step of training over one recurrent layer, in Rondo and in its peers. Shapes are DeepBench's.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 3, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class TrainingBenchmark {
    @Param({
        "lstm h512 b16 t25",
        "lstm h512 b32 t25",
        "lstm h1024 b32 t25",
        "lstm h256 b32 t150",
        "gru h512 b32 t25",
        "gru h1024 b32 t25",
        "rnn_relu h1760 b16 t50"
    })
    public String shape = "lstm h512 b16 t25";

    @Param({"1", "2"})
    public int threads = 1;

    @Param({"RONDO", "LIBTORCH"})
    public Training.Library library = Training.Library.RONDO;

    private Training training;

    @Setup(Level.Trial)
    public void open() {
        training = library.training(LayerShape.parse(shape), threads);
    }

    @TearDown(Level.Trial)
    public void close() {
        training.close();
    }

    /// Forward, backward, clipping, Adam.
    @Benchmark
    public float step() {
        return training.step();
    }

    /// The weights after the last step.
    public Map<String, float[]> weights() {
        return training.weights();
    }
}
