package dev.rondo.examples.highlighter;

import dev.rondo.examples.BarPicture;
import dev.rondo.examples.Corpus;
import dev.rondo.examples.TrainingRun;
import dev.rondo.format.AtomicFiles;
import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.nn.Losses;
import dev.rondo.nn.Module;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.train.Evaluation;
import dev.rondo.train.Minibatches;
import dev.rondo.train.Optimizer;
import dev.rondo.train.Schedule;
import dev.rondo.train.Trainer;
import dev.rondo.train.TrainingStep;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.LongStream;

/// What depth and looking ahead buy: every [Architecture] learns the same task from the same windows of Java source in
/// the same number of steps, with about the same number of parameters.
///
/// The task is that of [HighlighterRecipe]: to tell of each byte what kind of token it belongs to. Many bytes are
/// decided only by what follows: `foo` is a method before `(`. A window has 128 bytes, a step 64 windows. Adam's
/// learning rate rises, then falls to 0 along half a cosine; gradients are clipped to norm 1. In the end each network
/// judges the same windows of the held-out files.
///
/// The folder gets `comparison.md` with a table, `comparison.png` with a chart, and for each architecture a folder with
/// what [TrainingRun] puts there, and its result. Started again, the recipe goes on where it was.
///
/// {@snippet :
/// TrainingRun run = new TrainingRun(Path.of("compare"), null, 2, 42, Reporter.silent());
/// List<ComparisonRecipe.Result> results = ComparisonRecipe.ofJava(400).run(run);
/// }
///
/// @param data  files to learn from and to be tested on, and for how many steps
public record ComparisonRecipe(HighlighterRecipe data) {
    private static final int BATCH = 64;
    private static final int STEPS = 128; // bytes of a window
    private static final long PARAMETERS = 40_000;
    private static final double LEARNING_RATE = 3e-3;
    private static final double CLIP_NORM = 1;
    private static final int WARM_UPS = 20; // one step in so many
    private static final int VALIDATIONS = 4;
    private static final int TEST_BATCHES = 8;
    private static final String RESULT = "result.json";

    /// What came of an architecture.
    ///
    /// @param parameters     of the network
    /// @param error          share of the held-out bytes that it judges wrong, from 0 to 1
    /// @param bitsPerByte    what the right classes of the held-out bytes cost
    /// @param bytesPerSecond that it learned from
    public record Result(
            Architecture architecture, long parameters, double error, double bitsPerByte, double bytesPerSecond) {}

    /// Learns from java.base of the JDK in use, as [HighlighterRecipe#ofJava].
    ///
    /// @throws IOException if the sources cannot be read
    public static ComparisonRecipe ofJava(int steps) throws IOException {
        return new ComparisonRecipe(HighlighterRecipe.ofJava(steps));
    }

    /// Learns from nine files in ten of any, as [HighlighterRecipe#of].
    ///
    /// @throws IllegalArgumentException if there are too few
    public static ComparisonRecipe of(Corpus corpus, int steps) {
        return new ComparisonRecipe(HighlighterRecipe.of(corpus, steps));
    }

    /// Trains all architectures, or goes on, and compares them.
    ///
    /// @return the results of those that were trained to the end, in the order of [Architecture]
    /// @throws IOException if a file cannot be read or written
    public List<Result> run(TrainingRun run) throws IOException {
        int replicas = Integer.highestOneBit(Math.min(run.threads(), BATCH));
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("corpus", data.known().fingerprint());
        settings.put("steps", Integer.toString(data.steps()));
        settings.put("replicas", Integer.toString(replicas));
        run.claim(settings);
        Windows training = new Windows(LabelledText.of(HighlighterRecipe.training(data.known())), run.seed());
        Windows test = new Windows(LabelledText.of(HighlighterRecipe.longEnough(data.heldOut())), run.seed() + 1);
        List<Result> results = new ArrayList<>();
        for (Architecture architecture : Architecture.values()) {
            Path folder = run.folder().resolve(architecture.name().toLowerCase(Locale.ROOT));
            if (!Files.exists(folder.resolve(RESULT))) {
                run.reporter().tell(architecture.title());
                train(part(run, folder), architecture, training, test, replicas);
            }
            if (Thread.currentThread().isInterrupted()) {
                break;
            }
            if (Files.exists(folder.resolve(RESULT))) { // or there was not enough time
                results.add(read(architecture, folder.resolve(RESULT)));
                write(run.folder(), results);
            }
        }
        return results;
    }

