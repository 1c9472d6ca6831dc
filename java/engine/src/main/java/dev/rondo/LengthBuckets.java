package dev.rondo;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// Few lengths that stand for all: a sequence is padded to the next of them, so that few shapes serve sequences
/// of any length, and those of one batch are about equally long.
///
/// {@snippet :
/// LengthBuckets buckets = LengthBuckets.growing(8, 512, 1.25); // 8, 10, 13, 17, … 512
/// for (LengthBuckets.Batch batch : buckets.batches(lengths, 32)) {
///     System.out.println(batch.samples().length + " sequences of up to " + batch.steps() + " steps");
/// }
/// }
///
/// Threads: immutable.
public final class LengthBuckets {
    /// Sequences of one bucket.
    ///
    /// @param steps   the bucket's length, which all are padded to: T
    /// @param samples positions of the sequences among the lengths that were given
    public record Batch(int steps, int[] samples) {}

    private final int[] bounds;

    private LengthBuckets(int[] bounds) {
        this.bounds = bounds;
    }

    /// Buckets of these lengths.
    ///
    /// @param lengths ascending
    /// @throws IllegalArgumentException if there are none, or they are not positive and ascending
    public static LengthBuckets of(int... lengths) {
        int before = 0;
        for (int length : lengths) {
            if (length <= before) {
                throw new IllegalArgumentException(
                        "lengths of buckets are positive and ascending, not " + Arrays.toString(lengths));
            }
            before = length;
        }
        if (lengths.length == 0) {
            throw new IllegalArgumentException("there has to be one bucket at least");
        }
        return new LengthBuckets(lengths.clone());
    }

    /// Buckets each of which is longer than the one before by a factor, so that no sequence beyond the shortest
    /// bucket is padded to more than that many times its length.
    ///
    /// @param shortest length of the first bucket
    /// @param longest  length of the last bucket
    /// @param factor   above 1
    /// @throws IllegalArgumentException if the lengths are not positive and ascending, or the factor is not
    ///                                  above 1
    public static LengthBuckets growing(int shortest, int longest, double factor) {
        if (shortest < 1 || longest < shortest || !(factor > 1)) {
            throw new IllegalArgumentException(
                    "no buckets grow from " + shortest + " to " + longest + " by a factor of " + factor);
        }
        List<Integer> lengths = new ArrayList<>();
        for (int length = shortest;
                length < longest;
                length = (int) Math.max(length + 1L, Math.min(longest, Math.ceil(length * factor)))) {
            lengths.add(length);
        }
        lengths.add(longest);
        return new LengthBuckets(lengths.stream().mapToInt(Integer::intValue).toArray());
    }

    /// The buckets' lengths, ascending.
    public int[] lengths() {
        return bounds.clone();
    }

    /// The length that a sequence is padded to.
    ///
    /// @throws IllegalArgumentException if it is longer than the longest bucket
    public int padded(int length) {
        int at = Arrays.binarySearch(bounds, length);
        int bucket = at >= 0 ? at : -at - 1;
        if (bucket == bounds.length) {
            throw new IllegalArgumentException("a sequence of " + length + " steps is longer than the longest bucket, "
                    + bounds[bounds.length - 1]);
        }
        return bounds[bucket];
    }

    /// Batches of sequences of one bucket each, shorter ones first; within a bucket the sequences keep their
    /// order.
    ///
    /// @param lengths of the sequences
    /// @param most    sequences of a batch
    /// @throws IllegalArgumentException if a sequence is longer than the longest bucket, or a batch could hold
    ///                                  none
    public List<Batch> batches(int[] lengths, int most) {
        if (most < 1) {
            throw new IllegalArgumentException("a batch has to hold one sequence at least, not " + most);
        }
        Map<Integer, List<Integer>> buckets = new TreeMap<>();
        for (int i = 0; i < lengths.length; i++) {
            buckets.computeIfAbsent(padded(lengths[i]), _ -> new ArrayList<>()).add(i);
        }
        List<Batch> batches = new ArrayList<>();
        buckets.forEach((steps, samples) -> {
            for (int from = 0; from < samples.size(); from += most) {
                List<Integer> part = samples.subList(from, Math.min(samples.size(), from + most));
                batches.add(new Batch(
                        steps, part.stream().mapToInt(Integer::intValue).toArray()));
            }
        });
        return batches;
    }
}
