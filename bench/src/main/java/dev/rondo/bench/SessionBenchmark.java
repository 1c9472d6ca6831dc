package dev.rondo.bench;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Module;
import dev.rondo.nn.RNN;
import dev.rondo.nn.Recurrence;
import dev.rondo.tensor.Shape;
import java.util.Random;
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
@Fork(2)
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
        String[] parts = shape.split(" ");
        int hidden = Integer.parseInt(parts[1].substring(1));
        int batch = Integer.parseInt(parts[2].substring(1));
        int steps = Integer.parseInt(parts[3].substring(1));
        Recurrence recurrence = Recurrence.of(hidden, hidden);
        Module module = switch (parts[0]) {
            case "lstm" -> new LSTM(recurrence);
            case "gru" -> new GRU(recurrence);
            case "gru_reset_before" -> new GRU(recurrence, GRU.Reset.BEFORE_PRODUCT, false);
            case "rnn" -> new RNN(recurrence, RNN.Nonlinearity.TANH);
            default -> throw new IllegalArgumentException("no cell " + parts[0]);
        };
        module.initialize(1);
        model = Model.of(module, Input.floats("x", "T", "N", Integer.toString(hidden)));
        session = model.session(threads, Shape.of(steps, batch, hidden));
        float[] x = new float[steps * batch * hidden];
        Random random = new Random(2);
        for (int i = 0; i < x.length; i++) {
            x[i] = (float) random.nextGaussian();
        }
        session.input().copyFrom(x);
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
