package dev.rondo.decode;

import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;

/// Reads labels off what a network trained by connectionist temporal classification says: a path has a class, or
/// the blank, for each step; repeated classes are merged, and blanks removed.
///
/// - Greedy: the labels of the likeliest path.
/// - Prefix beam: the likeliest K beginnings are followed, each with the probability of all paths that lead to it,
///   those that end in the blank and those that do not apart.
///
/// {@snippet :
/// CtcDecoder decoder = new CtcDecoder(0);
/// Tensor logProbs = session.output(); // (T, N, C), what Functional.logSoftmax gives
/// String text = alphabet.decode(decoder.beam(logProbs, lengths, 10).getFirst().getFirst().ids());
/// }
///
/// Source: Graves et al. 2006; Hannun et al. 2014, arXiv 1408.2873 (prefix beam). Threads: any; immutable.
///
/// @param blank the class of no label
public record CtcDecoder(int blank) {
    /// The labels of the likeliest path of each sample, with that path's probability.
    ///
    /// @param logProbs (T, N, C), logarithms of probabilities
    /// @param lengths  how many steps of each sample count
    /// @throws IllegalArgumentException if shapes disagree, or the blank is no class
    public List<Hypothesis> greedy(Tensor logProbs, long[] lengths) {
        check(logProbs, lengths);
        List<Hypothesis> found = new ArrayList<>();
        for (int n = 0; n < lengths.length; n++) {
            LongStream.Builder labels = LongStream.builder();
            double sum = 0;
            int before = blank;
            for (int t = 0; t < lengths[n]; t++) {
                int best = 0;
                for (int c = 1; c < classes(logProbs); c++) {
                    best = at(logProbs, t, n, c) > at(logProbs, t, n, best) ? c : best;
                }
                sum += at(logProbs, t, n, best);
                if (best != blank && best != before) {
                    labels.add(best);
                }
                before = best;
            }
            found.add(new Hypothesis(labels.build().toArray(), sum, sum, null));
        }
        return found;
    }

    /// The likeliest labels of each sample, up to K, the best first, with the probability of all their paths that
    /// were followed. What is impossible is not among them.
    ///
    /// @param logProbs (T, N, C), logarithms of probabilities
    /// @param lengths  how many steps of each sample count
    /// @param width    K
    /// @throws IllegalArgumentException if shapes disagree, the blank is no class, or the width is not positive
    public List<List<Hypothesis>> beam(Tensor logProbs, long[] lengths, int width) {
        check(logProbs, lengths);
        if (width < 1) {
            throw new IllegalArgumentException("width " + width + " is not positive");
        }
        List<List<Hypothesis>> found = new ArrayList<>();
        for (int n = 0; n < lengths.length; n++) {
            Map<List<Integer>, Paths> prefixes = new HashMap<>();
            prefixes.put(List.of(), new Paths(0, Double.NEGATIVE_INFINITY));
            for (int t = 0; t < lengths[n]; t++) {
                prefixes = best(follow(prefixes, logProbs, t, n), width);
            }
            found.add(prefixes.entrySet().stream()
                    .map(prefix -> hypothesis(prefix.getKey(), prefix.getValue().all()))
                    .sorted(Comparator.comparingDouble(Hypothesis::score).reversed())
                    .toList());
        }
        return found;
    }

    private static Hypothesis hypothesis(List<Integer> labels, double logProbability) {
        long[] ids = labels.stream().mapToLong(Integer::longValue).toArray();
        return new Hypothesis(ids, logProbability, logProbability, null);
    }

    /// Logarithms of the probabilities of a prefix's paths.
    ///
    /// @param inBlank of those that end in the blank
    /// @param inLabel of the others
    private record Paths(double inBlank, double inLabel) {
        double all() {
            return sum(inBlank, inLabel);
        }

        Paths with(Paths other) {
            return new Paths(sum(inBlank, other.inBlank), sum(inLabel, other.inLabel));
        }
    }

    private Map<List<Integer>, Paths> follow(Map<List<Integer>, Paths> prefixes, Tensor logProbs, int t, int n) {
        Map<List<Integer>, Paths> next = new HashMap<>();
        prefixes.forEach((prefix, paths) -> {
            int last = prefix.isEmpty() ? blank : prefix.getLast();
            double staying = prefix.isEmpty() ? Double.NEGATIVE_INFINITY : paths.inLabel + at(logProbs, t, n, last);
            add(next, prefix, new Paths(paths.all() + at(logProbs, t, n, blank), staying));
            for (int c = 0; c < classes(logProbs); c++) {
                if (c != blank) {
                    List<Integer> longer = new ArrayList<>(prefix);
                    longer.add(c);
                    double before = c == last ? paths.inBlank : paths.all(); // else they would be merged
                    add(next, longer, new Paths(Double.NEGATIVE_INFINITY, before + at(logProbs, t, n, c)));
                }
            }
        });
        return next;
    }

    /// Adds what has any probability.
    private static void add(Map<List<Integer>, Paths> prefixes, List<Integer> prefix, Paths paths) {
        if (paths.all() != Double.NEGATIVE_INFINITY) {
            prefixes.merge(prefix, paths, Paths::with);
        }
    }

    private static Map<List<Integer>, Paths> best(Map<List<Integer>, Paths> prefixes, int width) {
        if (prefixes.size() <= width) {
            return prefixes;
        }
        Map<List<Integer>, Paths> kept = new HashMap<>();
        prefixes.entrySet().stream()
                .sorted(Comparator.comparingDouble((Map.Entry<List<Integer>, Paths> prefix) ->
                                prefix.getValue().all())
                        .reversed())
                .limit(width)
                .forEach(prefix -> kept.put(prefix.getKey(), prefix.getValue()));
        return kept;
    }

    /// `log(exp(a) + exp(b))`
    private static double sum(double a, double b) {
        double larger = Math.max(a, b);
        return larger == Double.NEGATIVE_INFINITY ? larger : larger + Math.log1p(Math.exp(Math.min(a, b) - larger));
    }

    private void check(Tensor logProbs, long[] lengths) {
        if (logProbs.type() != DataType.F32
                || logProbs.shape().rank() != 3
                || logProbs.shape().size(1) != lengths.length) {
            throw new IllegalArgumentException("CTC decoding of " + lengths.length
                    + " samples needs F32 of shape [T, " + lengths.length + ", C], not " + logProbs.type() + " "
                    + logProbs.shape());
        }
        if (blank < 0 || blank >= classes(logProbs)) {
            throw new IllegalArgumentException("blank " + blank + " is none of " + classes(logProbs) + " classes");
        }
        for (int n = 0; n < lengths.length; n++) {
            if (lengths[n] < 0 || lengths[n] > logProbs.shape().size(0)) {
                throw new IllegalArgumentException("length " + lengths[n] + " of sample " + n + " is not between 0 and "
                        + logProbs.shape().size(0));
            }
        }
    }

    private static int classes(Tensor logProbs) {
        return Math.toIntExact(logProbs.shape().size(2));
    }

    private static double at(Tensor logProbs, long t, long n, long c) {
        long index = (t * logProbs.shape().size(1) + n) * logProbs.shape().size(2) + c;
        return logProbs.data().getAtIndex(ValueLayout.JAVA_FLOAT, index);
    }
}
