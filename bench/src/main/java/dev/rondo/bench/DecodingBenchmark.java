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

/// Translations of a batch, encoder and search together, in Rondo and in libtorch ([Decoding]).
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 2, time = 1)
@Measurement(iterations = 3, time = 1)
public class DecodingBenchmark {
    @Param({"512", "1024"})
    public int hidden = 512;

    @Param({"1", "32"})
    public int batch = 1;

    @Param({"1", "5"})
    public int beam = 1;

    @Param("1")
    public int threads = 1;

    @Param({"RONDO", "LIBTORCH"})
    public Decoding.Library library = Decoding.Library.RONDO;

    private Decoding decoding;

    @Setup(Level.Trial)
    public void open() {
        decoding = library.decoding(hidden, batch, beam, threads);
    }

    @TearDown(Level.Trial)
    public void close() {
        decoding.close();
    }

    /// The batch, from its ids to the best ids.
    @Benchmark
    public long[][] translate() {
        return decoding.run();
    }
}
