package dev.rondo.op;

import dev.rondo.kernel.Philox;
import dev.rondo.program.Emitter;
import dev.rondo.program.Gradients;
import dev.rondo.program.Op;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One merge of neighbours in each sequence of a batch: of the M nodes of a sequence, the two whose parent has the best
/// score give way to that parent, and M - 1 are left.
///
/// ```
/// j    = argmax(scores + noise)
/// y[i] = nodes[i] where i < j,   parents[j] where i = j,   nodes[i + 1] where i > j
/// ```
///
/// The gradient is the straight-through estimator: that of the sum of the three, weighted by the probabilities
/// that j is larger than i, is i, or is smaller, where j has those of `softmax((scores + noise) / temperature)`.
/// The noise is Gumbel's, `-log(-log(u))`, its random numbers counted as those of [Dropout] are.
///
/// nodes (M, N, H), parents (M - 1, N, H), scores (M - 1, N); of nodes and parents there are as many arrays as a
/// node has states. A sequence that has one node left keeps it in the first place.
///
/// Source: Choi, Yoo and Lee 2017, arXiv 1707.02786, equations 10 to 15; Jang, Gu and Poole 2016, arXiv 1611.01144.
public final class MergeSelection extends Op {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG;

    private final List<Value> nodes;
    private final List<Value> parents;
    private final Value scores;
    private final @Nullable Value lengths;
    private final long steps;
    private final @Nullable Noise noise;
    private final long pairs; // M - 1
    private final long samples;
    private final List<Value> results = new ArrayList<>();
    private final Value chosen;
    private final Value probabilities;

    /// Whether a recording samples, and how.
    ///
    /// @param seed        what the noise depends on
    /// @param temperature how far from the best one the gradient sees: (1), read at each run, positive
    public record Noise(long seed, Value temperature) {}

    /// @param nodes   dense
    /// @param parents as many arrays, dense
    /// @param lengths how many nodes each sequence had at first, (N), I64; or null, where none is padded
    /// @param first   how many nodes there were at first, padding included
    /// @param noise   or null, for the best score and no gradient
    public MergeSelection(
            List<Value> nodes,
            List<Value> parents,
            Value scores,
            @Nullable Value lengths,
            long first,
            @Nullable Noise noise) {
        super(Stream.of(nodes, parents, List.of(Copy.dense(scores)), present(lengths), present(temperature(noise)))
                .flatMap(List::stream)
                .toList());
        this.nodes = List.copyOf(nodes);
        this.parents = List.copyOf(parents);
        this.scores = inputs().get(2 * nodes.size());
        this.lengths = lengths;
        Shape shape = nodes.getFirst().shape();
        this.pairs = shape.size(0) - 1;
        this.samples = shape.size(1);
        this.steps = first - shape.size(0);
        for (int i = 0; i < nodes.size(); i++) {
            Shape all = nodes.get(i).shape();
            Shapes.requireWeight(nodes.get(i), Shape.of(pairs + 1, samples, all.size(-1)), "a merge", "nodes");
            Shapes.requireWeight(parents.get(i), all.with(0, pairs), "a merge", "parents");
            results.add(scores.recorder().allocate(all.with(0, pairs), DataType.F32));
        }
        Shapes.require(scores, Shape.of(pairs, samples), "a merge", "scores");
        if (lengths != null) {
            Lengths.require(lengths, shape, "a merge");
        }
        if (noise != null) {
            Shapes.require(noise.temperature(), Shape.of(1), "a merge", "temperature");
        }
        this.noise = noise == null ? null : new Noise(scores.recorder().seed(noise.seed()), noise.temperature());
        this.chosen = scores.recorder().allocate(Shape.of(1, samples), DataType.I64);
        this.probabilities = scores.recorder().allocate(scores.shape(), DataType.F32);
        gives(Stream.of(results, List.of(chosen, probabilities))
                .flatMap(List::stream)
                .toArray(Value[]::new));
    }

    private static List<Value> present(@Nullable Value value) {
        return value == null ? List.of() : List.of(value);
    }

    private static @Nullable Value temperature(@Nullable Noise noise) {
        return noise == null ? null : noise.temperature();
    }

    /// How many merges there have been before this one.
    public long steps() {
        return steps;
    }

    /// What is left, (M - 1, N, H) each.
    public List<Value> results() {
        return results;
    }

    /// (1, N), I64: where the merged pair of each sequence begins, -1 where one node was left already.
    public Value chosen() {
        return chosen;
    }

