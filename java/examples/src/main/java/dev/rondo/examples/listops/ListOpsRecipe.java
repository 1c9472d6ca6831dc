package dev.rondo.examples.listops;

import dev.rondo.examples.TrainingRun;
import dev.rondo.examples.trees.Classifier;
import dev.rondo.examples.trees.Learning;
import dev.rondo.examples.trees.SequenceClassifier;
import dev.rondo.format.AtomicFiles;
import dev.rondo.tree.TreeDrawing;
import dev.rondo.tree.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Trains networks to say what ListOps expressions come to, and compares them on expressions that none has seen: one
/// that is given the trees, and a plain LSTM that has to find out by itself.
///
/// Each learns from the same expressions with the same steps, in a folder of its own with what [TrainingRun] puts
/// there. Beside them is `accuracy.md`; and in the folder of the network with trees are pictures of held-out
/// expressions, each list with the digit that the network says it comes to.
///
/// {@snippet :
/// TrainingRun run = new TrainingRun(Path.of("listops"), null, 2, 42, Reporter.silent());
/// List<ListOpsRecipe.Result> results = new ListOpsRecipe(ListOpsRecipe.Settings.DEFAULT).run(run, List.of(TREE));
/// }
///
/// Source: Nangia and Bowman 2018, arXiv 1804.06028.
///
/// @param settings what there is to learn, and for how long
public record ListOpsRecipe(Settings settings) {
    private static final int PICTURES = 8;
    private static final int VALIDATED = 1000; // expressions, for the learning curve

    /// The networks, in the order in which they are trained.
    public enum Reading {
        /// A binary Tree-LSTM over the expression's own tree.
        TREE("Tree-LSTM, trees given"),
        /// A plain LSTM over the tokens.
        SEQUENCE("LSTM");

        private final String title;

        Reading(String title) {
            this.title = title;
        }

        /// What it is called.
        public String title() {
            return title;
        }

        Classifier<Expression> network(Settings settings) {
            return switch (this) {
                case TREE -> new TreeNetwork(settings.width, settings.hidden);
                case SEQUENCE ->
                    new SequenceClassifier<>(
                            Expression::symbols, Expression.VOCABULARY.size(), settings.width, settings.hidden, 10);
            };
        }
    }

    /// What there is to learn, and for how long.
    ///
    /// @param expressions  to learn from
    /// @param heldOut      to be tested on
    /// @param depth        the most operators within each other
    /// @param arguments    the most arguments of an operator
    /// @param length       the most tokens of an expression
    /// @param width        of the tokens' vectors
    /// @param hidden       of the states
    /// @param batch        expressions a step
    /// @param steps        to train each network
    /// @param learningRate the highest
    public record Settings(
            int expressions,
            int heldOut,
            int depth,
            int arguments,
            int length,
            int width,
            int hidden,
            int batch,
            int steps,
            double learningRate) {
        /// What `rondo train listops` does unless told otherwise.
        public static final Settings DEFAULT = new Settings(90_000, 10_000, 20, 5, 100, 32, 128, 64, 8_000, 3e-3);

        Map<String, String> values() {
            Map<String, String> values = new LinkedHashMap<>();
            values.put("expressions", Integer.toString(expressions));
            values.put("held out", Integer.toString(heldOut));
            values.put("depth", Integer.toString(depth));
            values.put("arguments", Integer.toString(arguments));
            values.put("length", Integer.toString(length));
            values.put("width", Integer.toString(width));
            values.put("hidden", Integer.toString(hidden));
            values.put("batch", Integer.toString(batch));
            values.put("steps", Integer.toString(steps));
            values.put("learning rate", Double.toString(learningRate));
            return values;
        }
    }

    /// How well a network reads.
    ///
    /// @param reading    how
    /// @param parameters how many
    /// @param accuracy   the share of held-out expressions that it is right about, from 0 to 1
    /// @param byDepth    the same by the number of operators within each other
    /// @param trained    how long it took
    public record Result(
            Reading reading, long parameters, double accuracy, Map<Integer, Double> byDepth, Duration trained) {}

