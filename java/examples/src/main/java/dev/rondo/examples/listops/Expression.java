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

    /// The operators' ids.
    public static final List<Integer> OPERATORS = List.of(10, 11, 12, 13);

    /// Where there is no value.
    public static final int NONE = -1;

    private static final int FIRST_OPERATOR = 10;
    private static final int END = 14;
    private static final double NESTED = 0.25; // the share of arguments that are expressions themselves

    /// The expression of these tokens.
    ///
    /// @throws IllegalArgumentException if they are none
    public static Expression of(byte[] tokens) {
        return new Expression(tokens, evaluate(tokens)[tokens.length - 1]);
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

    /// A list whose end is yet to come.
    private static final class OpenList {
        final int operator;
        final List<Integer> arguments = new ArrayList<>();
        int node; // of a tree, the list so far

        OpenList(int operator, int node) {
            this.operator = operator;
            this.node = node;
        }

        /// What the arguments so far come to.
        int value() {
            return switch (VOCABULARY.get(operator)) {
                case "[MAX" -> Collections.max(arguments);
                case "[MIN" -> Collections.min(arguments);
                case "[MED" -> {
                    int[] sorted = arguments.stream()
                            .mapToInt(Integer::intValue)
                            .sorted()
                            .toArray();
                    int middle = sorted.length / 2;
                    yield sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
                }
                default -> arguments.stream().mapToInt(Integer::intValue).sum() % 10;
            };
        }
    }

    private static boolean isOperator(int token) {
        return token >= FIRST_OPERATOR && token < END;
    }

    /// As [#values], checked.
    private static int[] evaluate(byte[] tokens) {
        int[] values = new int[tokens.length];
        Deque<OpenList> open = new ArrayDeque<>();
        for (int i = 0; i < tokens.length; i++) {
            int token = tokens[i];
            if (isOperator(token)) {
                open.push(new OpenList(token, i));
                values[i] = NONE;
                continue;
            }
            int value = token;
            if (token == END) {
                if (open.isEmpty() || open.peek().arguments.isEmpty()) {
                    throw new IllegalArgumentException("token " + i + " ends no list with arguments");
                }
                value = open.pop().value();
            }
            values[i] = value;
            if (open.isEmpty()) {
                if (i + 1 < tokens.length) {
                    throw new IllegalArgumentException("token " + (i + 1) + " follows what is an expression already");
                }
                return values;
            }
            open.peek().arguments.add(value);
            if (token != END) {
                values[i] = open.peek().value();
            }
        }
        throw new IllegalArgumentException("an operator's list never ends");
    }

    /// What there is to know behind each token: behind a digit, what its list comes to so far; behind the end of a
    /// list, what that comes to; behind an operator, [#NONE].
    public int[] values() {
        return evaluate(tokens);
    }

    /// The outermost operator's token, [#NONE] where there is none.
    public int operator() {
        return isOperator(tokens[0]) ? tokens[0] : NONE;
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
    ///
    /// Nodes that are lists, complete or not, have their values as labels, what the arguments so far come to.
    public static Trees trees(List<Expression> expressions) {
        int nodes = expressions.stream()
                .mapToInt(expression -> 2 * expression.tokens.length - 1)
                .sum();
        int[] parents = new int[nodes];
        Arrays.fill(parents, Trees.NONE);
        int[] firsts = new int[expressions.size()];
        List<@Nullable String> labels = new ArrayList<>(Collections.nCopies(nodes, null));
        List<@Nullable String> tokens = new ArrayList<>(Collections.nCopies(nodes, null));
        int node = 0;
        for (int t = 0; t < firsts.length; t++) {
            firsts[t] = node;
            Deque<OpenList> open = new ArrayDeque<>();
            for (byte token : expressions.get(t).tokens) {
                tokens.set(node, VOCABULARY.get(token));
                if (isOperator(token)) {
                    open.push(new OpenList(token, node++));
                    continue;
                }
                int complete = node++;
                int value = token;
                if (token == END) {
                    OpenList list = open.pop();
                    value = list.value();
                    complete = join(parents, list.node, complete, node++);
                    labels.set(complete, Integer.toString(value));
                }
                if (!open.isEmpty()) {
                    OpenList around = open.peek();
                    around.arguments.add(value);
                    around.node = join(parents, around.node, complete, node++);
                    labels.set(around.node, Integer.toString(around.value()));
                }
            }
        }
        return Trees.of(parents, firsts, labels, tokens);
    }

    private static int join(int[] parents, int left, int right, int parent) {
        parents[left] = parent;
        parents[right] = parent;
        return parent;
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
