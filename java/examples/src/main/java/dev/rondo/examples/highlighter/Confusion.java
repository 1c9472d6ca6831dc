package dev.rondo.examples.highlighter;

import java.util.Locale;

/// How many bytes of each class were taken for each.
///
/// Threads: one at a time.
final class Confusion {
    private static final TokenClass[] CLASSES = TokenClass.values();

    private final long[][] counts = new long[CLASSES.length][CLASSES.length]; // (expected, actual)

    /// Counts a byte.
    void add(int expected, int actual) {
        counts[expected][actual]++;
    }

    /// Adds another one's counts.
    void add(Confusion other) {
        for (int expected = 0; expected < CLASSES.length; expected++) {
            for (int actual = 0; actual < CLASSES.length; actual++) {
                counts[expected][actual] += other.counts[expected][actual];
            }
        }
    }

    /// Number of bytes.
    long total() {
        long sum = 0;
        for (TokenClass tokenClass : CLASSES) {
            sum += expected(tokenClass);
        }
        return sum;
    }

    /// The share of bytes that were taken for what they are, from 0 to 1.
    double accuracy() {
        long right = 0;
        for (TokenClass tokenClass : CLASSES) {
            right += right(tokenClass);
        }
        return (double) right / total();
    }

    /// The same, of the bytes that are neither whitespace nor comment.
    double accuracyWithinCode() {
        long right = 0;
        long all = 0;
        for (TokenClass tokenClass : CLASSES) {
            if (isCode(tokenClass)) {
                right += right(tokenClass);
                all += expected(tokenClass);
            }
        }
        return (double) right / all;
    }

    private static boolean isCode(TokenClass tokenClass) {
        return tokenClass != TokenClass.WHITESPACE && tokenClass != TokenClass.COMMENT;
    }

    /// Of the bytes of a class, the share that was found; NaN without any.
    double recall(TokenClass tokenClass) {
        return (double) right(tokenClass) / expected(tokenClass);
    }

    /// Of the bytes that were taken for a class, the share that was of it; NaN without any.
    double precision(TokenClass tokenClass) {
        long all = 0;
        for (long[] row : counts) {
            all += row[tokenClass.ordinal()];
        }
        return (double) right(tokenClass) / all;
    }

    private long right(TokenClass tokenClass) {
        return counts[tokenClass.ordinal()][tokenClass.ordinal()];
    }

    private long expected(TokenClass tokenClass) {
        long all = 0;
        for (long count : counts[tokenClass.ordinal()]) {
            all += count;
        }
        return all;
    }

    /// All of it in Markdown.
    String table() {
        StringBuilder table = new StringBuilder("| class | bytes | recall % | precision % |\n|---|--:|--:|--:|\n");
        for (TokenClass tokenClass : CLASSES) {
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %,d | %.2f | %.2f |%n",
                    tokenClass.word(),
                    expected(tokenClass),
                    100 * recall(tokenClass),
                    100 * precision(tokenClass)));
        }
        return table.toString();
    }
}