    /// Trains the networks, or goes on, and judges them.
    ///
    /// @throws IOException if a file cannot be read or written
    public List<Result> run(TrainingRun run, List<Reading> readings) throws IOException {
        List<Expression> all = draw(run.seed());
        List<Expression> known = all.subList(settings.heldOut, all.size());
        List<Expression> heldOut = all.subList(0, settings.heldOut);
        run.reporter()
                .tell(String.format(
                        Locale.ROOT,
                        "%,d expressions to learn from, %,d held out; %.1f tokens each on average",
                        known.size(),
                        heldOut.size(),
                        all.stream()
                                .mapToInt(expression -> expression.tokens().length)
                                .average()
                                .orElse(0)));
        List<Result> results = new ArrayList<>();
        for (Reading reading : readings) {
            TrainingRun part = new TrainingRun(
                    run.folder().resolve(reading.name().toLowerCase(Locale.ROOT)),
                    run.limit() == null ? null : run.limit().dividedBy(readings.size()),
                    run.threads(),
                    run.seed(),
                    run.reporter());
            Map<String, String> values = settings.values();
            values.put("replicas", Integer.toString(learning().replicas(run)));
            part.claim(values);
            run.reporter().tell(reading.title());
            Classifier<Expression> network = reading.network(settings);
            network.initialize(run.seed());
            long start = System.nanoTime();
            learning().train(part, network, known, heldOut.subList(0, Math.min(heldOut.size(), VALIDATED)));
            Duration trained = Duration.ofNanos(System.nanoTime() - start);
            results.add(judge(reading, part, network, heldOut, trained));
            if (network instanceof TreeNetwork tree) {
                draw(part, tree, heldOut);
            }
            write(run, results);
        }
        return results;
    }

    private Learning<Expression> learning() {
        return new Learning<>(
                expression -> expression.tokens().length,
                Expression::value,
                settings.length,
                settings.batch,
                settings.steps,
                settings.learningRate);
    }

    /// Expressions, each once.
    private List<Expression> draw(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        int count = Math.addExact(settings.expressions, settings.heldOut);
        Set<Expression> all = LinkedHashSet.newLinkedHashSet(count);
        for (long tries = 0; all.size() < count; tries++) {
            if (tries > 20L * count) {
                throw new IllegalArgumentException("there are not " + count + " expressions of depth " + settings.depth
                        + " with up to " + settings.arguments + " arguments and " + settings.length + " tokens");
            }
            all.add(Expression.random(random, settings.depth, settings.arguments, settings.length));
        }
        return List.copyOf(all);
    }

    private Result judge(
            Reading reading,
            TrainingRun run,
            Classifier<Expression> network,
            List<Expression> heldOut,
            Duration trained) {
        int[] ranks = learning().ranks(run, network, heldOut);
        Map<Integer, int[]> counts = new TreeMap<>(); // right, all
        int right = 0;
        for (int i = 0; i < ranks.length; i++) {
            int[] count = counts.computeIfAbsent(heldOut.get(i).depth(), _ -> new int[2]);
            count[0] += ranks[i] == 0 ? 1 : 0;
            count[1]++;
            right += ranks[i] == 0 ? 1 : 0;
        }
        Map<Integer, Double> byDepth = new TreeMap<>();
        counts.forEach((depth, count) -> byDepth.put(depth, (double) count[0] / count[1]));
        return new Result(reading, network.parameterCount(), (double) right / ranks.length, byDepth, trained);
    }

    private void draw(TrainingRun run, TreeNetwork tree, List<Expression> heldOut) throws IOException {
        try (AtomicFiles files = new AtomicFiles()) {
            List<Expression> few = heldOut.subList(0, Math.min(PICTURES, heldOut.size()));
            for (int i = 0; i < few.size(); i++) {
                Trees trees = Expression.trees(List.of(few.get(i)));
                String[] captions = tree.captions(few.get(i), trees);
                files.createStream(run.folder().resolve("tree-" + (i + 1) + ".svg"))
                        .write(TreeDrawing.svg(trees, 0, node -> captions[node]).getBytes(StandardCharsets.UTF_8));
            }
            files.commit();
        }
    }

    private void write(TrainingRun run, List<Result> results) throws IOException {
        StringBuilder report = new StringBuilder(String.format(
                Locale.ROOT,
                "Held out: %,d expressions of up to %d operators within each other and %d tokens.%n%n"
                        + "| network | parameters | accuracy | trained |%n|---|--:|--:|--:|%n",
                settings.heldOut,
                settings.depth,
                settings.length));
        for (Result result : results) {
            report.append(String.format(
                    Locale.ROOT,
                    "| %s | %,d | %.1f %% | %d:%02d min |%n",
                    result.reading.title(),
                    result.parameters,
                    100 * result.accuracy,
                    result.trained.toMinutes(),
                    result.trained.toSecondsPart()));
        }
        report.append(String.format("%n| depth |"));
        results.forEach(
                result -> report.append(' ').append(result.reading.title()).append(" |"));
        report.append(String.format("%n|--:|%s%n", "--:|".repeat(results.size())));
        for (int depth : results.getFirst().byDepth.keySet()) {
            report.append("| ").append(depth).append(" |");
            results.forEach(
                    result -> report.append(String.format(Locale.ROOT, " %.1f %% |", 100 * result.byDepth.get(depth))));
            report.append(System.lineSeparator());
        }
        try (AtomicFiles files = new AtomicFiles()) {
            files.createStream(run.folder().resolve("accuracy.md"))
                    .write(report.toString().getBytes(StandardCharsets.UTF_8));
            files.commit();
        }
    }
}
