package dev.rondo.examples.translation;

import dev.rondo.decode.Generator;
import dev.rondo.decode.Search;
import dev.rondo.decode.Translator;
import dev.rondo.examples.TrainingRun;
import dev.rondo.nn.Decoder;
import dev.rondo.nn.Functional;
import dev.rondo.nn.Seq2Seq;
import dev.rondo.nn.SequenceLosses;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.text.Tokenizer;
import dev.rondo.train.Minibatches;
import dev.rondo.train.Optimizer;
import dev.rondo.train.Schedule;
import dev.rondo.train.Trainer;
import dev.rondo.train.TrainingStep;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Trains a translator on pairs of texts by teacher forcing, or scheduled sampling, with labels smoothed a little.
///
/// Texts of about equal length go together, padded to lengths that are multiples of eight, each of which has a
/// training step of its own; all steps share weights and optimizer.
///
/// The coverage loss counts in the last quarter of the steps alone. Attention that has yet to find out where to look
/// does better unhindered: See, Liu and Manning add it in a last phase, too (2017, arXiv 1704.04368, section 5).
final class TranslationTraining implements AutoCloseable {
    private static final int STEPS_APART = 8;
    private static final int POOL = 50; // minibatches that are sorted by length together
    private static final int KEPT = 40; // training steps
    private static final int VALIDATIONS = 20;
    private static final int CHECKPOINTS = 40;
    private static final double COVERED_FROM = 0.75; // share of the steps before the coverage loss counts

    /// How long and how fast to learn.
    ///
    /// @param batch          texts in a minibatch
    /// @param steps          of training
    /// @param learningRate   the highest
    /// @param labelSmoothing from 0 to 1
    /// @param sampling       probability with which the decoder reads its own id at the end; it grows from 0
    /// @param coverage       weight of the coverage loss, where it counts
    record Pace(int batch, int steps, double learningRate, double labelSmoothing, double sampling, double coverage) {}

    /// What a translator is worth, by the texts it writes: metrics by name, the first of which decides, and is
    /// better where it is smaller.
    @FunctionalInterface
    interface Measure {
        Map<String, Double> of(List<String> written, List<Sentence> sentences);
    }

    private record Lengths(int source, int target) {}

    private final TrainingRun run;
    private final Translator translator;
    private final Pace pace;
    private final Search search;
    private final List<Sentence> sentences;
    private final Optimizer adam;
    private final int replicas;
    private final Map<Lengths, TrainingStep> steps = new LinkedHashMap<>(16, 0.75f, true);
    private final TrainingStep first; // never closed early: checkpoints have its optimizer

    /// @param search how validation translates
    TranslationTraining(TrainingRun run, Translator translator, Pace pace, Search search, List<Sentence> sentences) {
        this.run = run;
        this.search = search;
        this.translator = translator;
        this.pace = pace;
        this.sentences = sentences;
        this.adam = Optimizer.adam(pace.learningRate);
        this.replicas = pace.batch % run.threads() == 0 ? run.threads() : 1;
        this.first = record(new Lengths(STEPS_APART, STEPS_APART));
    }

    /// Learns, or goes on.
    ///
    /// @param validation sentences that are not learned from
    void learn(List<Sentence> validation, Measure measure) throws IOException {
        int[] lengths = sentences.stream()
                .mapToInt(sentence -> sentence.source().length())
                .toArray();
        Minibatches<int[]> minibatches = Minibatches.bucketed(lengths, pace.batch, POOL, run.seed(), chosen -> chosen);
        run.train(
                Trainer.of(translator.network(), minibatches, this::learn)
                        .remember("step", first)
                        .schedule(adam, Schedule.warmUpThenCosine(pace.steps / 20, pace.steps, 0.01))
                        .validate(
                                Math.ceilDiv(pace.steps, VALIDATIONS), () -> measure.of(write(validation), validation))
                        .endWithLast()
                        .tokens(chosen -> chosen.length),
                pace.steps,
                Math.ceilDiv(pace.steps, CHECKPOINTS),
                "texts");
    }

    private List<String> write(List<Sentence> of) {
        try (Generator generator = translator.generator(run.threads())) {
            return translator.translate(
                    generator, of.stream().map(Sentence::source).toList(), search);
        }
    }

