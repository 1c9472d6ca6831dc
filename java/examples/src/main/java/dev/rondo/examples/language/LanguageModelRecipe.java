package dev.rondo.examples.language;

import dev.rondo.examples.Corpus;
import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import dev.rondo.format.AtomicFiles;
import dev.rondo.format.MalformedFileException;
import dev.rondo.nn.Initializer;
import dev.rondo.nn.Losses;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.train.Minibatches;
import dev.rondo.train.Optimizer;
import dev.rondo.train.Schedule;
import dev.rondo.train.Trainer;
import dev.rondo.train.TrainingStep;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// Trains a byte-level LSTM language model with truncated back-propagation through time.
///
/// The text is cut into streams that are read side by side; a window's states are where the next window begins.
/// Beside the last byte, the network is told hashed n-grams of the last bytes and what followed where they were before
/// ([ByteFeatures]): what counting and looking up can tell, it need not keep in its state, and learns in a tenth of the
/// time.
public final class LanguageModelRecipe {
    private static final int NGRAM = 5;
    private static final int VALIDATIONS = 20;
    private static final int CHECKPOINTS = 40;
    private static final int EVALUATION_STEPS = 64;
    private static final int SAMPLE_BYTES = 2000;
    private static final double SAMPLE_TEMPERATURE = 0.8;

    /// Sizes and pace.
    ///
    /// @param hidden       of the LSTM
    /// @param width        of an embedding's row
    /// @param rows         of the embedding
    /// @param orders       bytes of the longest n-gram
    /// @param streams      that are read side by side
    /// @param window       steps that a gradient goes back
    /// @param steps        of training
    /// @param learningRate the highest
    public record Settings(
            int hidden, int width, int rows, int orders, int streams, int window, int steps, double learningRate) {
        /// What takes a machine with 2 cores a quarter of an hour.
        public static final Settings DEFAULT = new Settings(384, 32, 65536, 5, 64, 50, 5000, 4e-3);

        Map<String, String> values() {
            Map<String, String> values = new LinkedHashMap<>();
            values.put("hidden", Integer.toString(hidden));
            values.put("width", Integer.toString(width));
            values.put("rows", Integer.toString(rows));
            values.put("orders", Integer.toString(orders));
            values.put("streams", Integer.toString(streams));
            values.put("window", Integer.toString(window));
            values.put("steps", Integer.toString(steps));
            values.put("learning rate", Double.toString(learningRate));
            return values;
        }
    }

    /// Bits per byte of the texts that were held out.
    public record Result(double network, double nGram, double xz, double gzip) {}

    private final TrainingRun run;
    private final Settings settings;
    private final Texts texts;
    private final ByteFeatures features;
    private final ByteNetwork network;

    /// A training to come.
    public LanguageModelRecipe(TrainingRun run, Settings settings, Texts texts) {
        this.run = run;
        this.settings = settings;
        this.texts = texts;
        this.features = new ByteFeatures(settings.orders, settings.rows);
        this.network = new ByteNetwork(features.count(), settings.rows, settings.width, settings.hidden);
    }

    /// Trains, or goes on; writes the model and a sample; and measures.
    ///
    /// @throws MalformedFileException if there is too little text
    /// @throws IOException            if a file cannot be read or written
    public Result run() throws IOException {
        byte[] text = trainingText();
        if (text.length < settings.streams * settings.window) {
            throw new MalformedFileException(
                    texts.training().origin(),
                    "has " + text.length + " bytes to learn from, too few for " + settings.streams + " streams of "
                            + settings.window);
        }
        Map<String, String> all = settings.values();
        all.put("text", texts.training().fingerprint());
        all.put("threads", Integer.toString(run.threads()));
        run.claim(all);
        run.reporter()
                .tell(String.format(
                        Locale.ROOT,
                        "Learning from %,d bytes of %s; %,d bytes are held out",
                        text.length,
                        texts.training().origin(),
                        texts.heldOut().byteSize()));
        train(text);
        double bits = measure(texts.heldOut(), "Measuring");
        LanguageModel.write(run.folder(), settings, network, bits);
        sample();
        return compare(bits, text);
    }

    /// As much text as there are steps for.
    private byte[] trainingText() {
        byte[] all = texts.training().joined();
        long wanted = (long) settings.steps * settings.streams * settings.window;
        return wanted < all.length ? Arrays.copyOf(all, (int) wanted) : all;
    }

