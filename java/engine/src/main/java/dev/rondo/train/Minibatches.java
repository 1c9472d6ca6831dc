package dev.rondo.train;

import java.util.Arrays;
import java.util.Comparator;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.IntStream;

/// The minibatches of each epoch, in an order that only the seed and the epoch say: a resumed training finds
/// its place by epoch and position.
///
/// {@snippet :
/// Minibatches<long[][]> minibatches = Minibatches.shuffled(sentences.length, 32, 42, chosen -> {
///     long[][] batch = new long[chosen.length][];
///     Arrays.setAll(batch, i -> sentences[chosen[i]]);
///     return batch;
/// });
/// }
///
/// Threads: one at a time.
///
/// @param <B> a minibatch
public final class Minibatches<B> {
    @FunctionalInterface
    private interface Order {
        int[][] minibatches(RandomGenerator random);
    }

    private final Order order;
    private final long seed;
    private final Function<int[], B> maker;
    private long epoch = -1;
    private int[][] minibatches = {};

    private Minibatches(Order order, long seed, Function<int[], B> maker) {
        this.order = order;
        this.seed = seed;
        this.maker = maker;
    }

    /// All samples, in their order: windows of a text, for instance, whose states are carried on.
    ///
    /// @param maker makes a minibatch of samples by their numbers
    public static <B> Minibatches<B> inOrder(int samples, int batchSize, Function<int[], B> maker) {
        requireFull(samples, batchSize);
        int[] all = IntStream.range(0, samples).toArray();
        return new Minibatches<>(_ -> cut(all, batchSize), 0, maker);
    }

    /// Samples shuffled anew in each epoch. Where the last minibatch would not be full, the samples that are
    /// left over are not seen in this epoch.
    ///
    /// @param maker makes a minibatch of samples by their numbers
    public static <B> Minibatches<B> shuffled(int samples, int batchSize, long seed, Function<int[], B> maker) {
        requireFull(samples, batchSize);
        return new Minibatches<>(
                random -> {
                    int[] all = IntStream.range(0, samples).toArray();
                    shuffle(all, random);
                    return cut(all, batchSize);
                },
                seed,
                maker);
    }

    /// Samples of about equal length together, so that little is padded: shuffled, sorted by length within
    /// large pools, and cut into minibatches, whose order is shuffled again.
    ///
    /// @param lengths of the samples
    /// @param pool    minibatches that are sorted together
    /// @param maker   makes a minibatch of samples by their numbers
    public static <B> Minibatches<B> bucketed(
            int[] lengths, int batchSize, int pool, long seed, Function<int[], B> maker) {
        requireFull(lengths.length, batchSize);
        int size = Math.multiplyExact(TrainingStep.requirePositive(pool, "size of the pool"), batchSize);
        int[] known = lengths.clone();
        return new Minibatches<>(
                random -> {
                    int[] all = IntStream.range(0, known.length).toArray();
                    shuffle(all, random);
                    for (int from = 0; from < all.length; from += size) {
                        int to = Math.min(all.length, from + size);
                        int[] sorted = Arrays.stream(all, from, to)
                                .boxed()
                                .sorted(Comparator.comparingInt(sample -> known[sample]))
                                .mapToInt(Integer::intValue)
                                .toArray();
                        System.arraycopy(sorted, 0, all, from, sorted.length);
                    }
                    int[][] minibatches = cut(all, batchSize);
                    int[] places = IntStream.range(0, minibatches.length).toArray();
                    shuffle(places, random);
                    return Arrays.stream(places)
                            .mapToObj(place -> minibatches[place])
                            .toArray(int[][]::new);
                },
                seed,
                maker);
    }

    private static void requireFull(int samples, int batchSize) {
        TrainingStep.requirePositive(batchSize, "size of a minibatch");
        if (samples < batchSize) {
            throw new IllegalArgumentException(samples + " samples do not fill a minibatch of " + batchSize);
        }
    }

    private static void shuffle(int[] values, RandomGenerator random) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int value = values[i];
            values[i] = values[j];
            values[j] = value;
        }
    }

    private static int[][] cut(int[] samples, int batchSize) {
        int[][] minibatches = new int[samples.length / batchSize][];
        Arrays.setAll(minibatches, i -> Arrays.copyOfRange(samples, i * batchSize, (i + 1) * batchSize));
        return minibatches;
    }

    /// Number of minibatches in an epoch.
    public int size(long ofEpoch) {
        return order(ofEpoch).length;
    }

    /// A minibatch, made anew.
    ///
    /// @throws IndexOutOfBoundsException if the epoch has no such position
    public B get(long ofEpoch, int position) {
        return maker.apply(order(ofEpoch)[position].clone());
    }

    private int[][] order(long wanted) {
        if (epoch != wanted) {
            minibatches = order.minibatches(
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 1_000_003 + wanted));
            epoch = wanted;
        }
        return minibatches;
    }
}
