package dev.rondo.tree;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.format.MalformedFileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TreesTest {
    private static final int DEEP = 100_000;
    private static final String INSERTED = "()[]{}, 0123-a\"\n";

    @TempDir
    Path folder;

    private static String refusal(int... parents) {
        return assertThrows(IllegalArgumentException.class, () -> Trees.of(parents))
                .getMessage();
    }

    @Test
    void structure() {
        Trees trees = Trees.of(new int[] {2, 2, -1, 0, 0, 0, -1, 6}, new int[] {0, 6}, null, null);
        assertEquals(2, trees.size());
        assertEquals(8, trees.nodes());
        assertEquals(5, trees.leaves());
        assertArrayEquals(new int[] {0, 1}, trees.children(2));
        assertArrayEquals(new int[] {3, 4, 5}, trees.children(0));
        assertEquals(2, trees.root(0));
        assertEquals(6, trees.root(1));
        assertEquals(2, trees.height(2));
        assertEquals(1, trees.height(6));
        assertEquals(0, trees.treeOf(5));
        assertEquals(1, trees.treeOf(6));
        assertArrayEquals(new int[] {2, 0, 3, 4, 5, 1}, trees.preorder(0));
        assertArrayEquals(new int[] {6, 7}, trees.preorder(1));
        assertArrayEquals(new int[] {0, 1}, trees.tree(1).preorder(0));
    }

    @Test
    void refusals() {
        assertEquals("tree 0 has two roots, nodes 0 and 2", refusal(-1, 0, -1));
        assertTrue(refusal(1, 0).startsWith("tree 0 has no root"));
        assertTrue(refusal().contains("tree 0 has nodes from 0 to before 0"));
        assertEquals("node 1 of tree 0 has parent 7, which is not one of the tree's nodes 0 to 1", refusal(-1, 7));
        assertEquals("node 1 of tree 0 has parent -2, which is not one of the tree's nodes 0 to 1", refusal(-1, -2));
        String cycle = refusal(-1, 0, 3, 4, 2, 3); // 2, 3 and 4, and 5 hangs on them
        assertTrue(cycle.matches("node [234] of tree 0 is an ancestor of itself.*"), cycle);
        String own = refusal(-1, 1);
        assertTrue(own.startsWith("node 1 of tree 0 is an ancestor of itself"), own);
        String other = assertThrows(
                        IllegalArgumentException.class,
                        () -> Trees.of(new int[] {-1, 3, -1, 2}, new int[] {0, 2}, null, null))
                .getMessage();
        assertEquals("node 1 of tree 0 has parent 3, which is not one of the tree's nodes 0 to 1", other);
        assertThrows(
                IllegalArgumentException.class, () -> Trees.of(new int[] {-1}, new int[] {0}, List.of("a", "b"), null));
    }

    /// One node above the other, far deeper than any stack.
    @Test
    void deepTrees() throws IOException {
        Trees chain = BracketedTrees.parse("(a ".repeat(DEEP) + "b" + ")".repeat(DEEP), "deep");
        assertEquals(DEEP, chain.nodes());
        assertEquals(DEEP - 1, chain.height(0));
        assertEquals("b", chain.token(DEEP - 1));
        assertEquals(DEEP, chain.preorder(0).length);
        assertArrayEquals(
                chain.preorder(0),
                BracketedTrees.parse(BracketedTrees.write(chain), "again").preorder(0));
        Path file = folder.resolve("deep.json");
        Files.writeString(file, JsonTrees.write(chain).compact());
        assertEquals(DEEP - 1, JsonTrees.read(file).height(0));
        int[] backwards = new int[DEEP];
        Arrays.setAll(backwards, i -> i == DEEP - 1 ? -1 : i + 1);
        assertEquals(DEEP - 1, Trees.of(backwards).height(DEEP - 1));
        String open = assertThrows(MalformedFileException.class, () -> BracketedTrees.parse("(a ".repeat(DEEP), "deep"))
                .getMessage();
        assertTrue(open.contains("a bracket is never closed at 1:299998"), open);
    }

    @Test
    void bracketed() {
        Trees trees =
                BracketedTrees.parse("( (S (NP (DT the)\n (NN cat)) (VP sat)) )\n(3 (2 so) (4 good))(( a) ( b))", "f");
        assertEquals(3, trees.size());
        assertEquals(5 + 3 + 3, trees.nodes());
        assertEquals("S", trees.label(0));
        assertNull(trees.token(0));
        assertArrayEquals(new int[] {1, 4}, trees.children(0));
        assertEquals("cat", trees.token(3));
        assertEquals("3", trees.label(5));
        assertEquals("good", trees.token(7));
        assertNull(trees.label(8));
        assertNull(trees.label(9));
        assertEquals("b", trees.token(10));
        assertEquals(
                "(S (NP (DT the) (NN cat)) (VP sat))\n(3 (2 so) (4 good))\n( ( a) ( b))\n",
                BracketedTrees.write(trees));
        assertEquals(0, BracketedTrees.parse(" \n", "f").size());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            (a (b c)                | f: a bracket is never closed at 1:1
            (a b))                  | f: a bracket is closed that was never opened at 1:6
            (a)                     | f: a node has neither a token nor children at 1:1
            ()                      | f: a node has neither a token nor children at 1:1
            (a b c)                 | f: "c" follows what a node already has: one token, or children at 1:6
            (a (b c) d)             | f: "d" follows what a node already has: one token, or children at 1:10
            (a b (c d))             | f: a node has both the token "b" and a child at 1:6
            word                    | f: "word" is outside of all brackets at 1:1
            """)
    void refusedBrackets(String text, String message) {
        assertEquals(
                message,
                assertThrows(MalformedFileException.class, () -> BracketedTrees.parse(text, "f"))
                        .getMessage());
    }

    @Test
    void json() {
        Trees trees = JsonTrees.parse(
                "[{\"parents\": [-1, 0, 0], \"labels\": [\"S\", null, \"V\"]}, {\"parents\": [-1], \"tokens\": [\"x\"]}]",
                "f");
        assertEquals(2, trees.size());
        assertEquals("V", trees.label(2));
        assertNull(trees.token(2));
        assertEquals("x", trees.token(3));
        Trees again = JsonTrees.parse(JsonTrees.write(trees).compact(), "f");
        assertEquals(JsonTrees.write(trees), JsonTrees.write(again));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            [{"parents": []}]                          | f: field [0].parents is empty, but a tree has a root
            [{"parents": [-1, -1]}]                    | f: field [0].parents is no tree: tree 0 has two roots, nodes 0 and 1
            [{"parents": [-1], "labels": ["a", "b"]}]  | f: field [0].labels has 2 elements for 1 nodes
            [{"parents": [-1], "colour": []}]          | f: field [0].colour is none of parents, labels and tokens
            [{"parents": [-1, 0.5]}]                   | f: field [0].parents[1] should be an integer of 32 bits but is the number 0.5
            """)
    void refusedJson(String text, String message) {
        assertEquals(
                message,
                assertThrows(MalformedFileException.class, () -> JsonTrees.parse(text, "f"))
                        .getMessage());
    }

    /// Text damaged at random is read or refused; nothing else is thrown.
    @ParameterizedTest
    @ValueSource(longs = {1, 2})
    void damaged(long seed) {
        Random random = new Random(seed);
        String brackets = "((S (NP (DT the) (NN cat)) (VP sat)))\n(3 (2 so) (4 good))";
        String json = "[{\"parents\":[-1,0,0,1],\"labels\":[\"S\",null,\"V\",null]},{\"parents\":[1,-1]}]";
        for (int i = 0; i < 3_000; i++) {
            boolean isJson = i % 2 == 0;
            StringBuilder text = new StringBuilder(isJson ? json : brackets);
            for (int k = random.nextInt(4); k >= 0; k--) {
                int at = random.nextInt(text.length());
                if (random.nextBoolean()) {
                    text.deleteCharAt(at);
                } else {
                    text.insert(at, INSERTED.charAt(random.nextInt(INSERTED.length())));
                }
            }
            try {
                Trees trees =
                        isJson ? JsonTrees.parse(text.toString(), "f") : BracketedTrees.parse(text.toString(), "f");
                for (int tree = 0; tree < trees.size(); tree++) {
                    assertEquals(trees.tree(tree).nodes(), trees.preorder(tree).length);
                }
                if (!isJson) {
                    String written = BracketedTrees.write(trees);
                    assertEquals(written, BracketedTrees.write(BracketedTrees.parse(written, "f")), "seed " + seed);
                }
            } catch (MalformedFileException e) {
                assertTrue(e.getMessage().startsWith("f: "), e.getMessage());
            }
        }
    }

    @Test
    void joined() {
        Trees one = BracketedTrees.parse("(a (b c) (d e))", "f");
        Trees two = Trees.join(List.of(one, one));
        assertEquals(BracketedTrees.write(one).repeat(2), BracketedTrees.write(two));
        assertEquals(0, Trees.join(List.of()).size());
    }
}
