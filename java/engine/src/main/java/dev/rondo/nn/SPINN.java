package dev.rondo.nn;

import dev.rondo.op.Copy;
import dev.rondo.op.JoinedRows;
import dev.rondo.op.ShiftReduce;
import dev.rondo.program.Recorder;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The stack-augmented parser-interpreter network (SPINN): a shift-reduce parser that composes what it reduces, and an
/// LSTM beside it that sees where it is, tells the composition, and scores the next transition.
///
/// ```
/// h, c  = W x + b                                       for each leaf, in the buffer
/// e     = LSTM([next leaf; top of the stack; second])   the tracking LSTM, in each of 2 T - 1 steps
/// score = W_t e + b_t                                   of shift and reduce
/// shift:  push the next leaf
/// reduce: push the binary Tree-LSTM's parent of second and top, with e as its input
/// ```
///
/// Transitions are given, as in training, or the better one of those that are possible is taken. A transition is 0 for
/// shift, 1 for reduce and -100 for neither, so those that are given are targets for [Losses#crossEntropy], too.
///
/// - x: (T, N, I); root h and c: (N, H); scores (2 * T - 1, N, 2); transitions (2 * T - 1, N), I64
/// - parameters: `leaf.weight` (2*H, I), `leaf.bias` (2*H); `tracking`, an [LSTMCell] of inputs 3*H and states K;
///   `transition.weight` (2, K), `transition.bias` (2); `cell.weight_left`, `cell.weight_right` (5*H, H),
///   `cell.weight_ih` (5*H, K) and `cell.bias` (5*H), gates in the order i, f_l, f_r, o, g
/// - first values: uniform(±1/sqrt(H)); of the tracking LSTM and its scores ±1/sqrt(K), of the leaves' layer
///   ±1/sqrt(I)
///
/// The program is the same for all trees, so each step composes, whether its transition reduces or not.
///
/// {@snippet :
/// SPINN.Output parsed = spinn.forward(new PackedSequence(embedding.forward(ids), lengths), transitions);
/// Value loss = Functional.add(
///         Losses.crossEntropy(classifier.forward(parsed.h()), labels),
///         Losses.crossEntropy(parsed.scores(), transitions)); // where they are predicted later
/// }
///
/// Source: Bowman, Gauthier, Rastogi, Gupta, Manning and Potts 2016, arXiv 1603.06021.
public final class SPINN extends Module {
    private final Linear leaf;
    private final LSTMCell tracking;
    private final Linear transition;
    private final BinaryTreeLSTMCell cell;

    /// What the network gives.
    ///
    /// @param h           of the roots, (N, H)
    /// @param c           of the roots, (N, H)
    /// @param scores      of shift and reduce in each step, (2 * T - 1, N, 2)
    /// @param transitions taken: (2 * T - 1, N), I64
    public record Output(Value h, Value c, Value scores, Value transitions) {}

    /// @param trackingSize K, the width of the tracking LSTM
    public SPINN(int inputSize, int hiddenSize, int trackingSize) {
        Sizes.requirePositive(hiddenSize, "hidden size");
        Sizes.requirePositive(trackingSize, "tracking size");
        this.leaf = register("leaf", new Linear(inputSize, 2 * hiddenSize));
        this.tracking = register("tracking", new LSTMCell(3 * hiddenSize, trackingSize));
        this.transition = register("transition", new Linear(trackingSize, 2));
        this.cell = register("cell", new BinaryTreeLSTMCell(trackingSize, hiddenSize));
    }

    /// The roots' h, (N, H), by transitions that the network chooses; x (T, N, I).
    @Override
    public Value forward(Value x) {
        Value lengths = x.recorder().lengths();
        if (lengths == null) {
            long[] all = new long[Math.toIntExact(x.shape().size(1))];
            Arrays.fill(all, x.shape().size(0));
            lengths = x.recorder().literal(Tensor.of(Shape.of(all.length), all));
        }
        return forward(new PackedSequence(x, lengths), null).h();
    }

    /// The roots of sequences, and how they came about. A run throws IllegalArgumentException that names sample and
    /// step, where a transition is not possible.
    ///
    /// @param transitions (2 * T - 1, N), I64, as [dev.rondo.tree.Merges#transitions] has them; or null where the
    ///                    network chooses
    public Output forward(PackedSequence sequences, @Nullable Value transitions) {
        Value x = sequences.padded();
        if (x.shape().rank() != 3 || x.shape().size(0) == 0) {
            throw new IllegalArgumentException(
                    path() + " needs an input of shape [T, N, features], T at least 1, not " + x.shape());
        }
        Recorder recorder = x.recorder();
        long room = x.shape().size(0);
        long batch = x.shape().size(1);
        long steps = 2 * room - 1;
        if (transitions != null && !transitions.shape().equals(Shape.of(steps, batch))) {
            throw new IllegalArgumentException(path() + " needs transitions of shape " + Shape.of(steps, batch)
                    + " for sequences " + x.shape() + ", not " + transitions.shape());
        }
        Value leaves = leaf.forward(x);
        long hidden = leaves.shape().size(2) / 2;
        leaves = leaves.reshape(room * batch, 2 * hidden);
        List<Value> h = new ArrayList<>(List.of(Functional.contiguous(leaves.slice(1, 0, hidden))));
        List<Value> c = new ArrayList<>(List.of(Functional.contiguous(leaves.slice(1, hidden, 2 * hidden))));
        List<Value> scores = new ArrayList<>();
        List<Value> taken = new ArrayList<>();
        List<Value> track = tracking.states().stream()
                .map(state -> zeros(recorder, batch, state.width()))
                .toList();
        ShiftReduce parser = recorder.record(new ShiftReduce(sequences.lengths(), room));
        for (long step = 0; step < steps; step++) {
            Value top = rows(h, parser.top());
            Value second = rows(h, parser.second());
            Value seen = Functional.concat(List.of(rows(h.subList(0, 1), parser.next()), top, second), 1);
            track = tracking.step(tracking.input(seen), track);
            Value score = transition.forward(track.getFirst());
            Value next = transitions == null ? parser.best(score) : transitions.select(0, step);
            BinaryTreeLSTMCell.State parent = cell.compose(
                    new BinaryTreeLSTMCell.State(second, rows(c, parser.second())),
                    new BinaryTreeLSTMCell.State(top, rows(c, parser.top())),
                    track.getFirst());
            h.add(parent.h());
            c.add(parent.c());
            scores.add(score.unsqueeze(0));
            taken.add(next.unsqueeze(0));
            parser = recorder.record(parser.after(next));
        }
        return new Output(
                rows(h, parser.top()),
                rows(c, parser.top()),
                Functional.concat(scores, 0),
                recorder.record(new Copy(Functional.concat(taken, 0))).output());
    }

    private static Value rows(List<Value> all, Value ids) {
        return ids.recorder().record(new JoinedRows(all, ids)).output();
    }

    private static Value zeros(Recorder recorder, long batch, long width) {
        Shape shape = Shape.of(batch, width);
        return recorder.literal(Tensor.of(shape, new float[Math.toIntExact(shape.elements())]));
    }
}
