package dev.rondo.nn;

import dev.rondo.op.Copy;
import dev.rondo.op.MergeSelection;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A Tree-LSTM that finds the tree by itself: it composes all pairs of neighbours, merges the pair whose parent has the
/// best score, and goes on until one node is left.
///
/// ```
/// h, c = W x + b                                     for each leaf
/// s_i  = q · h of the parent of nodes i and i + 1    binary Tree-LSTM; T - 1 times, with one node fewer each time
/// ```
///
/// Training adds Gumbel noise to the scores before it chooses, and takes the gradient as if each step had mixed all
/// choices by their probabilities (straight-through): so q learns where to merge from whatever the root is used for.
/// Inference and evaluation take the best scores. The noise follows from the seed as the choices of [Dropout] do.
///
/// - x: (T, N, I); root h and c: (N, H); merges: (T - 1, N)
/// - parameters: `leaf.weight` (2*H, I), `leaf.bias` (2*H); `cell.weight_left` and `cell.weight_right` (5*H, H) and
///   `cell.bias` (5*H), gates in the order i, f_l, f_r, o, g; `query` q (H)
/// - first values: uniform(±1/sqrt(H)), of the leaves' layer ±1/sqrt(I)
///
/// Of sequences of unequal lengths, padding is merged with nothing. Time and memory of training grow with T² H² and
/// T² H.
///
/// {@snippet :
/// GumbelTreeLSTM.Output found = latent.forward(new PackedSequence(embedding.forward(ids), lengths));
/// Value logits = classifier.forward(found.h());
/// // What found.merges() holds after a run, Merges.trees makes trees of.
/// }
///
/// Source: Choi, Yoo and Lee 2017, arXiv 1707.02786.
public final class GumbelTreeLSTM extends Module {
    private final Linear leaf;
    private final BinaryTreeLSTMCell cell;
    private final Parameter query;
    private final double temperature;
    private final long seed;

    /// What the network gives.
    ///
    /// @param h      of the roots, (N, H)
    /// @param c      of the roots, (N, H)
    /// @param merges (T - 1, N), I64: where the pair begins that each step merges, among the nodes that are left
    ///               then; -1 where one node is left already
    public record Output(Value h, Value c, Value merges) {}

    /// A network of temperature 1 and seed 0.
    public GumbelTreeLSTM(int inputSize, int hiddenSize) {
        this(inputSize, hiddenSize, 1, 0);
    }

    /// @param temperature by which, unless a run has its own, scores and noise are divided before the gradient's
    /// probabilities follow from them
    /// @param seed        what the noise depends on
    /// @throws IllegalArgumentException if a size or the temperature is not positive
    public GumbelTreeLSTM(int inputSize, int hiddenSize, double temperature, long seed) {
        Sizes.requirePositive(inputSize, "input size");
        Sizes.requirePositive(hiddenSize, "hidden size");
        if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("temperature " + temperature + " is not positive");
        }
        this.leaf = register("leaf", new Linear(inputSize, 2 * hiddenSize));
        this.cell = register("cell", new BinaryTreeLSTMCell(0, hiddenSize));
        this.query =
                register("query", new Parameter(Shape.of(hiddenSize), Initializer.uniform(1 / Math.sqrt(hiddenSize))));
        this.temperature = temperature;
        this.seed = seed;
    }

    /// The roots' h, (N, H); x (T, N, I).
    @Override
    public Value forward(Value x) {
        return run(x, x.recorder().lengths(), null).h();
    }

    /// The roots of sequences of unequal lengths, and how they came about.
    public Output forward(PackedSequence x) {
        return run(x.padded(), x.lengths(), null);
    }

    /// The same at a temperature of the run's own, so that it can change from step to step of a training.
    ///
    /// @param temperature (1), positive, F32; only training reads it
    public Output forward(PackedSequence x, Value temperature) {
        return run(x.padded(), x.lengths(), temperature);
    }

    /// The roots, and how they came about; of sequences that are all T long.
    ///
    /// @param x (T, N, I)
    public Output forwardWithMerges(Value x) {
        return run(x, x.recorder().lengths(), null);
    }

    private Output run(Value x, @Nullable Value lengths, @Nullable Value heat) {
        if (x.shape().rank() != 3 || x.shape().size(0) == 0) {
            throw new IllegalArgumentException(
                    path() + " needs an input of shape [T, N, features], T at least 1, not " + x.shape());
        }
        Recorder recorder = x.recorder();
        long length = x.shape().size(0);
        long batch = x.shape().size(1);
        Value leaves = leaf.forward(x);
        long hidden = leaves.shape().size(2) / 2;
        Value h = Functional.contiguous(leaves.slice(2, 0, hidden));
        Value c = Functional.contiguous(leaves.slice(2, hidden, 2 * hidden));
        MergeSelection.Noise noise = null;
        if (recorder.isTraining()) {
            noise = new MergeSelection.Noise(
                    seed,
                    heat == null ? recorder.literal(Tensor.of(Shape.of(1), new float[] {(float) temperature})) : heat);
        }
        List<Value> merges = new ArrayList<>();
        for (long nodes = length; nodes > 1; nodes--) {
            BinaryTreeLSTMCell.State parents = cell.compose(
                    new BinaryTreeLSTMCell.State(h.slice(0, 0, nodes - 1), c.slice(0, 0, nodes - 1)),
                    new BinaryTreeLSTMCell.State(h.slice(0, 1, nodes), c.slice(0, 1, nodes)),
                    null);
            Value scores = recorder.record(new dev.rondo.op.Linear(
                            parents.h(), weight(x, query).unsqueeze(0), null, null))
                    .output()
                    .select(2, 0);
            MergeSelection merge = recorder.record(new MergeSelection(
                    List.of(h, c), List.of(parents.h(), parents.c()), scores, lengths, length, noise));
            h = merge.results().get(0);
            c = merge.results().get(1);
            merges.add(merge.chosen());
        }
        Value chosen = merges.isEmpty()
                ? recorder.record(new Copy(
                                recorder.literal(Tensor.allocate(Arena.ofAuto(), Shape.of(0, batch), DataType.I64))))
                        .output()
                : Functional.concat(merges, 0);
        return new Output(h.select(0, 0), c.select(0, 0), chosen);
    }
}