    /// The training of one architecture, which has its share of the time.
    private static TrainingRun part(TrainingRun run, Path folder) {
        Duration limit = run.limit() == null ? null : run.limit().dividedBy(Architecture.values().length);
        return new TrainingRun(folder, limit, run.threads(), run.seed(), run.reporter());
    }

    /// Leaves a result if it comes to the end.
    private void train(TrainingRun run, Architecture architecture, Windows training, Windows test, int replicas)
            throws IOException {
        Module network = architecture.network(PARAMETERS);
        network.initialize(run.seed());
        Optimizer adam = Optimizer.adam(LEARNING_RATE);
        int steps = data.steps();
        int every = Math.max(1, steps / VALIDATIONS);
        Shape shape = Shape.of(STEPS, BATCH / replicas);
        long[] spent = {0, 0}; // nanoseconds, bytes
        try (TrainingStep step = TrainingStep.of(network, adam)
                        .input("text", shape, DataType.I64)
                        .input("classes", shape, DataType.I64)
                        .clipNorm(CLIP_NORM)
                        .replicas(replicas)
                        .record(in -> Losses.crossEntropy(network.forward(in.get("text")), in.get("classes")));
                Judge judge = new Judge(network, run.threads(), test)) {
            Minibatches<Window[]> minibatches = Minibatches.inOrder(
                    Math.multiplyExact(steps, BATCH),
                    BATCH,
                    numbers -> Arrays.stream(numbers)
                            .parallel()
                            .mapToObj(training::get)
                            .toArray(Window[]::new));
            Trainer.Builder<Window[]> trainer = Trainer.of(network, minibatches, batch -> {
                        for (int n = 0; n < BATCH; n++) {
                            int replica = n / (BATCH / replicas);
                            fill(step.input("text", replica), batch[n].text(), n % (BATCH / replicas));
                            fill(step.input("classes", replica), batch[n].classes(), n % (BATCH / replicas));
                        }
                        long begin = System.nanoTime();
                        float loss = step.run();
                        spent[0] += System.nanoTime() - begin;
                        spent[1] += (long) BATCH * STEPS;
                        return loss;
                    })
                    .remember("step", step)
                    .tokens(_ -> (long) BATCH * STEPS)
                    .schedule(adam, Schedule.warmUpThenCosine(steps / WARM_UPS, steps, 0))
                    .endWithLast()
                    .validate(every, () -> Map.of("error", judge.run().error()));
            Trainer.End end = run.train(trainer, steps, every, "bytes");
            if (end != Trainer.End.DONE) {
                return;
            }
            Judgement judgement = judge.run();
            double speed = spent[0] == 0 ? 0 : spent[1] * 1e9 / spent[0];
            Map<String, Json> fields = new LinkedHashMap<>();
            fields.put("parameters", number(network.parameterCount()));
            fields.put("error", number(judgement.error()));
            fields.put("bits_per_byte", number(judgement.bitsPerByte()));
            fields.put("bytes_per_second", number(speed));
            text(run.folder().resolve(RESULT), new Json.ObjectValue(fields).pretty());
        }
    }

    private static Json number(double value) {
        return Json.parse(String.format(Locale.ROOT, "%.9g", value), RESULT);
    }

