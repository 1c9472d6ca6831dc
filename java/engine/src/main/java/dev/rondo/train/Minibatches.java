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
/// All minibatches have the same size, since a [TrainingStep] has fixed shapes: samples that do not fill one
/// are left out of the epoch. [#keepLast()] has them as well; then a second step, with the same module and the
/// same optimizer, takes the smaller minibatch.
///
/// {@snippet :
/// Minibatches<long[][]> minibatches = Minibatches.shuffled(sentences.length, 32, 42, chosen -> {
///     long[][] batch = new long[chosen.length][];
///     Arrays.setAll(batch, i -> sentences[chosen[i]]);
///     return batch;
/// });
/// Trainer.of(network, minibatches.keepLast(), batch -> {
///     TrainingStep ofThisSize = batch.length == 32 ? step : lastStep;
///     ofThisSize.input("x").copyFrom(Arrays.stream(batch).flatMapToLong(Arrays::stream).toArray());
///     return ofThisSize.run();
/// }).remember("step", step); // whose parameters and optimizer are the other's, too
/// }
///
/// Threads: one at a time.
///
/// @param <B> a minibatch
public final class Minibatches<B> {
    private final Order order;
    private final int batchSize;
    private final boolean keepsLast;
    private final long seed;
    private final Function<int[], B> maker;
    private long epoch = -1;
    private int[][] minibatches = {};

    private Minibatches(Order order, int batchSize, boolean keepsLast, long seed, Function<int[], B> maker) {
        this.order = order;
        this.batchSize = batchSize;
        this.keepsLast = keepsLast;
        this.seed = seed;
        this.maker = maker;
    }

    /// The order of an epoch.
    ///
    /// @param samples     gives all samples, to be cut into minibatches
    /// @param minibatches whether the minibatches are shuffled in turn
    private record Order(Function<RandomGenerator, int[]> samples, boolean minibatches) {}

    /// All samples, in their order: windows of a text, for instance, whose states are carried on.
    ///
    /// @param maker makes a minibatch of samples by their numbers
    public static <B> Minibatches<B> inOrder(int samples, int batchSize, Function<int[], B> maker) {
        requireFull(samples, batchSize);
        return new Minibatches<>(new Order(_ -> all(samples), false), batchSize, false, 0, maker);
    }

    /// Samples shuffled anew in each epoch.
    ///
    /// @param maker makes a minibatch of samples by their numbers
    public static <B> Minibatches<B> shuffled(int samples, int batchSize, long seed, Function<int[], B> maker) {
        requireFull(samples, batchSize);
        return new Minibatches<>(
                new Order(random -> shuffled(all(samples), random), false), batchSize, false, seed, maker);
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
                new Order(
                        random -> {
                            int[] all = shuffled(all(known.length), random);
                            for (int from = 0; from < all.length; from += size) {
                                int to = Math.min(all.length, from + size);
                                int[] sorted = Arrays.stream(all, from, to)
                                        .boxed()
                                        .sorted(Comparator.comparingInt(sample -> known[sample]))
                                        .mapToInt(Integer::intValue)
                                        .toArray();
                                System.arraycopy(sorted, 0, all, from, sorted.length);
                            }
                            return all;
                        },
                        true),
                batchSize,
                false,
                seed,
                maker);
    }

    /// The same minibatches, and the samples that are left over as a smaller one: the last of its epoch, or any where
    /// the order of minibatches is shuffled. PyTorch's `DataLoader` does so unless told `drop_last`.
    public Minibatches<B> keepLast() {
        return new Minibatches<>(order, batchSize, true, seed, maker);
    }

    private static int[] all(int samples) {
        return IntStream.range(0, samples).toArray();
    }

    private static void requireFull(int samples, int batchSize) {
        TrainingStep.requirePositive(batchSize, "size of a minibatch");
        if (samples < batchSize) {
            throw new IllegalArgumentException(samples + " samples do not fill a minibatch of " + batchSize);
        }
    }

    private static int[] shuffled(int[] values, RandomGenerator random) {
        for (int i = values.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int value = values[i];
            values[i] = values[j];
            values[j] = value;
        }
        return values;
    }

    private int[][] cut(int[] samples) {
        int count = keepsLast ? Math.ceilDiv(samples.length, batchSize) : samples.length / batchSize;
        int[][] cut = new int[count][];
        Arrays.setAll(cut, i -> {
            int from = i * batchSize;
            return Arrays.copyOfRange(samples, from, Math.min(samples.length, from + batchSize));
        });
        return cut;
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
            RandomGenerator random =
                    RandomGeneratorFactory.of("L64X128MixRandom").create(seed * 1_000_003 + wanted);
            int[][] cut = cut(order.samples().apply(random));
            int[] places = order.minibatches() ? shuffled(all(cut.length), random) : all(cut.length);
            minibatches = Arrays.stream(places).mapToObj(place -> cut[place]).toArray(int[][]::new);
            epoch = wanted;
        }
        return minibatches;
    }
}
