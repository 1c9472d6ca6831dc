package dev.rondo.examples.structure;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.tree.Merges;
import dev.rondo.tree.Trees;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BranchingTest {
    private static final List<List<String>> TOKENS = List.of(List.of("a", "b", "c", "d", "e"), List.of("x"));

    private static RandomGenerator random() {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(2);
    }

    private static String brackets(Trees trees, int node) {
        return trees.isLeaf(node)
                ? trees.token(node)
                : IntStream.of(trees.children(node))
                        .mapToObj(child -> brackets(trees, child))
                        .collect(Collectors.joining(" ", "(", ")"));
    }

    @Test
    void trees() {
        for (Branching branching : Branching.values()) {
            Trees trees = branching.over(TOKENS, random());
            assertEquals(2, trees.size());
            assertEquals("x", brackets(trees, trees.root(1)));
            String first = brackets(trees, trees.root(0));
            switch (branching) {
                case LEFT -> assertEquals("((((a b) c) d) e)", first);
                case RIGHT -> assertEquals("(a (b (c (d e))))", first);
                case BALANCED -> assertEquals("(((a b) (c d)) e)", first);
                case RANDOM -> assertEquals("abcde", first.replaceAll("[() ]", ""));
            }
        }
    }

    /// Some 200 random trees over four leaves: each of the five is among them.
    @Test
    void randomTreesDiffer() {
        Trees trees = Branching.RANDOM.over(
                IntStream.range(0, 200)
                        .mapToObj(_ -> List.of("a", "b", "c", "d"))
                        .toList(),
                random());
        Set<Set<Merges.Span>> all = IntStream.range(0, trees.size())
                .mapToObj(tree -> Merges.spans(trees, tree))
                .collect(Collectors.toSet());
        assertTrue(all.size() == 5, all.toString());
    }
}
