package dev.rondo.decode;

import dev.rondo.nn.TreeScorer;
import dev.rondo.op.Copy;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Resources;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tree.Merges;
import dev.rondo.tree.Trees;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;

/// Builds binary trees over sequences by merging neighbours, greedily or with a beam: of the trees that it follows it
/// keeps the few whose merges have the best scores together.
///
/// A pair is composed once, however many trees have it, together with pairs of other trees and sequences. Weights are
/// read as they are at each search, so a network may be trained in between.
///
/// {@snippet :
/// try (TreeSearch search = new TreeSearch(parser, 4)) {
///     TreeSearch.Found best = search.search(List.of(words)).getFirst().getFirst();
///     Trees tree = Merges.trees(best.merges(), List.of(tokens));
/// }
/// }
///
/// Source: Socher, Lin, Ng and Manning 2011, section 4.
///
/// Threads: one at a time.
public final class TreeSearch implements AutoCloseable {
    private static final int ROWS = 64; // of a run
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    private final TreeScorer network;
    private final int beam;
    private final Resources resources = new Resources();
    private final PackedWeights weights = new PackedWeights();
    private final Replay leaves;
    private final Replay pairs;

    /// A tree that has been found.
    ///
    /// @param merges  positions, for [Merges#trees]
    /// @param score   of all its merges
    /// @param penalty of all its merges; not part of the score
    public record Found(long[] merges, double score, double penalty) {}

    /// Something that counts beside the network's score.
    @FunctionalInterface
    public interface Penalty {
        /// What a merge adds.
        ///
        /// @param sequence its number
        /// @param span     the leaves below the new node
        double of(int sequence, Merges.Span span);
    }

    /// A search.
    ///
    /// @param beam how many trees it follows at once for each sequence; 1 is greedy
    public TreeSearch(TreeScorer network, int beam) {
        if (beam < 1) {
            throw new IllegalArgumentException("a beam of " + beam + " trees is not positive");
        }
        this.network = network;
        this.beam = beam;
        resources.add(weights::close);
        try {
            this.leaves = replay(recorder -> Map.of("h", network.leaves(input(recorder, "x", network.inputSize()))));
            this.pairs = replay(recorder -> {
                TreeScorer.Parents parents = network.compose(
                        input(recorder, "left", network.hiddenSize()),
                        input(recorder, "right", network.hiddenSize()),
                        input(recorder, "left sizes", 1),
                        input(recorder, "right sizes", 1));
                return Map.of("h", parents.h(), "scores", parents.scores());
            });
        } catch (Throwable e) { // out of memory, too
            resources.close();
            throw e;
        }
    }

    private static Value input(Recorder recorder, String name, int width) {
        return recorder.input(name, Shape.of(ROWS, width), DataType.F32);
    }

    private Replay replay(Function<Recorder, Map<String, Value>> recording) {
        Recorder recorder = Recorder.evaluation();
        recording.apply(recorder).forEach((name, value) -> {
            recorder.output(name, recorder.record(new Copy(value)).output());
        });
        Program program = recorder.finish(weights, 1);
        resources.add(program::close);
        Arena arena = Arena.ofShared();
        resources.add(arena::close);
        Replay replay = program.replay(arena);
        resources.add(replay::close);
        return replay;
    }

    /// A margin that training asks for: a penalty of κ for each merge of leaves that have no node of their own in the
    /// tree that is wanted.
    ///
    /// @param wanted a binary tree for each sequence
    /// @param kappa  κ
    public static Penalty margin(Trees wanted, double kappa) {
        List<Set<Merges.Span>> right = IntStream.range(0, wanted.size())
                .mapToObj(tree -> Merges.spans(wanted, tree))
                .toList();
        return (sequence, span) -> right.get(sequence).contains(span) ? 0 : kappa;
    }

    /// The best tree of each sequence.
    ///
    /// @param tokens of each sequence, its leaves
    public static Trees trees(List<List<Found>> found, List<List<String>> tokens) {
        return Trees.join(IntStream.range(0, found.size())
                .mapToObj(n -> Merges.trees(found.get(n).getFirst().merges(), List.of(tokens.get(n))))
                .toList());
    }

    /// The best trees of sequences, up to as many as the beam is wide.
    ///
    /// @param sequences leaves, each an array of T * I numbers, T at least 1
    /// @return of each sequence, the best one first
    public List<List<Found>> search(List<float[]> sequences) {
        return search(sequences, (_, _) -> 0);
    }

    /// The same where scores and penalties count together.
    public List<List<Found>> search(List<float[]> sequences, Penalty penalty) {
        List<Forest> forests = new ArrayList<>();
        for (int n = 0; n < sequences.size(); n++) {
            forests.add(new Forest(n, leaves(sequences.get(n), n), penalty));
        }
        while (forests.stream().anyMatch(Forest::hasPairs)) {
            List<Map.Entry<Pair, Forest>> missing = new ArrayList<>();
            for (Forest forest : forests) {
                forest.missing().forEach(pair -> missing.add(Map.entry(pair, forest)));
            }
            for (int from = 0; from < missing.size(); from += ROWS) {
                compose(missing.subList(from, Math.min(missing.size(), from + ROWS)));
            }
            forests.stream().filter(Forest::hasPairs).forEach(Forest::grow);
        }
        return forests.stream().map(Forest::found).toList();
    }

