package dev.rondo.tree;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Binary trees over sequences as series of merges of neighbours: each merge is the position of the left one of two
/// neighbours among the nodes that are left then, and puts their parent there.
///
/// {@snippet :
/// Trees trees = Merges.trees(new long[] {1, 0}, List.of(List.of("not", "so", "good"))); // (not (so good))
/// int[] positions = Merges.of(trees, 0); // 1, 0
/// }
///
/// Threads: any.
public final class Merges {
    /// Stands for no transition; what [dev.rondo.nn.Losses#crossEntropy] ignores.
    public static final long NO_TRANSITION = -100;

    private Merges() {}

    /// Leaves in a row.
    ///
    /// @param from the first
    /// @param to   behind the last
    public record Span(int from, int to) {}

    /// The leaves below each node of a binary tree that has children.
    public static Set<Span> spans(Trees trees, int tree) {
        int[] positions = of(trees, tree);
        List<Span> left = new ArrayList<>();
        for (int leaf = 0; leaf <= positions.length; leaf++) {
            left.add(new Span(leaf, leaf + 1));
        }
        Set<Span> spans = new HashSet<>();
        for (int at : positions) {
            Span parent = new Span(left.get(at).from, left.remove(at + 1).to);
            left.set(at, parent);
            spans.add(parent);
        }
        return spans;
    }

    /// How well trees agree: the share of the nodes of some that the others have as well, of all trees together.
    /// Leaves and roots, which all trees have, do not count. As binary trees over the same leaves have equally many
    /// nodes, it is precision, recall and F1 of unlabelled brackets at once.
    ///
    /// @param found  binary trees
    /// @param wanted as many, over as many leaves each
    /// @return from 0 to 1; NaN where no tree has more than two leaves
    /// @throws IllegalArgumentException naming a tree that has other leaves than its counterpart, or a node that
    ///                                  has neither no children nor two
    public static double agreement(Trees found, Trees wanted) {
        if (found.size() != wanted.size()) {
            throw new IllegalArgumentException(
                    found.size() + " trees cannot be compared with " + wanted.size() + " others");
        }
        long common = 0;
        long all = 0;
        for (int tree = 0; tree < found.size(); tree++) {
            Set<Span> spans = spans(found, tree);
            if (spans.size() != of(wanted, tree).length) {
                throw new IllegalArgumentException("tree " + tree + " has " + (spans.size() + 1) + " leaves, not "
                        + (of(wanted, tree).length + 1));
            }
            all += Math.max(0, spans.size() - 1);
            spans.retainAll(spans(wanted, tree));
            common += Math.max(0, spans.size() - 1);
        }
        return (double) common / all;
    }

    /// The trees that come of merges. Each node of a tree follows its children, the left ones before the right ones.
    ///
    /// @param positions (S, N) in C order, S at least what the longest sequence takes; those behind the last of a
    ///                  sequence count for nothing
    /// @param tokens    of each of the N sequences, its leaves: at least one
    /// @throws IllegalArgumentException naming sequence and step, if there is no pair at a position
    public static Trees trees(long[] positions, List<List<String>> tokens) {
        List<Trees> all = new ArrayList<>();
        for (int n = 0; n < tokens.size(); n++) {
            long[] own = new long[Math.max(0, tokens.get(n).size() - 1)];
            for (int step = 0; step < own.length; step++) {
                int at = step * tokens.size() + n;
                own[step] = at < positions.length ? positions[at] : -1;
                int left = own.length + 1 - step;
                if (own[step] < 0 || own[step] + 1 >= left) {
                    throw new IllegalArgumentException("sequence " + n + " has no pair at position " + own[step]
                            + " in step " + step + ", where " + left + " nodes are left");
                }
            }
            all.add(tree(own, tokens.get(n)));
        }
        return Trees.join(all);
    }