    private void train(byte[] text) throws IOException {
        network.initialize(run.seed(), name -> switch (name) {
            case "embedding.weight" -> Initializer.normal(0.3);
            case "lstm.bias_ih_l0" -> Initializer.forgetGate(1);
            case "lstm.bias_hh_l0" -> Initializer.constant(0);
            default -> null;
        });
        int replicas = settings.streams % run.threads() == 0 ? run.threads() : 1;
        int streams = settings.streams / replicas;
        Windows windows = Windows.of(text, features, settings.streams, settings.window);
        Optimizer adam = Optimizer.adam(settings.learningRate);
        try (TrainingStep step = step(adam, replicas);
                TextEvaluation validation = evaluation(texts.validation().joined())) {
            Trainer.Learner<Integer> learner = new Trainer.Learner<>() {
                @Override
                public float learn(Integer window) {
                    beginAnew(step, window % settings.streams, streams);
                    for (int r = 0; r < replicas; r++) {
                        windows.fill(window, r * streams, step.input("ids", r), step.input("targets", r));
                    }
                    return (float) (step.run() / Math.log(2));
                }

                @Override
                public void beginEpoch(long epoch) {
                    for (int r = 0; r < replicas; r++) {
                        step.state("h", r).data().fill((byte) 0);
                        step.state("c", r).data().fill((byte) 0);
                    }
                }
            };
            run.train(
                    Trainer.of(network, Minibatches.inOrder(windows.fullCount(), 1, chosen -> chosen[0]), learner)
                            .remember("step", step)
                            .schedule(adam, Schedule.warmUpThenCosine(settings.steps / 20, settings.steps, 0.01))
                            .validate(
                                    Math.ceilDiv(settings.steps, VALIDATIONS),
                                    () -> Map.of("bits per byte", validation.run((_, _) -> {})))
                            .tokens(_ -> (long) settings.streams * settings.window),
                    settings.steps,
                    Math.ceilDiv(settings.steps, CHECKPOINTS),
                    "bytes");
        }
    }

    /// Makes a stream's states zero. A network that has never seen them again since its first step drifts away from
    /// them, and is lost where a text begins.
    ///
    /// @param streams of a replica
    private void beginAnew(TrainingStep step, int stream, int streams) {
        long bytes = (long) settings.hidden * Float.BYTES;
        for (String state : List.of("h", "c")) {
            MemorySegment states = step.state(state, stream / streams).data();
            states.asSlice(stream % streams * bytes, bytes).fill((byte) 0);
        }
    }

    private TrainingStep step(Optimizer adam, int replicas) {
        int streams = settings.streams / replicas;
        return TrainingStep.of(network, adam)
                .input("ids", Shape.of(settings.window, streams, features.count()), DataType.I64)
                .input("targets", Shape.of(settings.window, streams), DataType.I64)
                .state("h", Shape.of(1, streams, settings.hidden))
                .state("c", Shape.of(1, streams, settings.hidden))
                .clipNorm(1)
                .replicas(replicas)
                .threads(run.threads() / replicas)
                .record(in -> {
                    ByteNetwork.Output y = network.forward(in.get("ids"), in.get("h"), in.get("c"));
                    in.carry("h", y.hN());
                    in.carry("c", y.cN());
                    return Losses.crossEntropy(y.logits(), in.get("targets"));
                });
    }

    private TextEvaluation evaluation(byte[] text) {
        Windows windows = Windows.of(text, features, settings.streams, EVALUATION_STEPS);
        return new TextEvaluation(network, settings.hidden, windows, run.threads());
    }

    private double measure(Corpus corpus, String name) {
        byte[] text = corpus.joined();
        try (TextEvaluation evaluation = evaluation(text);
                Reporter.Task task = run.reporter().task(name, text.length, "bytes")) {
            return evaluation.run(task);
        }
    }

    private void sample() throws IOException {
        byte[] prompt = "/**\n * ".getBytes(StandardCharsets.UTF_8);
        try (AtomicFiles files = new AtomicFiles()) {
            var out = files.createStream(run.folder().resolve("sample.txt"));
            out.write(prompt);
            LanguageModel.read(run.folder()).generate(prompt, SAMPLE_BYTES, SAMPLE_TEMPERATURE, run.seed(), out);
            files.commit();
        }
    }

    private Result compare(double bits, byte[] text) throws IOException {
        run.reporter().tell("Comparing with gzip, xz and an n-gram model…");
        Corpus heldOut = texts.heldOut();
        double bytes = heldOut.byteSize();
        NGramModel counted = new NGramModel(NGRAM);
        counted.learn(text);
        return new Result(
                bits,
                counted.bits(heldOut.joined()) / bytes,
                Compression.xz(heldOut) / bytes,
                Compression.gzip(heldOut) / bytes);
    }
}
