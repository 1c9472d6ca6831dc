package dev.rondo.examples.listops;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.tree.BracketedTrees;
import dev.rondo.tree.Trees;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ExpressionTest {
    @ParameterizedTest
    @CsvSource({
        "7, 7",
        "[MAX 2 9 [MIN 4 7 ] 0 ], 9",
        "[MIN 4 7 ], 4",
        "[MED 1 2 ], 1",
        "[MED 9 1 5 ], 5",
        "[MED 8 1 2 6 ], 4",
        "[SM 9 9 5 ], 3",
        "[SM [MED 1 9 8 ] [SM 5 5 ] [MAX 0 1 ] ], 9"
    })
    void values(String text, int value) {
        Expression expression = Expression.parse(text);
        assertEquals(value, expression.value());
        assertEquals(text, expression.toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"[MAX 1 2", "]", "[MAX ]", "1 2", "[MAX 1 ] ]", "[SUM 1 2 ]", ""})
    void refusals(String text) {
        assertThrows(IllegalArgumentException.class, () -> Expression.parse(text));
    }

    @Test
    void valuesBehindTokens() {
        assertArrayEquals(
                new int[] {-1, 7, -1, 6, 4, 5, 5, 2, 2},
                Expression.parse("[SM 7 [MED 6 3 5 ] 0 ]").values());
    }

    @Test
    void trees() {
        Trees trees = Expression.trees(
                List.of(Expression.parse("[MAX 2 [MIN 4 7 ] ]"), Expression.parse("5"), Expression.parse("[SM 1 2 ]")));
        assertEquals("""
                (4 (4 (2 ( [MAX) ( 2)) (4 (4 (4 ( [MIN) ( 4)) ( 7)) ( ]))) ( ]))
                ( 5)
                (3 (3 (1 ( [SM) ( 1)) ( 2)) ( ]))
                """, BracketedTrees.write(trees));
    }

    @Test
    void atRandom() {
        Random random = new Random(5);
        List<Expression> all = new ArrayList<>();
        for (int i = 0; i < 500; i++) {
            Expression expression = Expression.random(random, 3, 5, 60);
            assertTrue(expression.depth() >= 1 && expression.depth() <= 3);
            assertTrue(expression.tokens().length >= 4 && expression.tokens().length <= 60);
            assertEquals(expression, Expression.parse(expression.toString()));
            all.add(expression);
        }
        Trees trees = Expression.trees(all);
        int node = 0;
        for (int t = 0; t < trees.size(); t++) {
            Trees tree = trees.tree(t);
            String leaves = IntStream.of(tree.preorder(0))
                    .filter(tree::isLeaf)
                    .mapToObj(tree::token)
                    .collect(Collectors.joining(" "));
            assertEquals(all.get(t).toString(), leaves);
            assertTrue(IntStream.range(0, tree.nodes()).allMatch(i -> tree.arity(i) == 0 || tree.arity(i) == 2));
            assertEquals(Integer.toString(all.get(t).value()), tree.label(tree.root(0)));
            assertTrue(IntStream.range(0, tree.nodes()).allMatch(i -> tree.isLeaf(i) == (tree.label(i) == null)));
            node += tree.nodes();
        }
        assertEquals(node, trees.nodes());
    }
}
