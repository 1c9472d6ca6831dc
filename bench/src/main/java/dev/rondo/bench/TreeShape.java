package dev.rondo.bench;

import dev.rondo.nn.Initializer;
import dev.rondo.nn.NaryTreeLSTM;
import dev.rondo.tree.TreeBatch;
import dev.rondo.tree.Trees;
import java.util.Arrays;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Random binary trees, and a Tree-LSTM over them: leaves have inputs as wide as the states.
///
/// @param hidden H
/// @param trees  how many
/// @param fewest leaves of a tree
/// @param most   leaves of a tree
public record TreeShape(int hidden, int trees, int fewest, int most) {
    private static final Pattern FORM = Pattern.compile("h(\\d+) trees(\\d+) leaves(\\d+)-(\\d+)");

    /// Reads a shape as [#toString] writes it.
    ///
    /// @throws IllegalArgumentException if it is none
    public static TreeShape parse(String text) {
        Matcher matcher = FORM.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("\"" + text + "\" is no shape such as h150 trees64 leaves20-40");
        }
        return new TreeShape(
                Integer.parseInt(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                Integer.parseInt(matcher.group(3)),
                Integer.parseInt(matcher.group(4)));
    }

    /// The trees: each inner node divides its leaves among its two children, every division as likely.
    Trees grow() {
        Random random = new Random(11);
        int[] leaves = random.ints(trees, fewest, most + 1).toArray();
        int[] firsts = new int[trees];
        int[] parents = new int[Arrays.stream(leaves).sum() * 2 - trees];
        int[] counts = new int[parents.length]; // leaves below each node
        int node = 0;
        for (int t = 0; t < trees; t++) {
            firsts[t] = node;
            parents[node] = Trees.NONE;
            counts[node] = leaves[t];
            int next = node + 1;
            for (; node < next; node++) {
                if (counts[node] > 1) {
                    int left = random.nextInt(1, counts[node]);
                    parents[next] = node;
                    counts[next++] = left;
                    parents[next] = node;
                    counts[next++] = counts[node] - left;
                }
            }
        }
        return Trees.of(parents, firsts, null, null);
    }

    /// The trees as networks read them, without room for others.
    TreeBatch batch(Trees grown) {
        return TreeBatch.leavesFirst(grown, grown.leaves(), grown.nodes());
    }

    /// A network with the weights that all contenders have.
    NaryTreeLSTM network() {
        NaryTreeLSTM network = new NaryTreeLSTM(hidden, hidden);
        network.initialize(5, _ -> Initializer.uniform(1 / Math.sqrt(hidden)));
        return network;
    }

    /// Random numbers: inputs, or targets.
    float[] random(long seed, int rows) {
        Random random = new Random(seed);
        float[] values = new float[rows * hidden];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    @Override
    public String toString() {
        return "h" + hidden + " trees" + trees + " leaves" + fewest + "-" + most;
    }
}