    /// How many pairs of a sample there are.
    private long pairs(@Nullable MemorySegment counts, long sample) {
        if (counts == null) {
            return pairs;
        }
        long length = counts.getAtIndex(I64, sample);
        if (length < 1 || length > pairs + 1 + steps) {
            throw new IllegalArgumentException(
                    "length " + length + " of sample " + sample + " is not between 1 and " + (pairs + 1 + steps));
        }
        return Math.max(0, length - 1 - steps);
    }

    @Override
    public void forward(Emitter emitter) {
        emitter.kernel("merge of " + scores.shape(), "Java", inputs(), outputs(), memory -> {
            MemorySegment given = memory.segment(scores);
            MemorySegment heat = noise == null ? null : memory.segment(noise.temperature());
            MemorySegment counts = lengths == null ? null : memory.segment(lengths);
            MemorySegment soft = memory.segment(probabilities);
            MemorySegment where = memory.segment(chosen);
            MemorySegment[] from = segments(nodes, memory::segment);
            MemorySegment[] merged = segments(parents, memory::segment);
            MemorySegment[] to = segments(results, memory::segment);
            return () -> {
                double temperature = heat == null ? 1 : read(heat);
                for (long n = 0; n < samples; n++) {
                    long best = choose(given, soft, pairs(counts, n), n, memory.run(), temperature);
                    where.setAtIndex(I64, n, best);
                    for (int k = 0; k < to.length; k++) {
                        long bytes = nodes.get(k).shape().size(-1) * Float.BYTES;
                        for (long i = 0; i < pairs; i++) {
                            long row = i * samples + n;
                            boolean isParent = i == best;
                            long source = best >= 0 && i > best ? row + samples : row;
                            MemorySegment.copy(
                                    isParent ? merged[k] : from[k], source * bytes, to[k], row * bytes, bytes);
                        }
                    }
                }
            };
        });
    }