    private static Trees tree(long[] positions, List<String> tokens) {
        int leaves = tokens.size();
        int[][] children = new int[positions.length][]; // of node leaves + step
        List<Integer> left = new ArrayList<>(IntStream.range(0, leaves).boxed().toList());
        for (int step = 0; step < positions.length; step++) {
            int at = (int) positions[step];
            children[step] = new int[] {left.get(at), left.remove(at + 1)};
            left.set(at, leaves + step);
        }
        int[] parents = new int[leaves + positions.length];
        @Nullable String[] texts = new String[parents.length];
        Deque<int[]> open = new ArrayDeque<>(); // nodes with their parents' numbers
        open.push(new int[] {left.getFirst(), Trees.NONE});
        for (int number = parents.length - 1; number >= 0; number--) { // backwards, right before left
            int[] node = open.pop();
            parents[number] = node[1];
            if (node[0] < leaves) {
                texts[number] = tokens.get(node[0]);
            } else {
                open.push(new int[] {children[node[0] - leaves][0], number});
                open.push(new int[] {children[node[0] - leaves][1], number});
            }
        }
        return Trees.of(parents, new int[] {0}, null, Arrays.asList(texts));
    }

    /// What a shift-reduce parser does to get binary trees: 0 shifts the next leaf, 1 reduces two nodes to one, and
    /// [#NO_TRANSITION] stands behind the last one.
    ///
    /// @param room the most leaves of a tree, T
    /// @return (2 * T - 1, N) in C order
    /// @throws IllegalArgumentException naming a node that has neither no children nor two, or if a tree has more
    ///                                  leaves
    public static long[] transitions(Trees trees, int room) {
        long[] all = new long[(2 * room - 1) * trees.size()];
        Arrays.fill(all, NO_TRANSITION);
        for (int tree = 0; tree < trees.size(); tree++) {
            int[] positions = of(trees, tree);
            if (positions.length >= room) {
                throw new IllegalArgumentException((positions.length + 1) + " leaves of tree " + tree
                        + " are more than the " + room + " there is room for");
            }
            int step = 0;
            int depth = 0;
            for (int position : positions) {
                for (; depth < position + 2; depth++) {
                    all[step++ * trees.size() + tree] = 0;
                }
                all[step++ * trees.size() + tree] = 1;
                depth--;
            }
            if (positions.length == 0) {
                all[tree] = 0;
            }
        }
        return all;
    }

    /// The trees that come of a shift-reduce parser's transitions, as [#trees].
    ///
    /// @param transitions (S, N) in C order
    /// @throws IllegalArgumentException naming the sequence whose transitions end without a tree
    public static Trees ofTransitions(long[] transitions, List<List<String>> tokens) {
        int count = tokens.size();
        long[] positions = new long[transitions.length];
        Arrays.fill(positions, -1);
        for (int n = 0; n < count; n++) {
            int merges = 0;
            int depth = 0;
            for (int at = n; at < transitions.length; at += count) {
                if (transitions[at] == 1) {
                    positions[merges++ * count + n] = --depth - 1;
                } else if (transitions[at] == 0) {
                    depth++;
                }
            }
        }
        return trees(positions, tokens);
    }

    /// The merges of a binary tree, from left to right: those that a parser makes that merges as soon as it can.
    ///
    /// @throws IllegalArgumentException naming a node that has neither no children nor two
    public static int[] of(Trees trees, int tree) {
        int[] order = trees.preorder(tree);
        int[] positions = new int[order.length / 2];
        int[] waiting = new int[order.length]; // nodes above the one at hand: children that are still missing
        int open = 0;
        int merges = 0;
        int complete = 0; // nodes in a row that wait for their parents
        for (int node : order) {
            int arity = trees.arity(node);
            if (arity != 0 && arity != 2) {
                throw new IllegalArgumentException("node " + node + " has " + arity + " children, not 2");
            }
            if (arity == 2) {
                waiting[open++] = 2;
                continue;
            }
            complete++;
            while (open > 0 && --waiting[open - 1] == 0) {
                positions[merges++] = --complete - 1;
                open--;
            }
        }
        return positions;
    }
}
