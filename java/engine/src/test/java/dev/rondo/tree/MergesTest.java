package dev.rondo.tree;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MergesTest {
    @Test
    void mergesAreTrees() {
        List<List<String>> tokens = List.of(List.of("a", "b", "c", "d"), List.of("x"), List.of("y", "z"));
        Trees trees = Merges.trees(new long[] {2, -1, 0, 0, -1, -1, 0, -1, -1}, tokens); // (a b) (c d)
        assertEquals(3, trees.size());
        assertArrayEquals(new int[] {2, 2, 6, 5, 5, 6, Trees.NONE}, parents(trees, 0));
        assertEquals("a b null c d null null", texts(trees, 0));
        assertArrayEquals(new int[] {Trees.NONE}, parents(trees, 1));
        assertEquals("y z null", texts(trees, 2));
        assertArrayEquals(new int[] {0, 1, 0}, Merges.of(trees, 0)); // as soon as it can
        assertEquals(0, Merges.of(trees, 1).length);
        assertThrows(IllegalArgumentException.class, () -> Merges.trees(new long[] {3}, tokens.subList(0, 1)));
        assertThrows(IllegalArgumentException.class, () -> Merges.trees(new long[0], tokens));
        assertThrows(IllegalArgumentException.class, () -> Merges.of(Trees.of(Trees.NONE, 0), 0));
    }

    /// Any order of merges gives a tree, whose merges from left to right give it again.
    @Test
    void mergesOfTreesGiveThemAgain() {
        Random random = new Random(3);
        for (int round = 0; round < 50; round++) {
            int leaves = 1 + random.nextInt(12);
            List<List<String>> tokens = List.of(
                    IntStream.range(0, leaves).mapToObj(Integer::toString).toList());
            long[] any = IntStream.range(0, leaves - 1)
                    .mapToLong(step -> random.nextInt(leaves - 1 - step))
                    .toArray();
            Trees trees = Merges.trees(any, tokens);
            long[] ordered = Arrays.stream(Merges.of(trees, 0)).asLongStream().toArray();
            Trees again = Merges.trees(ordered, tokens);
            assertArrayEquals(parents(trees, 0), parents(again, 0), "round " + round);
            assertEquals(texts(trees, 0), texts(again, 0), "round " + round);
            for (int i = 1; i < ordered.length; i++) {
                assertTrue(ordered[i] >= ordered[i - 1] - 1, "from left to right in round " + round);
            }
        }
    }

    private static int[] parents(Trees trees, int tree) {
        return IntStream.range(0, trees.tree(tree).nodes())
                .map(trees.tree(tree)::parent)
                .toArray();
    }

    private static String texts(Trees trees, int tree) {
        return IntStream.range(0, trees.tree(tree).nodes())
                .mapToObj(node -> String.valueOf(trees.tree(tree).token(node)))
                .collect(Collectors.joining(" "));
    }

    /// Of each tree, the nodes that others have as well, neither leaves nor roots.
    @Test
    void agreement() {
        Trees left = BracketedTrees.parse("(n (n (n (n a) (n b)) (n c)) (n d))", "left");
        Trees right = BracketedTrees.parse("(n (n a) (n (n b) (n (n c) (n d))))", "right");
        Trees balanced = BracketedTrees.parse("(n (n (n a) (n b)) (n (n c) (n d)))", "balanced");
        Trees none = BracketedTrees.parse("(n (n a) (n b)) (n a)", "none");
        assertEquals(1, Merges.agreement(left, left));
        assertEquals(0, Merges.agreement(left, right));
        assertEquals(0.5, Merges.agreement(left, balanced));
        assertEquals(0.5, Merges.agreement(right, balanced));
        assertEquals(
                0.75,
                Merges.agreement(Trees.join(List.of(left, none, left)), Trees.join(List.of(left, none, balanced))));
        assertTrue(Double.isNaN(Merges.agreement(none, none)));
        assertEquals(
                "tree 1 has 1 leaves, not 4",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Merges.agreement(none, Trees.join(List.of(none.tree(0), left))))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> Merges.agreement(none, left));
    }
}
