package dev.rondo.examples.translation;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// chrF as sacreBLEU defines it: the F score, β = 2, of a whole corpus' sequences of 1 to 6 characters, blanks
/// left out.
///
/// Source: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation"; Post 2018, arXiv 1804.08771.
final class ChrF {
    private static final int ORDER = 6;
    private static final double BETA_SQUARED = 4;

    private ChrF() {}

    /// The score, from 0 to 100.
    ///
    /// @param references one or more of each text, of which the one that fits best counts
    static double of(List<String> written, List<List<String>> references) {
        long[] sums = new long[3 * ORDER];
        for (int i = 0; i < written.size(); i++) {
            long[] best = null;
            for (String reference : references.get(i)) {
                long[] counts = counts(written.get(i), reference);
                best = best == null || score(counts) > score(best) ? counts : best;
            }
            for (int k = 0; best != null && k < sums.length; k++) {
                sums[k] += best[k];
            }
        }
        return score(sums);
    }

    /// For each order, sequences written, in the reference, and in both. What is written counts only where the
    /// reference has any.
    private static long[] counts(String written, String reference) {
        int[] own = characters(written);
        int[] other = characters(reference);
        long[] counts = new long[3 * ORDER];
        for (int n = 1; n <= ORDER; n++) {
            Map<String, Integer> ofOther = nGrams(other, n);
            long common = 0;
            for (Map.Entry<String, Integer> nGram : nGrams(own, n).entrySet()) {
                common += Math.min(nGram.getValue(), ofOther.getOrDefault(nGram.getKey(), 0));
            }
            counts[3 * n - 3] = ofOther.isEmpty() ? 0 : Math.max(0, own.length - n + 1);
            counts[3 * n - 2] = Math.max(0, other.length - n + 1);
            counts[3 * n - 1] = common;
        }
        return counts;
    }

    private static int[] characters(String text) {
        return Bleu.BLANKS.matcher(text).replaceAll("").codePoints().toArray();
    }

    private static Map<String, Integer> nGrams(int[] characters, int n) {
        Map<String, Integer> counts = new HashMap<>();
        for (int i = 0; i + n <= characters.length; i++) {
            counts.merge(new String(characters, i, n), 1, Integer::sum);
        }
        return counts;
    }

    private static double score(long[] counts) {
        double precision = 0;
        double recall = 0;
        int orders = 0;
        for (int n = 0; n < ORDER; n++) {
            if (counts[3 * n] > 0 && counts[3 * n + 1] > 0) {
                precision += (double) counts[3 * n + 2] / counts[3 * n];
                recall += (double) counts[3 * n + 2] / counts[3 * n + 1];
                orders++;
            }
        }
        if (orders == 0 || precision + recall == 0) {
            return 0;
        }
        precision /= orders;
        recall /= orders;
        return 100 * (1 + BETA_SQUARED) * precision * recall / (BETA_SQUARED * precision + recall);
    }
}
