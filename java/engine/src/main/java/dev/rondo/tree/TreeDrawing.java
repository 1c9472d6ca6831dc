package dev.rondo.tree;

import java.util.Locale;
import java.util.function.IntFunction;

/// A tree as a picture: an SVG document, leaves from left to right, each node above its children with its caption.
///
/// {@snippet :
/// String svg = TreeDrawing.svg(trees, 0, node -> trees.isLeaf(node) ? trees.token(node) : trees.label(node));
/// }
///
/// Threads: any.
public final class TreeDrawing {
    private static final int LEVEL = 44; // pixels from a node to its children
    private static final int MARGIN = 24;
    private static final int LETTER = 8; // pixels wide, about
    private static final int GAP = 14; // between leaves

    private TreeDrawing() {}

    /// One of the trees.
    ///
    /// @param caption of a node
    public static String svg(Trees trees, int tree, IntFunction<String> caption) {
        int[] order = trees.preorder(tree);
        int first = trees.first(tree);
        int[] depth = new int[order.length];
        double[] x = new double[order.length];
        double right = MARGIN;
        int deepest = 0;
        for (int node : order) { // leaves come from left to right
            int parent = trees.parent(node);
            depth[node - first] = parent == Trees.NONE ? 0 : depth[parent - first] + 1;
            deepest = Math.max(deepest, depth[node - first]);
            if (trees.isLeaf(node)) {
                int width = LETTER * caption.apply(node).length();
                x[node - first] = right + width / 2.0;
                right += width + GAP;
            }
        }
        for (int i = order.length - 1; i >= 0; i--) { // children before their parents
            int node = order[i];
            int arity = trees.arity(node);
            if (arity > 0) {
                x[node - first] = (x[trees.child(node, 0) - first] + x[trees.child(node, arity - 1) - first]) / 2;
            }
        }
        StringBuilder svg = new StringBuilder(String.format(
                Locale.ROOT,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%d\" font-family=\"monospace\""
                        + " font-size=\"13\" text-anchor=\"middle\">%n<rect width=\"100%%\" height=\"100%%\""
                        + " fill=\"white\"/>%n",
                right - GAP + MARGIN,
                deepest * LEVEL + 2 * MARGIN));
        for (int node : order) {
            double at = x[node - first];
            int y = MARGIN + depth[node - first] * LEVEL;
            int parent = trees.parent(node);
            if (parent != Trees.NONE) {
                svg.append(String.format(
                        Locale.ROOT,
                        "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#888\"/>%n",
                        x[parent - first],
                        y - LEVEL + 8,
                        at,
                        y - 12));
            }
        }
        for (int node : order) {
            svg.append(String.format(
                    Locale.ROOT,
                    "<text x=\"%.1f\" y=\"%d\"%s>%s</text>%n",
                    x[node - first],
                    MARGIN + depth[node - first] * LEVEL + 4,
                    trees.isLeaf(node) ? "" : " fill=\"#06c\" font-weight=\"bold\"",
                    escaped(caption.apply(node))));
        }
        return svg.append("</svg>\n").toString();
    }

    private static String escaped(String text) {
        StringBuilder escaped = new StringBuilder();
        text.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                default -> escaped.appendCodePoint(c < ' ' || Character.isSurrogate((char) c) && c < 0x10000 ? '?' : c);
            }
        });
        return escaped.toString();
    }
}
