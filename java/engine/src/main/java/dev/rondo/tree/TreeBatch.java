package dev.rondo.tree;

import java.util.Arrays;

/// Trees numbered as a network reads them: nodes with inputs first, in a batch of fixed sizes with room left where
/// there are fewer. Programs are recorded for such sizes once, and the arrays are what their inputs hold.
///
/// {@snippet :
/// TreeBatch batch = TreeBatch.leavesFirst(trees, 512, 1024); // leaves are numbered from 0, other nodes from 512
/// step.input("parents").copyFrom(batch.parents());
/// step.input("positions").copyFrom(batch.positions());
/// step.input("roots").copyFrom(batch.roots(64));
/// long id = batch.number(node); // where the network has a node of the trees
/// }
///
/// Threads: any; it does not change.
public final class TreeBatch {
    private static final long ROOT = -1;
    private static final long UNUSED = -2;

    private final Trees trees;
    private final int[] numbers;
    private final int size;

    private TreeBatch(Trees trees, int[] numbers, int size) {
        this.trees = trees;
        this.numbers = numbers;
        this.size = size;
    }

    /// All nodes in their order: each has an input.
    ///
    /// @param size how many nodes there is room for
    /// @throws IllegalArgumentException if there are more
    public static TreeBatch of(Trees trees, int size) {
        requireRoom(trees.nodes(), size, "nodes");
        int[] numbers = new int[trees.nodes()];
        Arrays.setAll(numbers, node -> node);
        return new TreeBatch(trees, numbers, size);
    }

    /// Leaves first, from 0 on, and the other nodes from `leaves` on: leaves alone have inputs.
    ///
    /// @param leaves how many leaves there is room for
    /// @param size   how many nodes there is room for
    /// @throws IllegalArgumentException if there are more
    public static TreeBatch leavesFirst(Trees trees, int leaves, int size) {
        int[] numbers = new int[trees.nodes()];
        int leaf = 0;
        int other = leaves;
        for (int node = 0; node < numbers.length; node++) {
            numbers[node] = trees.isLeaf(node) ? leaf++ : other++;
        }
        requireRoom(leaf, leaves, "leaves");
        requireRoom(other - leaves, size - leaves, "other nodes");
        return new TreeBatch(trees, numbers, size);
    }

    /// As many places for each tree: the leaves of the first tree, then those of the second, and so on, then all other
    /// nodes likewise. Leaves alone have inputs, and each tree has its own part of what a network gives.
    ///
    /// @param leaves how many leaves there is room for in each tree, and for one fewer other nodes
    /// @throws IllegalArgumentException if a tree has more
    public static TreeBatch apart(Trees trees, int leaves) {
        int[] numbers = new int[trees.nodes()];
        for (int tree = 0; tree < trees.size(); tree++) {
            int leaf = tree * leaves;
            int other = trees.size() * leaves + tree * (leaves - 1);
            for (int node = trees.first(tree); node < trees.first(tree + 1); node++) {
                numbers[node] = trees.isLeaf(node) ? leaf++ : other++;
            }
            requireRoom(leaf - tree * leaves, leaves, "leaves of tree " + tree);
            requireRoom(other - trees.size() * leaves - tree * (leaves - 1), leaves - 1, "other nodes of tree " + tree);
        }
        return new TreeBatch(trees, numbers, trees.size() * (2 * leaves - 1));
    }

    /// In the order in which a network may compose nodes step by step: with N trees, leaf i of tree n has number
    /// `i * N + n`, and the node of step s `(leaves + s) * N + n`, children before their parents.
    ///
    /// @param leaves how many leaves there is room for in each tree, and for one step fewer
    /// @throws IllegalArgumentException naming a node that has neither no children nor two, or if a tree has more
    ///                                  leaves
    public static TreeBatch inSteps(Trees trees, int leaves) {
        int count = trees.size();
        int[] numbers = new int[trees.nodes()];
        for (int tree = 0; tree < count; tree++) {
            int[] order = trees.preorder(tree);
            int all = (order.length + 1) / 2;
            int leaf = 0;
            int step = all - 1; // the root's is the last one
            for (int node : order) {
                int arity = trees.arity(node);
                if (arity != 0 && arity != 2) {
                    throw new IllegalArgumentException("node " + node + " has " + arity + " children, not 2");
                }
                numbers[node] = (arity == 0 ? leaf++ : leaves + --step) * count + tree;
            }
            requireRoom(leaf, leaves, "leaves of tree " + tree);
        }
        return new TreeBatch(trees, numbers, count * (2 * leaves - 1));
    }

    private static void requireRoom(int count, int room, String what) {
        if (count > room) {
            throw new IllegalArgumentException(
                    count + " " + what + " are more than the " + room + " there is room for");
        }
    }

    /// The number that a node of the trees has here.
    public int number(int node) {
        return numbers[node];
    }

    /// Each node's parent, -1 for roots and -2 where there is no node: (size).
    public long[] parents() {
        long[] parents = new long[size];
        Arrays.fill(parents, UNUSED);
        for (int node = 0; node < numbers.length; node++) {
            int parent = trees.parent(node);
            parents[numbers[node]] = parent == Trees.NONE ? ROOT : numbers[parent];
        }
        return parents;
    }

    /// Each node's position among its parent's children, counted from 0: (size).
    public long[] positions() {
        long[] positions = new long[size];
        for (int node = 0; node < numbers.length; node++) {
            for (int k = 0; k < trees.arity(node); k++) {
                positions[numbers[trees.child(node, k)]] = k;
            }
        }
        return positions;
    }

    /// The child at a position of each node that is made in a step ([#inSteps]), -1 where none is made.
    public long[] children(int position) {
        int first = (size / trees.size() + 1) / 2 * trees.size(); // behind the leaves
        long[] children = new long[size - first];
        Arrays.fill(children, -1);
        for (int node = 0; node < numbers.length; node++) {
            if (!trees.isLeaf(node)) {
                children[numbers[node] - first] = numbers[trees.child(node, position)];
            }
        }
        return children;
    }

    /// Each node's place below its parent, `arity * parent + position`, and -1 for roots and where there is no node:
    /// (size).
    ///
    /// @param arity how many places a node has
    public long[] places(int arity) {
        long[] parents = parents();
        long[] positions = positions();
        for (int i = 0; i < size; i++) {
            parents[i] = parents[i] < 0 ? -1 : arity * parents[i] + positions[i];
        }
        return parents;
    }

    /// The root of each tree, and any node behind them: (count).
    ///
    /// @throws IllegalArgumentException if there are more trees
    public long[] roots(int count) {
        requireRoom(trees.size(), count, "trees");
        long[] roots = new long[count];
        for (int tree = 0; tree < trees.size(); tree++) {
            roots[tree] = numbers[trees.root(tree)];
        }
        return roots;
    }
}
