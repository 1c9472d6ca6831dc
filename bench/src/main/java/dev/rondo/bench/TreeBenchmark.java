package dev.rondo.bench;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.nn.Linear;
import dev.rondo.tensor.Shape;
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

/// A binary Tree-LSTM over a batch of trees, in Rondo level by level and in libtorch node by node, on one thread; and
/// beside them one product of all nodes' children with the weights, which no batching could do without.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 2, jvmArgsAppend = "--enable-native-access=ALL-UNNAMED")
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 3, time = 2)
public class TreeBenchmark {
    @Param("h150 trees64 leaves20-40")
    public String shape = "h150 trees64 leaves20-40";

    @Param({"RONDO", "LIBTORCH"})
    public TreeContender.Library library = TreeContender.Library.RONDO;

    private TreeContender contender;
    private Model product;
    private Session productSession;

    @Setup(Level.Trial)
    public void open() {
        TreeShape trees = TreeShape.parse(shape);
        contender = library.open(trees, 1);
        int hidden = trees.hidden();
        int nodes = trees.grow().nodes();
        Linear linear = new Linear(2 * hidden, 5 * hidden);
        linear.initialize(1);
        product = Model.of(linear, Input.floats("x", "N", "K"));
        productSession = product.session(Shape.of(nodes, 2L * hidden));
        float[] both = new float[nodes * 2 * hidden];
        System.arraycopy(trees.random(4, nodes), 0, both, 0, nodes * hidden);
        System.arraycopy(trees.random(5, nodes), 0, both, nodes * hidden, nodes * hidden);
        productSession.input().copyFrom(both);
    }

    @TearDown(Level.Trial)
    public void close() {
        contender.close();
        productSession.close();
        product.close();
    }

    /// The states of all nodes.
    @Benchmark
    public void inference() {
        contender.run();
    }

    /// Forward, backward, Adam.
    @Benchmark
    public float step() {
        return contender.step();
    }

    /// One product over all nodes: (N, 2H) by (2H, 5H). It is Rondo's, whatever the library.
    @Benchmark
    public void product() {
        productSession.run();
    }

    /// What the library computes.
    TreeContender contender() {
        return contender;
    }
}
