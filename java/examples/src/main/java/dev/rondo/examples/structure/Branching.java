package dev.rondo.examples.structure;

import dev.rondo.tree.Merges;
import dev.rondo.tree.Trees;
import java.util.List;
import java.util.random.RandomGenerator;

/// Trees that nobody has to find: what those that are found are compared with.
public enum Branching {
    /// Each leaf is merged with all before it: ((a b) c) d.
    LEFT("merging from the left"),
    /// Each leaf is merged with all behind it: a (b (c d)).
    RIGHT("merging from the right"),
    /// Neighbours are merged, then neighbours of those: (a b) (c d).
    BALANCED("balanced"),
    /// Any two neighbours are merged.
    RANDOM("merging at random");

    private final String title;

    Branching(String title) {
        this.title = title;
    }

    /// What it is called.
    public String title() {
        return title;
    }

    /// Where the pair begins that comes next.
    private int position(int step, int nodes, RandomGenerator random) {
        return switch (this) {
            case LEFT -> 0;
            case RIGHT -> nodes - 2;
            case BALANCED -> step;
            case RANDOM -> random.nextInt(nodes - 1);
        };
    }

    /// Such trees.
    ///
    /// @param tokens of each tree, its leaves
    public Trees over(List<List<String>> tokens, RandomGenerator random) {
        return Trees.join(tokens.stream()
                .map(leaves -> {
                    long[] positions = new long[leaves.size() - 1];
                    int step = 0; // of a round over all nodes that are left
                    for (int merge = 0; merge < positions.length; merge++) {
                        int nodes = leaves.size() - merge;
                        step = step + 1 < nodes ? step : 0;
                        positions[merge] = position(step++, nodes, random);
                    }
                    return Merges.trees(positions, List.of(leaves));
                })
                .toList());
    }
}
