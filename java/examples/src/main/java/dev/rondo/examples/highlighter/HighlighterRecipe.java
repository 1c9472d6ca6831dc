package dev.rondo.examples.highlighter;

import dev.rondo.examples.Corpus;
import dev.rondo.examples.ModelFolder;
import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import dev.rondo.format.AtomicFiles;
import dev.rondo.nn.Losses;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.train.Minibatches;
import dev.rondo.train.Optimizer;
import dev.rondo.train.Schedule;
import dev.rondo.train.Trainer;
import dev.rondo.train.TrainingStep;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/// Trains the network of `rondo demo`: a bidirectional LSTM that reads Java source byte by byte and tells of
/// each byte what kind of token it belongs to.
///
/// It learns from random windows of 256 bytes of the JDK's sources, 64 a step, labelled by [Tagger]. Adam's
/// learning rate rises, then falls to 0 along half a cosine; gradients are clipped to norm 1. Every so often all
/// bytes of some files that are not trained on are judged, for the learning curve; the weights of the last step
/// are the result. In the end every byte of the held-out files is judged: `java.util.concurrent` and
/// `java.net.http`.
///
/// The folder gets, beside what [TrainingRun] puts there, `model.safetensors` and `model.json`, and
/// `accuracy.md` with a table by class.
///
/// {@snippet :
/// TrainingRun run = new TrainingRun(Path.of("highlighter"), null, 2, 42, Reporter.silent());
/// double accuracy = HighlighterRecipe.ofJava(2500).run(run);
/// }
///
/// @param known   files to learn from
/// @param heldOut files to be tested on
/// @param steps   to train
public record HighlighterRecipe(Corpus known, Corpus heldOut, int steps) {
    private static final int BATCH = 64;
    private static final double LEARNING_RATE = 4e-3;
    private static final double CLIP_NORM = 1;
    private static final int WARM_UPS = 40; // as much of all steps is warm-up: one in so many
    private static final int VALIDATIONS = 20;
    private static final int VALIDATION_FILES = 100; // one known file in so many
    private static final int HELD_OUT_FILES = 10; // one in so many

    private static final List<String> MODULES = List.of("java.base/", "java.net.http/", "dev.rondo");

    private static final List<String> HELD_OUT =
            List.of("java.base/java/util/concurrent/", "java.net.http/", "dev.rondo.cli/");

    /// @throws IllegalArgumentException if there are too few files, or no steps
    public HighlighterRecipe {
        if (steps < 1) {
            throw new IllegalArgumentException("number of steps " + steps + " is not positive");
        }
        if (training(known).isEmpty() || validation(known).byteSize() == 0 || heldOut.byteSize() == 0) {
            throw new IllegalArgumentException(known.origin() + ": too little to learn from and to be tested on; give"
                    + " some files of at least " + Windows.SIZE + " bytes");
        }
    }

    /// Learns from java.base of the JDK in use, and is tested as said above; without the JDK's sources it makes do
    /// with Rondo's own.
    ///
    /// @throws IOException if they cannot be read
    public static HighlighterRecipe ofJava(int steps) throws IOException {
        Corpus all = Corpus.ofJava(startsWithOneOf(MODULES));
        Predicate<String> isHeldOut = startsWithOneOf(HELD_OUT);
        return new HighlighterRecipe(all.where(isHeldOut.negate()), all.where(isHeldOut), steps);
    }

    private static Predicate<String> startsWithOneOf(List<String> prefixes) {
        return name -> prefixes.stream().anyMatch(name::startsWith);
    }

    /// Learns from nine files in ten of any, and is tested on the others.
    ///
    /// @throws IllegalArgumentException if there are too few
    public static HighlighterRecipe of(Corpus corpus, int steps) {
        return new HighlighterRecipe(corpus.every(HELD_OUT_FILES, false), corpus.every(HELD_OUT_FILES, true), steps);
    }

    private static Corpus validation(Corpus known) {
        return known.every(VALIDATION_FILES, true);
    }

    /// What is learned from, of what is known.
    static List<byte[]> training(Corpus known) {
        return longEnough(known.every(VALIDATION_FILES, false));
    }

    /// The files that have a window at least.
    static List<byte[]> longEnough(Corpus corpus) {
        return corpus.texts().stream()
                .map(Corpus.Text::bytes)
                .filter(file -> file.length >= Windows.SIZE)
                .toList();
    }