    private float learn(int[] chosen) {
        long[][] sources = new long[chosen.length][];
        long[][] targets = new long[chosen.length][];
        for (int i = 0; i < chosen.length; i++) {
            sources[i] = translator.source().encode(sentences.get(chosen[i]).source());
            targets[i] = translator.target().encode(sentences.get(chosen[i]).target());
        }
        TrainingStep step = step(new Lengths(padded(longest(sources)), padded(longest(targets) + 1)));
        int share = chosen.length / replicas;
        double done = Math.min(1, adam.steps() / (double) pace.steps);
        for (int r = 0; r < replicas; r++) {
            if (pace.sampling > 0) {
                step.input("probability", r).copyFrom(new float[] {(float) (pace.sampling * done)});
            }
            if (pace.coverage > 0) {
                float weight = done < COVERED_FROM ? 0 : (float) pace.coverage;
                step.input("coverage_weight", r).copyFrom(new float[] {weight});
            }
            fill(
                    step,
                    r,
                    Arrays.copyOfRange(sources, r * share, (r + 1) * share),
                    Arrays.copyOfRange(targets, r * share, (r + 1) * share));
        }
        return step.run();
    }

    private static int longest(long[][] texts) {
        return Arrays.stream(texts).mapToInt(text -> text.length).max().orElse(1);
    }

    private static int padded(int length) {
        return Math.ceilDiv(Math.max(1, length), STEPS_APART) * STEPS_APART;
    }

    private static void fill(TrainingStep step, int replica, long[][] sources, long[][] targets) {
        int batch = sources.length;
        Tensor source = step.input("source", replica);
        Tensor before = step.input("before", replica);
        Tensor target = step.input("target", replica);
        source.data().fill((byte) 0);
        before.data().fill((byte) 0);
        target.data().fill((byte) 0);
        for (int n = 0; n < batch; n++) {
            put(step.input("source_lengths", replica), n, sources[n].length);
            put(step.input("target_lengths", replica), n, targets[n].length + 1L);
            for (int s = 0; s < sources[n].length; s++) {
                put(source, (long) s * batch + n, sources[n][s]);
            }
            for (int t = 0; t <= targets[n].length; t++) {
                put(before, (long) t * batch + n, t == 0 ? Tokenizer.START : targets[n][t - 1]);
                put(target, (long) t * batch + n, t == targets[n].length ? Tokenizer.END : targets[n][t]);
            }
        }
    }

    private static void put(Tensor ids, long at, long id) {
        ids.data().setAtIndex(ValueLayout.JAVA_LONG, at, id);
    }

    private TrainingStep step(Lengths lengths) {
        TrainingStep known = steps.get(lengths);
        if (known != null) {
            return known;
        }
        if (steps.size() >= KEPT) {
            steps.remove(steps.keySet().iterator().next()).close();
        }
        TrainingStep made = record(lengths);
        steps.put(lengths, made);
        return made;
    }

    private TrainingStep record(Lengths lengths) {
        int share = pace.batch / replicas;
        TrainingStep.Builder builder = TrainingStep.of(translator.network(), adam);
        if (pace.sampling > 0) {
            builder.input("probability", Shape.of(), DataType.F32);
        }
        if (pace.coverage > 0) {
            builder.input("coverage_weight", Shape.of(), DataType.F32);
        }
        return builder.input("source", Shape.of(lengths.source, share), DataType.I64)
                .input("source_lengths", Shape.of(share), DataType.I64)
                .input("before", Shape.of(lengths.target, share), DataType.I64)
                .input("target", Shape.of(lengths.target, share), DataType.I64)
                .input("target_lengths", Shape.of(share), DataType.I64)
                .clipNorm(1)
                .replicas(replicas)
                .threads(run.threads() / replicas)
                .record(this::loss);
    }

    private Value loss(TrainingStep.Values in) {
        Decoder.Output written = write(in);
        SequenceLosses losses = new SequenceLosses(in.get("target_lengths"));
        Value loss = losses.crossEntropy(written.logits(), in.get("target"), null, pace.labelSmoothing);
        return pace.coverage == 0
                ? loss
                : Functional.add(
                        loss, Functional.multiply(losses.coverage(written.weights()), in.get("coverage_weight")));
    }

    private Decoder.Output write(TrainingStep.Values in) {
        Seq2Seq network = translator.network();
        if (pace.sampling == 0) {
            return network.teach(in.get("source"), in.get("source_lengths"), in.get("before"));
        }
        Seq2Seq.Start start = network.encode(in.get("source"), in.get("source_lengths"));
        return network.decoder()
                .sampled(in.get("before"), start.state(), start.memory(), in.get("probability"), run.seed());
    }

    @Override
    public void close() {
        steps.values().forEach(TrainingStep::close);
        first.close();
    }
}
