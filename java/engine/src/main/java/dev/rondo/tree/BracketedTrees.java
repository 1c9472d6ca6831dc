package dev.rondo.tree;

import dev.rondo.format.MalformedFileException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Trees as treebanks write them, in brackets: `(S (NP (DT the) (NN cat)) (VP sat))`.
///
/// ```
/// tree = "(" [label] (token | tree…) ")"
/// ```
///
/// Labels and tokens are anything without brackets and white space. A pair of brackets around a whole tree that has no
/// label, as the Penn Treebank has them, is taken off. Nodes are numbered in depth-first order. Brackets may be nested
/// as deep as the text is long.
///
/// Source: the Penn Treebank (Marcus, Santorini and Marcinkiewicz 1993) and the Stanford Sentiment Treebank (Socher et
/// al. 2013), whose labels are classes from 0 to 4.
///
/// Threads: any.
public final class BracketedTrees {
    private final String text;
    private final String file;
    private int at;
    private final List<Integer> parents = new ArrayList<>();
    private final List<Integer> firsts = new ArrayList<>();
    private final List<@Nullable String> labels = new ArrayList<>();
    private final List<@Nullable String> tokens = new ArrayList<>();

    private BracketedTrees(String text, String file) {
        this.text = text;
        this.file = file;
    }