    private List<Node> leaves(float[] x, int sequence) {
        int width = network.inputSize();
        if (x.length == 0 || x.length % width != 0) {
            throw new IllegalArgumentException(
                    "sequence " + sequence + " has " + x.length + " numbers, not some leaves of " + width + " each");
        }
        MemorySegment input = leaves.inputs().get("x").data();
        MemorySegment states = leaves.outputs().get("h").data();
        List<Node> nodes = new ArrayList<>();
        for (int from = 0; from < x.length / width; from += ROWS) {
            int count = Math.min(ROWS, x.length / width - from);
            MemorySegment.copy(x, from * width, input, F32, 0, count * width);
            leaves.run();
            for (int i = 0; i < count; i++) {
                nodes.add(new Node(state(states, i), 0, new Merges.Span(from + i, from + i + 1)));
            }
        }
        return nodes;
    }

    private float[] state(MemorySegment states, int row) {
        long bytes = (long) network.hiddenSize() * Float.BYTES;
        return states.asSlice(row * bytes, bytes).toArray(F32);
    }

    private void compose(List<Map.Entry<Pair, Forest>> missing) {
        for (int row = 0; row < missing.size(); row++) {
            Pair pair = missing.get(row).getKey();
            write(pair.left, row, "left");
            write(pair.right, row, "right");
        }
        pairs.run();
        MemorySegment states = pairs.outputs().get("h").data();
        MemorySegment scores = pairs.outputs().get("scores").data();
        for (int row = 0; row < missing.size(); row++) {
            Pair pair = missing.get(row).getKey();
            Merges.Span span = new Merges.Span(pair.left.span.from(), pair.right.span.to());
            missing.get(row)
                    .getValue()
                    .parents
                    .put(pair, new Node(state(states, row), scores.getAtIndex(F32, row), span));
        }
    }

    private void write(Node node, int row, String side) {
        int width = network.hiddenSize();
        MemorySegment.copy(node.h, 0, pairs.inputs().get(side).data(), F32, (long) row * width * Float.BYTES, width);
        pairs.inputs().get(side + " sizes").data().setAtIndex(F32, row, node.span.to() - node.span.from());
    }

    /// A node that some trees have; it is equal to itself alone.
    private static final class Node {
        private final float[] h;
        private final double score;
        private final Merges.Span span;

        Node(float[] h, double score, Merges.Span span) {
            this.h = h;
            this.score = score;
            this.span = span;
        }
    }

    private record Pair(Node left, Node right) {}

    /// A tree on its way: the nodes that are left, and what led to them.
    private record Partial(List<Node> left, List<Integer> merges, double score, double penalty) {}

    /// A merge that a tree could be continued with.
    private record Continuation(Partial tree, int position, Node parent, double penalty) {
        double total() {
            return tree.score + tree.penalty + parent.score + penalty;
        }
    }

    /// The trees that are followed over one sequence.
    private final class Forest {
        private final int sequence;
        private final Penalty penalty;
        private final Map<Pair, Node> parents = new HashMap<>();
        private List<Partial> trees;

        Forest(int sequence, List<Node> leaves, Penalty penalty) {
            this.sequence = sequence;
            this.penalty = penalty;
            this.trees = List.of(new Partial(leaves, List.of(), 0, 0));
        }

        boolean hasPairs() {
            return trees.getFirst().left.size() > 1;
        }

        Set<Pair> missing() {
            Set<Pair> missing = new LinkedHashSet<>();
            for (Partial tree : trees) {
                for (int i = 0; i + 1 < tree.left.size(); i++) {
                    Pair pair = new Pair(tree.left.get(i), tree.left.get(i + 1));
                    if (!parents.containsKey(pair)) {
                        missing.add(pair);
                    }
                }
            }
            return missing;
        }

        /// Continues with the best merges; trees that the same merges in another order have led to are one.
        void grow() {
            List<Continuation> all = new ArrayList<>();
            for (Partial tree : trees) {
                for (int i = 0; i + 1 < tree.left.size(); i++) {
                    Node parent = parents.get(new Pair(tree.left.get(i), tree.left.get(i + 1)));
                    all.add(new Continuation(tree, i, parent, penalty.of(sequence, parent.span)));
                }
            }
            all.sort(Comparator.comparingDouble(Continuation::total).reversed());
            List<Partial> next = new ArrayList<>();
            Set<List<Node>> known = new HashSet<>();
            for (int i = 0; i < all.size() && next.size() < beam; i++) {
                Continuation best = all.get(i);
                List<Node> left = new ArrayList<>(best.tree.left);
                left.remove(best.position + 1);
                left.set(best.position, best.parent);
                if (known.add(left)) {
                    List<Integer> merges = new ArrayList<>(best.tree.merges);
                    merges.add(best.position);
                    next.add(new Partial(
                            left, merges, best.tree.score + best.parent.score, best.tree.penalty + best.penalty));
                }
            }
            trees = next;
        }

        List<Found> found() {
            return trees.stream()
                    .map(tree -> new Found(
                            tree.merges.stream().mapToLong(Integer::longValue).toArray(), tree.score, tree.penalty))
                    .toList();
        }
    }

    @Override
    public void close() {
        resources.close();
    }
}
