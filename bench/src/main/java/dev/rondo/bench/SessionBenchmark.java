package dev.rondo.bench;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
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

/// One run of a session over one recurrent layer.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class SessionBenchmark {
    /// Cell, hidden size (and input size), batch and steps.
    @Param({"lstm h256 b16 t100", "gru h256 b16 t100", "rnn h256 b16 t100", "lstm h256 b1 t1", "lstm h16 b1 t1"})
    public String shape = "lstm h256 b16 t100";

    @Param("1")
    public int threads = 1;

    private Model model;
    private Session session;

    /// Makes the model and a session with random weights and input.
    @Setup(Level.Trial)
    public void open() {
        LayerShape layer = LayerShape.parse(shape);
        model = Model.of(layer.module(), Input.floats("x", "T", "N", Integer.toString(layer.hidden())));
        session = model.session(threads, layer.sequence());
        session.input().copyFrom(layer.random(2));
    }

    @TearDown(Level.Trial)
    public void close() {
        model.close();
    }

    /// Runs the layer over the sequence.
    @Benchmark
    public void run() {
        session.run();
    }

    /// What the last run gave.
    public float[] output() {
        return session.output().toFloatArray();
    }
}
