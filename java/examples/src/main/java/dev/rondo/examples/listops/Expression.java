package dev.rondo.examples.listops;

import dev.rondo.tree.Trees;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/// An expression of ListOps, such as `[MAX 2 9 [MIN 4 7 ] 0 ]`: operators over lists of digits, whose value is a digit
/// too. What a network reads is its tokens; where brackets end says the tree.
///
/// Operators are the largest, the smallest, the median (rounded down), and the sum modulo 10.
///
/// Source: Nangia and Bowman 2018, arXiv 1804.06028.
///
/// @param tokens ids of [#VOCABULARY]
/// @param value  what it comes to
public record Expression(byte[] tokens, int value) {
    /// The tokens by their ids: digits, operators, and the end of a list.
    public static final List<String> VOCABULARY =
            List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "[MAX", "[MIN", "[MED", "[SM", "]");

    private static final int FIRST_OPERATOR = 10;
    private static final int END = 14;
    private static final double NESTED = 0.25; // the share of arguments that are expressions themselves

    /// The expression of these tokens.
    ///
    /// @throws IllegalArgumentException if they are none
    public static Expression of(byte[] tokens) {
        return new Expression(tokens, evaluate(tokens));
    }

    /// The expression that a text has, tokens separated by spaces.
    ///
    /// @throws IllegalArgumentException naming what is no token, or if it is no expression
    public static Expression parse(String text) {
        String[] words = text.strip().split(" +");
        byte[] tokens = new byte[words.length];
        for (int i = 0; i < words.length; i++) {
            tokens[i] = (byte) VOCABULARY.indexOf(words[i]);
            if (tokens[i] < 0) {
                throw new IllegalArgumentException("\"" + words[i] + "\" is no token of ListOps: " + VOCABULARY);
            }
        }
        return of(tokens);
    }

    /// An expression at random, an operator at its root.
    ///
    /// @param depth     the most operators within each other
    /// @param arguments the most arguments of an operator
    /// @param length    the most tokens; longer ones are drawn again
    public static Expression random(RandomGenerator random, int depth, int arguments, int length) {
        while (true) {
            List<Byte> tokens = new ArrayList<>();
            if (append(tokens, random, 1, depth, arguments, length)) {
                byte[] all = new byte[tokens.size()];
                for (int i = 0; i < all.length; i++) {
                    all[i] = tokens.get(i);
                }
                return of(all);
            }
        }
    }

    private static boolean append(
            List<Byte> tokens, RandomGenerator random, int depth, int deepest, int arguments, int length) {
        tokens.add((byte) (FIRST_OPERATOR + random.nextInt(END - FIRST_OPERATOR)));
        for (int count = random.nextInt(2, arguments + 1); count > 0; count--) {
            if (depth < deepest && random.nextDouble() < NESTED) {
                if (!append(tokens, random, depth + 1, deepest, arguments, length)) {
                    return false;
                }
            } else {
                tokens.add((byte) random.nextInt(FIRST_OPERATOR));
            }
        }
        tokens.add((byte) END);
        return tokens.size() <= length;
    }

    private static int evaluate(byte[] tokens) {
        Deque<List<Integer>> open = new ArrayDeque<>(); // operators, each with its arguments behind it
        for (int i = 0; i < tokens.length; i++) {
            int token = tokens[i];
            if (token >= FIRST_OPERATOR && token < END) {
                open.push(new ArrayList<>(List.of(token)));
                continue;
            }
            int value = token;
            if (token == END) {
                List<Integer> list = open.isEmpty() ? List.of() : open.pop();
                if (list.size() < 2) {
                    throw new IllegalArgumentException("token " + i + " ends no list with arguments");
                }
                value = apply(list.getFirst(), list.subList(1, list.size()));
            }
            if (open.isEmpty()) {
                if (i + 1 < tokens.length) {
                    throw new IllegalArgumentException("token " + (i + 1) + " follows what is an expression already");
                }
                return value;
            }
            open.peek().add(value);
        }
        throw new IllegalArgumentException("an operator's list never ends");
    }

    private static int apply(int operator, List<Integer> values) {
        return switch (VOCABULARY.get(operator)) {
            case "[MAX" -> Collections.max(values);
            case "[MIN" -> Collections.min(values);
            case "[MED" -> {
                int[] sorted =
                        values.stream().mapToInt(Integer::intValue).sorted().toArray();
                int middle = sorted.length / 2;
                yield sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
            }
            default -> values.stream().mapToInt(Integer::intValue).sum() % 10;
        };
    }

    /// How many operators are within each other.
    public int depth() {
        int depth = 0;
        int deepest = 0;
        for (byte token : tokens) {
            depth += token == END ? -1 : token >= FIRST_OPERATOR ? 1 : 0;
            deepest = Math.max(deepest, depth);
        }
        return deepest;
    }

    /// Binary trees of some expressions: an operator takes up its arguments one by one, and then the end of its list:
    /// `((([MAX 2) 9) ])`. Leaves are the tokens in their order, and each node follows its children.
    public static Trees trees(List<Expression> expressions) {
        int nodes = expressions.stream()
                .mapToInt(expression -> 2 * expression.tokens.length - 1)
                .sum();
        int[] parents = new int[nodes];
        int[] firsts = new int[expressions.size()];
        List<@Nullable String> tokens = new ArrayList<>(Collections.nCopies(nodes, null));
        int node = 0;
        for (int t = 0; t < firsts.length; t++) {
            firsts[t] = node;
            int[] lists = new int[expressions.get(t).tokens.length]; // what is open, each begun by an operator
            int open = 0;
            for (byte token : expressions.get(t).tokens) {
                tokens.set(node, VOCABULARY.get(token));
                parents[node] = Trees.NONE;
                int complete = node++;
                if (token >= FIRST_OPERATOR && token < END) {
                    lists[open++] = complete;
                    continue;
                }
                while (open > 0) {
                    int list = lists[open - 1];
                    boolean ends = isEnd(tokens, complete);
                    parents[node] = Trees.NONE;
                    parents[list] = node;
                    parents[complete] = node;
                    if (!ends) {
                        lists[open - 1] = node++;
                        break;
                    }
                    complete = node++; // the whole list, an argument of the one around it
                    open--;
                }
            }
        }
        return Trees.of(parents, firsts, null, tokens);
    }

    private static boolean isEnd(List<@Nullable String> tokens, int node) {
        return "]".equals(tokens.get(node));
    }

    /// The tokens' ids.
    public int[] symbols() {
        int[] symbols = new int[tokens.length];
        for (int i = 0; i < symbols.length; i++) {
            symbols[i] = tokens[i];
        }
        return symbols;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Expression expression && Arrays.equals(tokens, expression.tokens);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(tokens);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (byte token : tokens) {
            text.append(text.isEmpty() ? "" : " ").append(VOCABULARY.get(token));
        }
        return text.toString();
    }
}
