package dev.rondo.tree;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Some trees of any arity, as flat arrays over all their nodes: tree t has nodes [#first(int)] to `first(t + 1) - 1`,
/// in any order, and each but its root has its parent among them. Children are in the order of their numbers. A
/// node may have a label (what a treebank calls its category or its sentiment) and a token (a word).
///
/// Nothing here calls itself from node to node, so a tree may be as deep as it has nodes.
///
/// {@snippet :
/// Trees trees = BracketedTrees.parse("(3 (2 not) (4 (2 so) (3 good)))", "example");
/// trees.parent(1);   // 0
/// trees.children(0); // [1, 2]
/// trees.token(4);    // good
/// trees.height(0);   // 2
/// }
///
/// Threads: any; trees do not change.
public final class Trees {
    /// The parent of a root.
    public static final int NONE = -1;

    private final int[] parents;
    private final int[] firsts; // of each tree, and how many nodes there are
    private final int[] childOffsets;
    private final int[] children; // those of node i from childOffsets[i] to childOffsets[i + 1]
    private final int[] heights;
    private final List<@Nullable String> labels;
    private final List<@Nullable String> tokens;

    private Trees(int[] parents, int[] firsts, List<@Nullable String> labels, List<@Nullable String> tokens) {
        this.parents = parents;
        this.firsts = firsts;
        this.labels = Collections.unmodifiableList(labels);
        this.tokens = Collections.unmodifiableList(tokens);
        requireParents();
        this.childOffsets = new int[parents.length + 1];
        for (int parent : parents) {
            if (parent != NONE) {
                childOffsets[parent + 1]++;
            }
        }
        for (int node = 0; node < parents.length; node++) {
            childOffsets[node + 1] += childOffsets[node];
        }
        this.children = new int[parents.length - size()];
        int[] next = childOffsets.clone();
        for (int node = 0; node < parents.length; node++) {
            if (parents[node] != NONE) {
                children[next[parents[node]]++] = node;
            }
        }
        this.heights = heightsOfAll();
    }

    /// Several trees.
    ///
    /// @param parents the number of each node's parent, [#NONE] for a root
    /// @param firsts  the first node of each tree, in ascending order from 0
    /// @param labels  each node's label, or null for none; or no list for no labels
    /// @param tokens  each node's token, or null for none; or no list for no tokens
    /// @throws IllegalArgumentException naming node and tree, if a parent is outside its tree, a tree has no
    ///                                  root or two, or nodes are each other's ancestors
    public static Trees of(
            int[] parents,
            int[] firsts,
            @Nullable List<@Nullable String> labels,
            @Nullable List<@Nullable String> tokens) {
        int[] bounds = Arrays.copyOf(firsts, firsts.length + 1);
        bounds[firsts.length] = parents.length;
        for (int tree = 0; tree < firsts.length; tree++) {
            if (bounds[tree] >= bounds[tree + 1] || bounds[0] != 0) {
                throw new IllegalArgumentException("tree " + tree + " has nodes from " + bounds[tree] + " to before "
                        + bounds[tree + 1] + ", but trees follow each other from node 0 and have at least one");
            }
        }
        if (firsts.length == 0 && parents.length > 0) {
            throw new IllegalArgumentException(parents.length + " nodes belong to no tree");
        }
        return new Trees(
                parents.clone(),
                bounds,
                texts(labels, parents.length, "labels"),
                texts(tokens, parents.length, "tokens"));
    }

    /// One tree.
    ///
    /// @param parents the number of each node's parent, [#NONE] for the root
    /// @throws IllegalArgumentException as [#of(int[], int[], List, List)]
    public static Trees of(int... parents) {
        return of(parents, new int[] {0}, null, null);
    }

    /// The trees of several batches, one after the other.
    public static Trees join(List<Trees> parts) {
        int[] parents = new int[parts.stream().mapToInt(Trees::nodes).sum()];
        int[] firsts = new int[parts.stream().mapToInt(Trees::size).sum()];
        List<@Nullable String> labels = new ArrayList<>(parents.length);
        List<@Nullable String> tokens = new ArrayList<>(parents.length);
        int node = 0;
        int tree = 0;
        for (Trees part : parts) {
            for (int t = 0; t < part.size(); t++) {
                firsts[tree++] = node + part.first(t);
            }
            int offset = node;
            for (int parent : part.parents) {
                parents[node++] = parent == NONE ? NONE : parent + offset;
            }
            labels.addAll(part.labels);
            tokens.addAll(part.tokens);
        }
        return of(parents, firsts, labels, tokens);
    }

    private static List<@Nullable String> texts(@Nullable List<@Nullable String> texts, int nodes, String what) {
        if (texts == null) {
            return Collections.nCopies(nodes, null);
        }
        if (texts.size() != nodes) {
            throw new IllegalArgumentException(
                    texts.size() + " " + what + " are not one for each of " + nodes + " nodes");
        }
        return new ArrayList<>(texts);
    }

    private void requireParents() {
        for (int tree = 0; tree < size(); tree++) {
            int root = NONE;
            for (int node = first(tree); node < first(tree + 1); node++) {
                int parent = parents[node];
                if (parent == NONE) {
                    if (root != NONE) {
                        throw new IllegalArgumentException(
                                "tree " + tree + " has two roots, nodes " + root + " and " + node);
                    }
                    root = node;
                } else if (parent < first(tree) || parent >= first(tree + 1)) {
                    throw new IllegalArgumentException("node " + node + " of tree " + tree + " has parent " + parent
                            + ", which is not one of the tree's nodes " + first(tree) + " to " + (first(tree + 1) - 1));
                }
            }
            if (root == NONE) {
                throw new IllegalArgumentException("tree " + tree
                        + " has no root: each of its nodes has a parent, so some are each other's ancestors");
            }
        }
    }

    /// From the leaves up, as each node has had all its children; what is never reached is on a cycle or below one.
    private int[] heightsOfAll() {
        int[] all = new int[parents.length];
        int[] missing = new int[parents.length]; // children without a height yet
        int[] queue = new int[parents.length];
        int end = 0;
        for (int node = 0; node < parents.length; node++) {
            missing[node] = arity(node);
            if (missing[node] == 0) {
                queue[end++] = node;
            }
        }
        for (int i = 0; i < end; i++) {
            int parent = parents[queue[i]];
            if (parent != NONE) {
                all[parent] = Math.max(all[parent], all[queue[i]] + 1);
                if (--missing[parent] == 0) {
                    queue[end++] = parent;
                }
            }
        }
        if (end < parents.length) {
            int on = IntStream.range(0, parents.length)
                    .filter(node -> missing[node] > 0)
                    .findFirst()
                    .getAsInt();
            for (int i = 0; i < parents.length; i++) {
                on = parents[on]; // away from what only hangs on the cycle
            }
            throw new IllegalArgumentException(
                    "node " + on + " of tree " + treeOf(on) + " is an ancestor of itself: the parents make a cycle");
        }
        return all;
    }

    /// How many trees there are.
    public int size() {
        return firsts.length - 1;
    }

    /// How many nodes they have together.
    public int nodes() {
        return parents.length;
    }

    /// The first node of a tree; for the number of trees, the number of nodes.
    public int first(int tree) {
        return firsts[tree];
    }

    /// The tree of a node.
    public int treeOf(int node) {
        int found = Arrays.binarySearch(firsts, node);
        return found >= 0 ? found : -found - 2;
    }

    /// The root of a tree.
    public int root(int tree) {
        for (int node = first(tree); node < first(tree + 1); node++) {
            if (parents[node] == NONE) {
                return node;
            }
        }
        throw new IllegalStateException("tree " + tree + " has no root");
    }

    /// The parent of a node, or [#NONE].
    public int parent(int node) {
        return parents[node];
    }

    /// How many children a node has.
    public int arity(int node) {
        return childOffsets[node + 1] - childOffsets[node];
    }

    /// A child of a node, counted from 0.
    public int child(int node, int position) {
        if (position < 0 || position >= arity(node)) {
            throw new IndexOutOfBoundsException(
                    "node " + node + " has " + arity(node) + " children, none at " + position);
        }
        return children[childOffsets[node] + position];
    }

    /// The children of a node.
    public int[] children(int node) {
        return Arrays.copyOfRange(children, childOffsets[node], childOffsets[node + 1]);
    }

    /// Whether a node has no children.
    public boolean isLeaf(int node) {
        return arity(node) == 0;
    }

    /// How many leaves there are.
    public int leaves() {
        return (int) IntStream.range(0, nodes()).filter(this::isLeaf).count();
    }

    /// The number of edges on the longest way down from a node: 0 for a leaf.
    public int height(int node) {
        return heights[node];
    }

    /// The label of a node, or null.
    public @Nullable String label(int node) {
        return labels.get(node);
    }

    /// The token of a node, or null.
    public @Nullable String token(int node) {
        return tokens.get(node);
    }

    /// The nodes of a tree in depth-first order, parents before their children and children in their order.
    public int[] preorder(int tree) {
        int[] order = new int[first(tree + 1) - first(tree)];
        int[] stack = new int[order.length];
        int top = 0;
        stack[top++] = root(tree);
        for (int i = 0; i < order.length; i++) {
            int node = stack[--top];
            order[i] = node;
            for (int k = arity(node) - 1; k >= 0; k--) {
                stack[top++] = child(node, k);
            }
        }
        return order;
    }

    /// One of the trees, its nodes counted from 0.
    public Trees tree(int tree) {
        int from = first(tree);
        int to = first(tree + 1);
        int[] own = Arrays.copyOfRange(parents, from, to);
        for (int i = 0; i < own.length; i++) {
            own[i] = own[i] == NONE ? NONE : own[i] - from;
        }
        return of(own, new int[] {0}, labels.subList(from, to), tokens.subList(from, to));
    }
}