    private static Result read(Architecture architecture, Path file) throws IOException {
        Map<String, JsonField> fields = JsonField.read(file).members();
        return new Result(
                architecture,
                Math.round(fields.get("parameters").asDouble()),
                fields.get("error").asDouble(),
                fields.get("bits_per_byte").asDouble(),
                fields.get("bytes_per_second").asDouble());
    }

    /// Puts the beginning of a window into a column: (T, N).
    private static void fill(Tensor to, byte[] window, int column) {
        long columns = to.shape().size(1);
        for (int t = 0; t < STEPS; t++) {
            to.data().setAtIndex(ValueLayout.JAVA_LONG, t * columns + column, window[t] & 0xff);
        }
    }

    private record Judgement(double error, double bitsPerByte) {}

    /// Judges always the same windows.
    private static final class Judge implements AutoCloseable {
        private final Evaluation evaluation;
        private final List<Window> windows;

        Judge(Module network, int threads, Windows test) {
            this.windows = LongStream.range(0, (long) TEST_BATCHES * BATCH)
                    .parallel()
                    .mapToObj(test::get)
                    .toList();
            this.evaluation = Evaluation.builder()
                    .input("text", Shape.of(STEPS, BATCH), DataType.I64)
                    .input("classes", Shape.of(STEPS, BATCH), DataType.I64)
                    .threads(threads)
                    .record(in -> {
                        Value scores = network.forward(in.get("text"));
                        in.output("scores", scores);
                        return Losses.crossEntropy(scores, in.get("classes"));
                    });
        }

        Judgement run() {
            Tensor classes = evaluation.input("classes");
            double loss = 0;
            long wrong = 0;
            for (int batch = 0; batch < TEST_BATCHES; batch++) {
                for (int n = 0; n < BATCH; n++) {
                    Window window = windows.get(batch * BATCH + n);
                    fill(evaluation.input("text"), window.text(), n);
                    fill(classes, window.classes(), n);
                }
                loss += evaluation.run() / TEST_BATCHES;
                float[] scores = evaluation.output("scores").toFloatArray();
                int count = scores.length / (STEPS * BATCH);
                for (int i = 0; i < STEPS * BATCH; i++) {
                    int best = 0;
                    for (int k = 1; k < count; k++) {
                        best = scores[i * count + k] > scores[i * count + best] ? k : best;
                    }
                    wrong += best == classes.data().getAtIndex(ValueLayout.JAVA_LONG, i) ? 0 : 1;
                }
            }
            return new Judgement((double) wrong / ((long) TEST_BATCHES * STEPS * BATCH), loss / Math.log(2));
        }

        @Override
        public void close() {
            evaluation.close();
        }
    }

    private void write(Path folder, List<Result> results) throws IOException {
        StringBuilder table =
                new StringBuilder("| | bytes ahead | parameters | held-out bytes wrong, % | bits per byte |"
                        + " kB/s in training |\n|---|--:|--:|--:|--:|--:|\n");
        Map<String, Double> bars = new LinkedHashMap<>();
        for (Result result : results) {
            int ahead = result.architecture().ahead();
            table.append(String.format(
                    Locale.ROOT,
                    "| %s | %s | %,d | %.2f | %.4f | %,.0f |%n",
                    result.architecture().title(),
                    ahead == Integer.MAX_VALUE ? "all" : Integer.toString(ahead),
                    result.parameters(),
                    100 * result.error(),
                    result.bitsPerByte(),
                    result.bytesPerSecond() / 1000));
            bars.put(result.architecture().title(), 100 * result.error());
        }
        text(folder.resolve("comparison.md"), table.toString());
        BarPicture.write(folder.resolve("comparison.png"), "held-out bytes judged wrong, %", bars);
    }

    private static void text(Path file, String text) throws IOException {
        try (AtomicFiles files = new AtomicFiles()) {
            files.createStream(file).write(text.getBytes(StandardCharsets.UTF_8));
            files.commit();
        }
    }
}