    /// Trains, or goes on training, and judges the result.
    ///
    /// @return the share of held-out bytes that are judged right, from 0 to 1
    /// @throws IOException if a file cannot be read or written
    public double run(TrainingRun run) throws IOException {
        int replicas = Integer.highestOneBit(Math.min(run.threads(), BATCH));
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("corpus", known.fingerprint());
        settings.put("steps", Integer.toString(steps));
        settings.put("replicas", Integer.toString(replicas));
        run.claim(settings);
        LabelledText training = LabelledText.of(training(known));
        WholeFiles validation = new WholeFiles(validation(known));
        WholeFiles test = new WholeFiles(heldOut);
        run.reporter()
                .tell(String.format(
                        Locale.ROOT,
                        "%s: %,d bytes to learn from, %,d for validation, %,d held out",
                        known.origin(),
                        training.size(),
                        validation.byteSize(),
                        test.byteSize()));

        Highlighter highlighter = new Highlighter();
        highlighter.initialize(run.seed());
        train(run, highlighter, new Windows(training, run.seed()), validation, replicas);

        Confusion confusion;
        try (Reporter.Task task = run.reporter().task("Testing", test.byteSize(), "bytes")) {
            confusion = test.judge(highlighter, run.threads(), done -> task.reach(done, ""));
        }
        write(run.folder(), highlighter, confusion);
        return confusion.accuracy();
    }

    private void train(TrainingRun run, Highlighter highlighter, Windows windows, WholeFiles validation, int replicas)
            throws IOException {
        Optimizer adam = Optimizer.adam(LEARNING_RATE);
        Shape shape = Shape.of(BATCH / replicas, Windows.SIZE);
        try (TrainingStep step = TrainingStep.of(highlighter, adam)
                .input("text", shape, DataType.I64)
                .input("classes", shape, DataType.I64)
                .clipNorm(CLIP_NORM)
                .replicas(replicas)
                .record(in -> Losses.crossEntropy(highlighter.forward(in.get("text")), in.get("classes")))) {
            Minibatches<Window[]> minibatches = Minibatches.inOrder(
                    Math.multiplyExact(steps, BATCH),
                    BATCH,
                    numbers -> Arrays.stream(numbers)
                            .parallel()
                            .mapToObj(windows::get)
                            .toArray(Window[]::new));
            int every = Math.max(1, steps / VALIDATIONS);
            Trainer.Builder<Window[]> trainer = Trainer.of(highlighter, minibatches, batch -> {
                        fill(step, batch, replicas);
                        return step.run();
                    })
                    .remember("step", step)
                    .tokens(batch -> (long) batch.length * Windows.SIZE)
                    .schedule(adam, Schedule.warmUpThenCosine(steps / WARM_UPS, steps, 0))
                    .endWithLast()
                    .validate(
                            every,
                            () -> Map.of(
                                    "validation error",
                                    1
                                            - validation
                                                    .judge(highlighter, run.threads(), _ -> {})
                                                    .accuracy()));
            run.train(trainer, steps, every, "bytes");
        }
    }

    private static void fill(TrainingStep step, Window[] batch, int replicas) {
        int share = batch.length / replicas;
        for (int n = 0; n < batch.length; n++) {
            copy(batch[n].text(), step.input("text", n / share), n % share);
            copy(batch[n].classes(), step.input("classes", n / share), n % share);
        }
    }

    private static void copy(byte[] from, Tensor to, int row) {
        for (int t = 0; t < from.length; t++) {
            to.data().setAtIndex(ValueLayout.JAVA_LONG, (long) row * from.length + t, from[t] & 0xff);
        }
    }

    private static void write(Path folder, Highlighter highlighter, Confusion confusion) throws IOException {
        ModelFolder.write(folder, Highlighter.description(), highlighter);
        try (AtomicFiles files = new AtomicFiles()) {
            files.createStream(folder.resolve("accuracy.md"))
                    .write(report(confusion).getBytes(StandardCharsets.UTF_8));
            files.commit();
        }
    }

    private static String report(Confusion confusion) {
        return String.format(
                Locale.ROOT,
                """
                Held out: %,d bytes, of which %.3f %% are right; without whitespace and comments %.3f %%.

                %s""",
                confusion.total(),
                100 * confusion.accuracy(),
                100 * confusion.accuracyWithinCode(),
                confusion.table());
    }
}
