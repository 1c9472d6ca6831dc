package dev.rondo.examples.trees;

import dev.rondo.LengthBuckets;
import dev.rondo.examples.TrainingRun;
import dev.rondo.nn.Functional;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.train.Evaluation;
import dev.rondo.train.Minibatches;
import dev.rondo.train.Optimizer;
import dev.rondo.train.Schedule;
import dev.rondo.train.Trainer;
import dev.rondo.train.TrainingStep;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;

/// How a [Classifier] learns from samples of unequal lengths, and is asked about others: minibatches of about equally
/// long ones, and a program for each of few lengths.
///
/// Adam's learning rate rises, then falls to 0 along half a cosine; gradients are clipped to norm 5.
///
/// @param <S>          a sample
/// @param length       of a sample, as its network counts
/// @param longest      the longest sample's length
/// @param batch        samples a step
/// @param steps        to train
/// @param learningRate the highest
public record Learning<S>(ToIntFunction<S> length, int longest, int batch, int steps, double learningRate) {
    private static final int SHORTEST = 16;
    private static final int VALIDATIONS = 20;
    private static final int POOL = 50; // minibatches that are sorted together
    private static final double LARGEST_NORM = 5;

    private LengthBuckets buckets() {
        return LengthBuckets.growing(Math.min(SHORTEST, longest), longest, 1.5);
    }

    /// How many replicas share a minibatch: one for each thread, where that divides it.
    public int replicas(TrainingRun run) {
        return batch % run.threads() == 0 ? run.threads() : 1;
    }

    /// Trains, or goes on.
    ///
    /// @throws IOException if a file cannot be read or written
    public void train(TrainingRun run, Classifier<S> network, List<S> known, List<S> validation) throws IOException {
        Optimizer adam = Optimizer.adam(learningRate);
        LengthBuckets buckets = buckets();
        Map<Integer, TrainingStep> byLength = new TreeMap<>();
        int replicas = replicas(run);
        long begin = System.nanoTime();
        Duration processor = processorTime();
        try (Judge judge = new Judge(network, run.threads())) {
            for (int bucket : buckets.lengths()) {
                byLength.put(bucket, step(network, adam, bucket, replicas));
            }
            Minibatches<List<S>> minibatches = Minibatches.bucketed(
                    known.stream().mapToInt(length).toArray(),
                    batch,
                    POOL,
                    run.seed(),
                    chosen -> Arrays.stream(chosen).mapToObj(known::get).toList());
            int every = Math.max(1, steps / VALIDATIONS);
            run.train(
                    Trainer.of(network, minibatches, samples -> {
                                int longestHere =
                                        samples.stream().mapToInt(length).max().orElse(1);
                                int bucket = buckets.padded(longestHere);
                                return learn(
                                        network,
                                        byLength.get(bucket),
                                        samples,
                                        bucket,
                                        replicas,
                                        (double) adam.steps() / steps);
                            })
                            .remember("step", byLength.values().iterator().next())
                            .tokens(samples -> samples.stream()
                                    .mapToLong(length::applyAsInt)
                                    .sum())
                            .schedule(adam, Schedule.warmUpThenCosine(steps / 40, steps, 0))
                            .endWithLast()
                            .validate(every, () -> Map.of("validation error", judge.error(validation))),
                    steps,
                    every,
                    "symbols");
            run.reporter()
                    .tell("Trained for " + text(Duration.ofNanos(System.nanoTime() - begin)) + " minutes, "
                            + text(processorTime().minus(processor)) + " of processor time");
        } finally {
            byLength.values().forEach(TrainingStep::close);
        }
    }

    private static Duration processorTime() {
        return ProcessHandle.current().info().totalCpuDuration().orElse(Duration.ZERO);
    }

    private static String text(Duration duration) {
        return String.format(Locale.ROOT, "%d:%02d", duration.toMinutes(), duration.toSecondsPart());
    }

    private TrainingStep step(Classifier<S> network, Optimizer adam, int bucket, int replicas) {
        int count = batch / replicas;
        TrainingStep.Builder builder = TrainingStep.of(network, adam);
        network.declare(builder::input, count, bucket);
        return builder.input("targets", Shape.of(network.rows(count, bucket)), DataType.I64)
                .clipNorm(LARGEST_NORM)
                .replicas(replicas)
                .record(in -> network.loss(in::get, in.get("targets")));
    }

    private float learn(
            Classifier<S> network, TrainingStep step, List<S> samples, int bucket, int replicas, double progress) {
        int count = batch / replicas;
        for (int r = 0; r < replicas; r++) {
            int replica = r;
            List<S> share = samples.subList(r * count, (r + 1) * count);
            network.fill(name -> step.input(name, replica), share, count, bucket);
            network.anneal(name -> step.input(name, replica), progress);
            step.input("targets", r).copyFrom(network.targets(share, count, bucket));
        }
        return step.run();
    }

    /// For each sample, how many classes have a higher score than its own: 0 where the network is right.
    public int[] ranks(TrainingRun run, Classifier<S> network, List<S> samples) {
        try (Judge judge = new Judge(network, run.threads())) {
            return judge.ranks(samples);
        }
    }

    /// Asks a network as it is.
    private final class Judge implements AutoCloseable {
        private final Classifier<S> network;
        private final int threads;
        private final Map<Integer, Evaluation> byLength = new TreeMap<>();

        Judge(Classifier<S> network, int threads) {
            this.network = network;
            this.threads = threads;
        }

        private Evaluation evaluation(int bucket) {
            Evaluation.Builder builder = Evaluation.builder().threads(threads);
            network.declare(builder::input, batch, bucket);
            return builder.record(in -> {
                Value logits = network.logits(in::get);
                in.output("logits", logits);
                return Functional.sum(logits);
            });
        }

        int[] ranks(List<S> samples) {
            int[] ranks = new int[samples.size()];
            int[] lengths = samples.stream().mapToInt(length).toArray();
            for (LengthBuckets.Batch chosen : buckets().batches(lengths, batch)) {
                Evaluation evaluation = byLength.computeIfAbsent(chosen.steps(), this::evaluation);
                List<S> few = new ArrayList<>();
                for (int sample : chosen.samples()) {
                    few.add(samples.get(sample));
                }
                network.fill(evaluation::input, few, batch, chosen.steps());
                evaluation.run();
                float[] logits = evaluation.output("logits").toFloatArray();
                for (int n = 0; n < few.size(); n++) {
                    int own = network.target(few.get(n));
                    for (int c = 0; c < network.classes(); c++) {
                        int at = n * network.classes();
                        ranks[chosen.samples()[n]] += c != own && logits[at + c] >= logits[at + own] ? 1 : 0;
                    }
                }
            }
            return ranks;
        }

        double error(List<S> samples) {
            return Arrays.stream(ranks(samples)).filter(rank -> rank > 0).count() / (double) samples.size();
        }

        @Override
        public void close() {
            byLength.values().forEach(Evaluation::close);
        }
    }
}
