package dev.rondo.decode;

import org.jspecify.annotations.Nullable;

/// How a [Generator] looks for ids.
///
/// - Greedy: the likeliest id at each step.
/// - Beam: the likeliest K beginnings are followed at once. Of the 2 K best continuations of all of them, an end among
///   the first K finishes its hypothesis; the best others go on. The search ends when K hypotheses have finished.
/// - Sampling: each of K samples draws its ids from `softmax(logits / temperature)`, of the likeliest `topK` ids, of
///   the fewest likeliest ones that have `topP` of the probability, or of both.
///
/// Finished hypotheses Y of a source X are ranked by Google's translation system's score:
///
/// ```
/// s(Y, X) = log P(Y | X) / ((5 + |Y|) / 6)^α + β Σ_i log min(Σ_j a_ij, 1)
/// ```
///
/// where |Y| counts the end, and a_ij is the attention of step j to source id i.
///
/// {@snippet :
/// Search search = Search.beam(5).lengthPenalty(0.6).maxLength(40);
/// }
///
/// Source: Wu et al. 2016, arXiv 1609.08144 (the score); Paulus et al. 2017, arXiv 1705.04304 (n-grams); Holtzman et
/// al. 2020, arXiv 1904.09751 (top p).
///
/// @param width           K: hypotheses, or samples, of a source
/// @param sampling        how ids are drawn; null to take the likeliest
/// @param lengthPenalty   α; 0 for none
/// @param coveragePenalty β; 0 for none
/// @param minLength       ids that there are at least, the end not counted
/// @param lengthRatio     the longest result has `lengthRatio * |X| + maxLength` ids, the end counted, at which it is
///                        forced
/// @param maxLength       see there
/// @param noRepeatNgram   the length of sequences of ids that no hypothesis has twice; 0 for no limit
/// @param attention       whether hypotheses keep their attention
public record Search(
        int width,
        @Nullable Sampling sampling,
        double lengthPenalty,
        double coveragePenalty,
        int minLength,
        double lengthRatio,
        int maxLength,
        int noRepeatNgram,
        boolean attention) {
    /// How ids are drawn.
    ///
    /// @param temperature how bold to be: near 0 the likeliest, 1 as learned
    /// @param topK        how many of the likeliest ids are drawn from; 0 for all
    /// @param topP        the probability of those that are drawn from; 1 for all
    /// @param seed        the same seed draws the same ids for the source of the same number
    public record Sampling(double temperature, int topK, double topP, long seed) {
        /// @throws IllegalArgumentException if a number is out of range
        public Sampling {
            if (!(temperature > 0 && temperature < Double.POSITIVE_INFINITY)) {
                throw new IllegalArgumentException("temperature " + temperature + " is not positive");
            }
            if (topK < 0) {
                throw new IllegalArgumentException("top k " + topK + " is negative");
            }
            if (!(topP > 0 && topP <= 1)) {
                throw new IllegalArgumentException("top p " + topP + " is not above 0 and at most 1");
            }
        }
    }

    /// @throws IllegalArgumentException if a number is out of range
    public Search {
        require(width >= 1, "width " + width + " is not positive");
        require(lengthPenalty >= 0, "length penalty " + lengthPenalty + " is negative");
        require(coveragePenalty >= 0, "coverage penalty " + coveragePenalty + " is negative");
        require(minLength >= 0, "smallest length " + minLength + " is negative");
        require(lengthRatio >= 0 && lengthRatio <= 1000, "length ratio " + lengthRatio + " is not from 0 to 1000");
        require(maxLength >= 0 && maxLength <= 1_000_000, "largest length " + maxLength + " is not from 0 to 1000000");
        require(noRepeatNgram >= 0, "n-gram length " + noRepeatNgram + " is negative");
    }

    private static void require(boolean fits, String otherwise) {
        if (!fits) {
            throw new IllegalArgumentException(otherwise);
        }
    }

    /// The likeliest id at each step, up to twice the source's length and ten more.
    public static Search greedy() {
        return beam(1);
    }

    /// The best of so many beginnings, up to twice the source's length and ten more.
    public static Search beam(int width) {
        return new Search(width, null, 0, 0, 0, 2, 10, 0, false);
    }

    /// So many samples, up to twice the source's length and ten more.
    public static Search sampling(int count, Sampling sampling) {
        return new Search(count, sampling, 0, 0, 0, 2, 10, 0, false);
    }

    /// With a penalty for short results: 0.6 to 1 are usual.
    public Search lengthPenalty(double alpha) {
        return new Search(
                width, sampling, alpha, coveragePenalty, minLength, lengthRatio, maxLength, noRepeatNgram, attention);
    }

    /// With a penalty for source ids that no step has attended to: 0.2 is usual.
    public Search coveragePenalty(double beta) {
        return new Search(
                width, sampling, lengthPenalty, beta, minLength, lengthRatio, maxLength, noRepeatNgram, attention);
    }

    /// With so many ids at least.
    public Search minLength(int ids) {
        return new Search(
                width, sampling, lengthPenalty, coveragePenalty, ids, lengthRatio, maxLength, noRepeatNgram, attention);
    }

    /// With so many ids at the most, the end counted.
    public Search maxLength(int ids) {
        return maxLength(0, ids);
    }

    /// With `ratio` times the source's ids and so many more at the most, the end counted.
    public Search maxLength(double ratio, int more) {
        return new Search(
                width, sampling, lengthPenalty, coveragePenalty, minLength, ratio, more, noRepeatNgram, attention);
    }

    /// Without repeating a sequence of so many ids.
    public Search noRepeatNgram(int length) {
        return new Search(
                width, sampling, lengthPenalty, coveragePenalty, minLength, lengthRatio, maxLength, length, attention);
    }

    /// With the attention of what is found.
    public Search withAttention() {
        return new Search(
                width,
                sampling,
                lengthPenalty,
                coveragePenalty,
                minLength,
                lengthRatio,
                maxLength,
                noRepeatNgram,
                true);
    }

    /// How many ids a result may have, the end counted: 1 at least.
    int limit(int sourceLength) {
        return (int) Math.max(1, Math.min(Integer.MAX_VALUE / 2, lengthRatio * sourceLength + maxLength));
    }

    /// What hypotheses are ranked by.
    ///
    /// @param covered the sum of the logarithms of what was attended to, at most 0
    double score(double logProbability, int length, double covered) {
        return logProbability / Math.pow((5.0 + length) / 6, lengthPenalty) + coveragePenalty * covered;
    }
}