    private static double read(MemorySegment heat) {
        float temperature = heat.getAtIndex(F32, 0);
        if (!(temperature > 0 && temperature < Float.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("temperature " + temperature + " is not positive");
        }
        return temperature;
    }

    private static MemorySegment[] segments(List<Value> values, java.util.function.Function<Value, MemorySegment> of) {
        return values.stream().map(of).toArray(MemorySegment[]::new);
    }

    /// The best of the first pairs of a sample, or -1 without any; and each one's probability.
    private long choose(MemorySegment given, MemorySegment soft, long count, long n, long run, double temperature) {
        long best = -1;
        double largest = Double.NEGATIVE_INFINITY;
        for (long i = 0; i < pairs; i++) {
            long at = i * samples + n;
            double score = i < count ? given.getAtIndex(F32, at) : Double.NEGATIVE_INFINITY;
            if (noise != null && i < count) {
                double u = Philox.uniform(noise.seed(), run * pairs * samples + at) + 0x1p-33;
                score -= Math.log(-Math.log(u));
            }
            soft.setAtIndex(F32, at, (float) score);
            if (i < count && (best < 0 || score > largest)) {
                best = i;
                largest = score;
            }
        }
        if (noise == null) {
            return best;
        }
        double sum = 0;
        for (long i = 0; i < count; i++) {
            sum += Math.exp((soft.getAtIndex(F32, i * samples + n) - largest) / temperature);
        }
        for (long i = 0; i < pairs; i++) {
            long at = i * samples + n;
            double power = i < count ? Math.exp((soft.getAtIndex(F32, at) - largest) / temperature) / sum : 0;
            soft.setAtIndex(F32, at, (float) power);
        }
        return best;
    }

    @Override
    public void backward(Gradients gradients) {
        if (noise == null) {
            throw new UnsupportedOperationException("a merge without noise has no gradient");
        }
        List<@Nullable Value> received = new ArrayList<>();
        results.forEach(result -> received.add(gradients.of(result)));
        Backward backward = scores.recorder().record(new Backward(received));
        for (int k = 0; k < nodes.size(); k++) {
            if (backward.diffNodes.get(k) != null) {
                gradients.add(nodes.get(k), backward.diffNodes.get(k));
                gradients.add(parents.get(k), backward.diffParents.get(k));
            }
        }
        gradients.add(scores, backward.diffScores);
    }

    private final class Backward extends Op {
        private final List<@Nullable Value> received;
        private final List<@Nullable Value> diffNodes = new ArrayList<>();
        private final List<@Nullable Value> diffParents = new ArrayList<>();
        private final Value diffScores;

        Backward(List<@Nullable Value> received) {
            super(Stream.of(
                            nodes,
                            parents,
                            List.of(chosen, probabilities),
                            received.stream()
                                    .filter(value -> value != null)
                                    .map(Copy::dense)
                                    .toList(),
                            present(lengths),
                            List.of(noise.temperature()))
                    .flatMap(List::stream)
                    .toList());
            this.received = new ArrayList<>();
            int next = 2 * nodes.size() + 2;
            for (int k = 0; k < received.size(); k++) {
                boolean has = received.get(k) != null;
                this.received.add(has ? inputs().get(next++) : null);
                diffNodes.add(has ? like(nodes.get(k)) : null);
                diffParents.add(has ? like(parents.get(k)) : null);
            }
            this.diffScores = like(scores);
            gives(Stream.of(diffNodes, diffParents, List.of(diffScores))
                    .flatMap(List::stream)
                    .filter(value -> value != null)
                    .toArray(Value[]::new));
        }

        private static Value like(Value value) {
            return value.recorder().allocate(value.shape(), DataType.F32);
        }

        @Override
        public void forward(Emitter emitter) {
            emitter.kernel("gradient of a merge of " + scores.shape(), "Java", inputs(), outputs(), memory -> {
                MemorySegment counts = lengths == null ? null : memory.segment(lengths);
                MemorySegment soft = memory.segment(probabilities);
                MemorySegment where = memory.segment(chosen);
                MemorySegment heat = memory.segment(noise.temperature());
                MemorySegment slopes = memory.segment(diffScores);
                double[] ofChoice = new double[Math.toIntExact(pairs)];
                List<Part> all = new ArrayList<>();
                for (int k = 0; k < received.size(); k++) {
                    if (received.get(k) != null) {
                        all.add(new Part(
                                nodes.get(k).shape().size(-1),
                                memory.segment(nodes.get(k)),
                                memory.segment(parents.get(k)),
                                memory.segment(received.get(k)),
                                memory.segment(diffNodes.get(k)),
                                memory.segment(diffParents.get(k))));
                    }
                }
                Part[] parts = all.toArray(Part[]::new);
                return () -> {
                    double temperature = read(heat);
                    for (Part part : parts) {
                        part.clear();
                    }
                    for (long n = 0; n < samples; n++) {
                        long count = pairs(counts, n);
                        java.util.Arrays.fill(ofChoice, 0);
                        for (Part part : parts) {
                            pass(part, n, where.getAtIndex(I64, n));
                            choices(part, n, count, ofChoice);
                        }
                        double mean = 0;
                        for (int i = 0; i < count; i++) {
                            mean += soft.getAtIndex(F32, i * samples + n) * ofChoice[i];
                        }
                        for (int i = 0; i < pairs; i++) {
                            long at = i * samples + n;
                            double slope = i < count ? soft.getAtIndex(F32, at) * (ofChoice[i] - mean) : 0;
                            slopes.setAtIndex(F32, at, (float) (slope / temperature));
                        }
                    }
                };
            });
        }

        /// What has been copied gets the gradient of its copy.
        private void pass(Part part, long n, long best) {
            long bytes = part.width * Float.BYTES;
            for (long i = 0; i < pairs; i++) {
                long row = i * samples + n;
                long target = best >= 0 && i > best ? row + samples : row;
                MemorySegment to = i == best ? part.diffParents : part.diffNodes;
                MemorySegment.copy(part.received, row * bytes, to, target * bytes, bytes);
            }
        }

        /// The gradient of the probabilities of j in
        /// `Σ_i (P(j > i) nodes[i] + P(j = i) parents[i] + P(j < i) nodes[i + 1])`.
        private void choices(Part part, long n, long count, double[] ofChoice) {
            double before = 0; // of all i < j
            for (int j = 0; j < count; j++) {
                long row = (j * samples + n) * part.width;
                ofChoice[j] += before + part.dot(part.parents, row, row);
                before += part.dot(part.nodes, row, row);
            }
            double behind = 0; // of all i > j
            for (int j = Math.toIntExact(count) - 1; j >= 0; j--) {
                ofChoice[j] += behind;
                long row = (j * samples + n) * part.width;
                behind += part.dot(part.nodes, row + samples * part.width, row);
            }
        }
    }

    /// One array of nodes, and gradients.
    private record Part(
            long width,
            MemorySegment nodes,
            MemorySegment parents,
            MemorySegment received,
            MemorySegment diffNodes,
            MemorySegment diffParents) {
        void clear() {
            diffNodes.fill((byte) 0);
            diffParents.fill((byte) 0);
        }

        /// A row of some array times one of what has been received.
        double dot(MemorySegment array, long from, long row) {
            double sum = 0;
            for (long i = 0; i < width; i++) {
                sum += (double) array.getAtIndex(F32, from + i) * received.getAtIndex(F32, row + i);
            }
            return sum;
        }
    }
}