    /// The trees of a file in UTF-8.
    ///
    /// @throws IOException            if the file cannot be read
    /// @throws MalformedFileException if it is not UTF-8, or as [#parse]
    public static Trees read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            return parse(text, file.toString());
        } catch (CharacterCodingException e) {
            throw new MalformedFileException(file.toString(), "is not UTF-8", e);
        }
    }

    /// The trees of a text.
    ///
    /// @param file name of the file that the text is from, for messages
    /// @throws MalformedFileException naming the line and column of a bracket that is not closed or not opened, of
    ///                                a node without anything in it, or of words that belong to no node
    public static Trees parse(String text, String file) {
        return new BracketedTrees(text, file).parse();
    }

    private Trees parse() {
        int open = Trees.NONE; // the node whose closing bracket comes next
        List<Integer> starts = new ArrayList<>(); // where the brackets of the open nodes are
        for (skipSpace(); at < text.length(); skipSpace()) {
            char c = text.charAt(at);
            if (c == '(') {
                starts.add(at++);
                if (open != Trees.NONE && tokens.get(open) != null) {
                    throw malformed(
                            starts.getLast(),
                            "a node has both the token "
                                    + MalformedFileException.quote(String.valueOf(tokens.get(open))) + " and a child");
                }
                open = add(open);
            } else if (c == ')') {
                if (open == Trees.NONE) {
                    throw malformed(at, "a bracket is closed that was never opened");
                }
                int start = starts.removeLast();
                if (tokens.get(open) == null && parents.size() == open + 1) {
                    throw malformed(start, "a node has neither a token nor children");
                }
                open = parents.get(open);
                at++;
            } else {
                int start = at;
                String word = word();
                if (open == Trees.NONE) {
                    throw malformed(start, MalformedFileException.quote(word) + " is outside of all brackets");
                }
                if (parents.size() > open + 1 || tokens.get(open) != null) {
                    throw malformed(
                            start,
                            MalformedFileException.quote(word)
                                    + " follows what a node already has: one token, or children");
                }
                tokens.set(open, word);
            }
        }
        if (open != Trees.NONE) {
            throw malformed(starts.getLast(), "a bracket is never closed");
        }
        return trees();
    }

    /// Opens a node, and reads its label.
    private int add(int parent) {
        if (parent == Trees.NONE) {
            firsts.add(parents.size());
        }
        parents.add(parent);
        tokens.add(null);
        boolean isSpaced = at < text.length() && isSpace(text.charAt(at));
        labels.add(isSpaced || at == text.length() || isBracket(text.charAt(at)) ? null : word());
        return parents.size() - 1;
    }

    private Trees trees() {
        int[] keptParents = new int[parents.size()];
        int[] keptFirsts = new int[firsts.size()];
        List<@Nullable String> keptLabels = new ArrayList<>();
        List<@Nullable String> keptTokens = new ArrayList<>();
        int dropped = 0;
        int tree = 0;
        for (int node = 0; node < parents.size(); node++) {
            boolean isFirst = tree < keptFirsts.length && firsts.get(tree) == node;
            if (isFirst) {
                keptFirsts[tree++] = node - dropped;
                if (isWrapping(node, tree < keptFirsts.length ? firsts.get(tree) : parents.size())) {
                    dropped++;
                    continue;
                }
            }
            // The child of what was taken off has its place, and no parent.
            boolean isRoot = isFirst || node - dropped == keptFirsts[tree - 1];
            keptParents[node - dropped] = isRoot ? Trees.NONE : parents.get(node) - dropped;
            keptLabels.add(labels.get(node));
            keptTokens.add(tokens.get(node));
        }
        return Trees.of(Arrays.copyOf(keptParents, parents.size() - dropped), keptFirsts, keptLabels, keptTokens);
    }

    /// Whether a root has no label, no token, and just one child.
    private boolean isWrapping(int root, int end) {
        if (labels.get(root) != null || tokens.get(root) != null) {
            return false;
        }
        for (int node = root + 2; node < end; node++) {
            if (parents.get(node) == root) {
                return false;
            }
        }
        return true;
    }

    private void skipSpace() {
        while (at < text.length() && isSpace(text.charAt(at))) {
            at++;
        }
    }

    private String word() {
        int start = at;
        while (at < text.length() && !isSpace(text.charAt(at)) && !isBracket(text.charAt(at))) {
            at++;
        }
        return text.substring(start, at);
    }

    private static boolean isSpace(char c) {
        return c == ' ' || c == '\t' || c == '\n' || c == '\r';
    }

    private static boolean isBracket(char c) {
        return c == '(' || c == ')';
    }

    private MalformedFileException malformed(int position, String problem) {
        String before = text.substring(0, position);
        long line = 1 + before.chars().filter(c -> c == '\n').count();
        return new MalformedFileException(file, problem + " at " + line + ":" + (position - before.lastIndexOf('\n')));
    }

    /// Trees as text, one a line: what [#parse] reads.
    ///
    /// @throws IllegalArgumentException naming a node that this form cannot hold: a label or token with brackets or
    ///                                  spaces, a leaf without token, or a token beside children
    public static String write(Trees trees) {
        StringBuilder written = new StringBuilder();
        for (int tree = 0; tree < trees.size(); tree++) {
            int[] order = trees.preorder(tree);
            for (int i = 0; i < order.length; i++) {
                int node = order[i];
                written.append(i == 0 ? "(" : " (").append(requireWord(trees.label(node), node, "label"));
                if (trees.isLeaf(node) == (trees.token(node) == null)) {
                    throw new IllegalArgumentException("node " + node
                            + " is not written in brackets: leaves have a token, and other nodes have none");
                }
                if (trees.isLeaf(node)) {
                    written.append(' ').append(requireWord(trees.token(node), node, "token"));
                }
                // The nodes that end here: those without children still to come.
                int end = i + 1 < order.length ? trees.parent(order[i + 1]) : Trees.NONE;
                for (int open = node; open != end; open = trees.parent(open)) {
                    written.append(')');
                }
            }
            written.append('\n');
        }
        return written.toString();
    }

    private static String requireWord(@Nullable String word, int node, String what) {
        if (word == null) {
            return "";
        }
        if (word.isEmpty() || word.chars().anyMatch(c -> isSpace((char) c) || isBracket((char) c))) {
            throw new IllegalArgumentException("the " + what + " " + MalformedFileException.quote(word) + " of node "
                    + node + " is not written in brackets: it is empty, or has brackets or spaces in it");
        }
        return word;
    }
}
