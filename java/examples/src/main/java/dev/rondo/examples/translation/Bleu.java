package dev.rondo.examples.translation;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/// BLEU as sacreBLEU defines it: of a whole corpus, with mteval's tokens (13a), up to 4 words, exponential
/// smoothing.
///
/// Source: Papineni et al. 2002; Post 2018, arXiv 1804.08771.
final class Bleu {
    /// White space as Python has it, no-break spaces included.
    static final Pattern BLANKS = Pattern.compile("[\\s\\x1c-\\x1f]+", Pattern.UNICODE_CHARACTER_CLASS);

    private static final int ORDER = 4;
    private static final Pattern SYMBOL = Pattern.compile("([{-~\\[-` -&(-+:-@/])");
    private static final Pattern AFTER_OTHER = Pattern.compile("([^0-9])([.,])");
    private static final Pattern BEFORE_OTHER = Pattern.compile("([.,])([^0-9])");
    private static final Pattern DASH = Pattern.compile("([0-9])(-)");

    private Bleu() {}

    /// The score, from 0 to 100.
    ///
    /// @param references one or more of each text
    static double of(List<String> written, List<List<String>> references) {
        long[] correct = new long[ORDER];
        long[] total = new long[ORDER];
        long length = 0;
        long referenceLength = 0;
        for (int i = 0; i < written.size(); i++) {
            List<String> words = tokens(written.get(i));
            List<List<String>> others =
                    references.get(i).stream().map(Bleu::tokens).toList();
            length += words.size();
            referenceLength += closest(words.size(), others);
            for (int n = 1; n <= ORDER; n++) {
                Map<List<String>, Integer> most = new HashMap<>();
                for (List<String> other : others) {
                    nGrams(other, n).forEach((nGram, count) -> most.merge(nGram, count, Math::max));
                }
                total[n - 1] += Math.max(0, words.size() - n + 1);
                for (Map.Entry<List<String>, Integer> own : nGrams(words, n).entrySet()) {
                    correct[n - 1] += Math.min(own.getValue(), most.getOrDefault(own.getKey(), 0));
                }
            }
        }
        return score(correct, total, length, referenceLength);
    }

    private static double score(long[] correct, long[] total, long length, long referenceLength) {
        if (Arrays.stream(correct).allMatch(count -> count == 0) || total[ORDER - 1] == 0) {
            return 0;
        }
        double logarithms = 0;
        double smoothing = 1;
        for (int n = 0; n < ORDER; n++) {
            if (correct[n] == 0) {
                smoothing *= 2;
            }
            double precision = correct[n] == 0 ? 1 / (smoothing * total[n]) : (double) correct[n] / total[n];
            logarithms += Math.log(precision);
        }
        double brevity = length < referenceLength ? Math.exp(1 - (double) referenceLength / length) : 1;
        return 100 * brevity * Math.exp(logarithms / ORDER);
    }

    /// The reference length closest to a length; of two, the shorter.
    private static int closest(int length, List<List<String>> references) {
        return references.stream()
                .mapToInt(List::size)
                .boxed()
                .min((a, b) -> Math.abs(a - length) == Math.abs(b - length)
                        ? a - b
                        : Math.abs(a - length) - Math.abs(b - length))
                .orElse(0);
    }

    private static Map<List<String>, Integer> nGrams(List<String> words, int n) {
        Map<List<String>, Integer> counts = new HashMap<>();
        for (int i = 0; i + n <= words.size(); i++) {
            counts.merge(words.subList(i, i + n), 1, Integer::sum);
        }
        return counts;
    }

    /// mteval-v13a's words.
    static List<String> tokens(String text) {
        String line = text.replace("<skipped>", "").replace("-\n", "").replace("\n", " ");
        line = line.replace("&quot;", "\"")
                .replace("&amp;", "&")
                .replace("&lt;", "<")
                .replace("&gt;", ">");
        line = SYMBOL.matcher(" " + line + " ").replaceAll(" $1 ");
        line = AFTER_OTHER.matcher(line).replaceAll("$1 $2 ");
        line = BEFORE_OTHER.matcher(line).replaceAll(" $1 $2");
        line = DASH.matcher(line).replaceAll("$1 $2 ");
        return BLANKS.splitAsStream(line).filter(word -> !word.isEmpty()).toList();
    }
}
