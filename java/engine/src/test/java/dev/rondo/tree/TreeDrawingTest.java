package dev.rondo.tree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class TreeDrawingTest {
    private record Text(double x, double y, String content) {}

    private static List<Text> texts(String svg) {
        return Pattern.compile("<text x=\"([0-9.]+)\" y=\"([0-9]+)\"[^>]*>([^<]*)</text>")
                .matcher(svg)
                .results()
                .map(match -> new Text(
                        Double.parseDouble(match.group(1)), Double.parseDouble(match.group(2)), match.group(3)))
                .toList();
    }

    private static long lines(String svg) {
        return Pattern.compile("<line ").matcher(svg).results().count();
    }

    @Test
    void drawsNodesAndEdges() {
        Trees trees = BracketedTrees.parse("(x y) (S (NP (DT <the>) (NN cat&\"dog\")) (VP sat))", "trees");
        String svg = TreeDrawing.svg(trees, 1, node -> trees.isLeaf(node) ? trees.token(node) : trees.label(node));
        List<Text> texts = texts(svg);
        assertEquals(
                List.of("S", "NP", "&lt;the&gt;", "cat&amp;\"dog\"", "sat"),
                texts.stream().map(Text::content).toList());
        assertEquals(4, lines(svg));
        assertTrue(texts.get(2).x() < texts.get(3).x());
        assertTrue(texts.get(3).x() < texts.get(4).x());
        assertEquals((texts.get(2).x() + texts.get(3).x()) / 2, texts.get(1).x(), 0.1);
        assertTrue(texts.get(0).y() < texts.get(1).y());
        assertEquals(texts.get(2).y(), texts.get(3).y());
    }

    @Test
    void drawsDeepTrees() {
        Trees chain = BracketedTrees.parse("(a ".repeat(20_000) + "\u0001" + ")".repeat(20_000), "deep");
        String svg = TreeDrawing.svg(chain, 0, node -> chain.isLeaf(node) ? chain.token(node) : "n");
        assertEquals(20_000, texts(svg).size());
        assertTrue(svg.contains(">?</text>"));
    }
}
