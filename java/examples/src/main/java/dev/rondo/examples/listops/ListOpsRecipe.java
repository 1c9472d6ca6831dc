package dev.rondo.examples.listops;

import dev.rondo.examples.TrainingRun;
import dev.rondo.examples.structure.Branching;
import dev.rondo.examples.structure.LatentTreeClassifier;
import dev.rondo.examples.structure.ShiftReduceClassifier;
import dev.rondo.examples.structure.TreeFinder;
import dev.rondo.examples.trees.Classifier;
import dev.rondo.examples.trees.Learning;
import dev.rondo.examples.trees.SequenceClassifier;
import dev.rondo.format.AtomicFiles;
import dev.rondo.tree.Merges;
import dev.rondo.tree.TreeDrawing;
import dev.rondo.tree.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Stream;

/// Trains networks to say what ListOps expressions come to, and compares them on expressions that none has seen: one
/// that is given the trees, a plain LSTM that has to do without, and some that find trees.
///
/// Each learns from the same expressions with the same steps, in a folder of its own with what [TrainingRun] puts
/// there. Beside them is `accuracy.md`: a table, and another one of how well found trees agree with the expressions'
/// own. In the folders of networks with trees are pictures of held-out expressions, each list with the digit that the
/// network says it comes to; trees that it has found have one at the root alone, and a tick at each node that the
/// expression's own tree has as well.
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
    private static final int DEEPER = 1000;
    private static final int DEEPER_TRIES = 1_000_000;

    /// The networks, in the order in which they are trained.
    public enum Reading {
        /// A binary Tree-LSTM over the expression's own tree.
        TREE("Tree-LSTM, trees given"),
        /// A plain LSTM over the tokens.
        SEQUENCE("LSTM"),
        /// A Gumbel Tree-LSTM, which finds trees of its own and learns from whole expressions alone. Its time and
        /// memory grow with the square of the length.
        LATENT("Gumbel Tree-LSTM, trees found"),
        /// A SPINN, which learns from whole expressions along their own trees, and to build these; it is judged, and
        /// validated, along those that it builds.
        SPINN("SPINN, trees given in training alone");

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
                case TREE -> new TreeNetwork(settings.labels, settings.width, settings.hidden);
                case SEQUENCE ->
                    new SequenceClassifier<>(
                            Expression::value,
                            Expression::symbols,
                            settings.labels == Labels.ROOT ? null : Expression::values,
                            Expression.VOCABULARY.size(),
                            settings.width,
                            settings.hidden,
                            10);
                case LATENT ->
                    new LatentTreeClassifier<>(
                            Expression::value,
                            Expression::symbols,
                            Expression.VOCABULARY.size(),
                            settings.width,
                            settings.hidden,
                            10,
                            1);
                case SPINN ->
                    new ShiftReduceClassifier<>(
                            Expression::value,
                            Expression::symbols,
                            Expression::trees,
                            Expression.VOCABULARY.size(),
                            settings.width,
                            settings.hidden,
                            10);
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
    /// @param labels       what the networks are told
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
            Labels labels,
            int width,
            int hidden,
            int batch,
            int steps,
            double learningRate) {
        /// What `rondo train listops` does unless told otherwise.
        public static final Settings DEFAULT =
                new Settings(90_000, 10_000, 10, 5, 100, Labels.EVERY_NODE, 32, 128, 64, 4_000, 3e-3);

        Map<String, String> values() {
            Map<String, String> values = new LinkedHashMap<>();
            values.put("expressions", Integer.toString(expressions));
            values.put("held out", Integer.toString(heldOut));
            values.put("depth", Integer.toString(depth));
            values.put("arguments", Integer.toString(arguments));
            values.put("length", Integer.toString(length));
            values.put("labels", labels.toString());
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
    /// @param accuracy   the share of expressions that it is right about, from 0 to 1: of those held out, of some
    ///                   kinds of them, of deeper ones, and of those that it has learned from
    /// @param agreement  of the trees that it finds with the expressions' own, as [Merges#agreement] has it; NaN
    ///                   where it finds none
    public record Result(Reading reading, long parameters, Map<String, Double> accuracy, double agreement) {}

    /// Trains the networks, or goes on, and judges them.
    ///
    /// @throws IOException if a file cannot be read or written
    public List<Result> run(TrainingRun run, List<Reading> readings) throws IOException {
        List<Expression> all = draw(run.seed());
        Test test = new Test(
                all.subList(0, settings.heldOut),
                deeper(run.seed()),
                all.subList(settings.heldOut, Math.min(2 * settings.heldOut, all.size())));
        List<Expression> known = all.subList(settings.heldOut, all.size());
        run.reporter()
                .tell(String.format(
                        Locale.ROOT,
                        "%,d expressions to learn from, %,d held out; %.1f tokens each on average. Known of them: %s",
                        known.size(),
                        settings.heldOut,
                        all.stream()
                                .mapToInt(expression -> expression.tokens().length)
                                .average()
                                .orElse(0),
                        settings.labels == Labels.ROOT
                                ? "what they come to"
                                : "what they and all lists within them come to, behind each argument"));
        List<Result> results = new ArrayList<>();
        for (Reading reading : readings) {
            TrainingRun part = new TrainingRun(
                    run.folder().resolve(reading.name().toLowerCase(Locale.ROOT)),
                    run.limit() == null ? null : run.limit().dividedBy(readings.size()),
                    run.threads(),
                    run.seed(),
                    run.reporter());
            Map<String, String> values = settings.values();
            values.put("replicas", Integer.toString(learning(settings.length).replicas(run)));
            part.claim(values);
            run.reporter().tell(reading.title());
            Classifier<Expression> network = reading.network(settings);
            network.initialize(run.seed());
            learning(settings.length).train(part, network, known, test.validated());
            Map<String, Double> accuracy = judge(part, network, test);
            List<Expression> validated = test.validated();
            Trees own = Expression.trees(validated);
            double agreement = Double.NaN;
            if (network instanceof TreeNetwork tree) {
                draw(part, own, (i, drawn) -> tree.captions(validated.get(i), drawn));
            } else if (network instanceof TreeFinder<Expression> finder) {
                TreeFinder.Found found = finder.find(validated, ListOpsRecipe::tokens);
                agreement = Merges.agreement(found.trees(), own);
                draw(part, found.trees(), (i, drawn) -> captions(drawn, own.tree(i), found.classes()[i]));
            }
            results.add(new Result(reading, network.parameterCount(), accuracy, agreement));
            write(run, results, validated);
        }
        return results;
    }

    private record Test(List<Expression> heldOut, List<Expression> deeper, List<Expression> known) {
        List<Expression> validated() {
            return heldOut.subList(0, Math.min(heldOut.size(), VALIDATED));
        }
    }

    private Learning<Expression> learning(int longest) {
        return new Learning<>(
                expression -> expression.tokens().length,
                longest,
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

    /// Expressions with more operators within each other than those to learn from have, up to twice as many, and up to
    /// twice as long: few or none where these are too short to have so many.
    private List<Expression> deeper(long seed) {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(~seed);
        return Stream.generate(
                        () -> Expression.random(random, 2 * settings.depth, settings.arguments, 2 * settings.length))
                .limit(DEEPER_TRIES)
                .filter(expression -> expression.depth() > settings.depth)
                .limit(Math.min(settings.heldOut, DEEPER))
                .toList();
    }

    private Map<String, Double> judge(TrainingRun run, Classifier<Expression> network, Test test) {
        Map<String, Double> accuracy = new LinkedHashMap<>();
        boolean[] right = right(run, network, test.heldOut);
        accuracy.put("held out", share(test.heldOut, right, _ -> true));
        for (int depth = 1; depth <= settings.depth; depth++) {
            int own = depth;
            accuracy.put("held out, depth " + depth, share(test.heldOut, right, one -> one.depth() == own));
        }
        for (int operator : Expression.OPERATORS) {
            accuracy.put(
                    "held out, outermost " + Expression.VOCABULARY.get(operator) + " ]",
                    share(test.heldOut, right, one -> one.operator() == operator));
        }
        accuracy.put(
                "depth " + (settings.depth + 1) + " to " + 2 * settings.depth,
                share(test.deeper, right(run, network, test.deeper), _ -> true));
        accuracy.put("learned from", share(test.known, right(run, network, test.known), _ -> true));
        return accuracy;
    }

    private boolean[] right(TrainingRun run, Classifier<Expression> network, List<Expression> expressions) {
        int[] ranks = learning(2 * settings.length).ranks(run, network, expressions);
        boolean[] right = new boolean[ranks.length];
        for (int i = 0; i < right.length; i++) {
            right[i] = ranks[i] == 0;
        }
        return right;
    }

    /// NaN where there are none.
    private static double share(List<Expression> expressions, boolean[] right, Predicate<Expression> kind) {
        int[] count = new int[2]; // right, all
        for (int i = 0; i < right.length; i++) {
            if (kind.test(expressions.get(i))) {
                count[0] += right[i] ? 1 : 0;
                count[1]++;
            }
        }
        return (double) count[0] / count[1];
    }

    private static List<String> tokens(Expression expression) {
        return List.of(expression.toString().split(" "));
    }

    /// What to write at each node of a tree that a network has found: ticks where the expression's own has the node.
    ///
    /// @param said what the network says that the expression comes to
    private static String[] captions(Trees found, Trees own, int said) {
        Set<Merges.Span> wanted = Merges.spans(own, 0);
        Merges.Span[] spans = new Merges.Span[found.nodes()];
        String[] captions = new String[found.nodes()];
        int leaf = 0;
        for (int node = 0; node < captions.length; node++) { // children before their parents
            if (found.isLeaf(node)) {
                spans[node] = new Merges.Span(leaf, ++leaf);
                captions[node] = found.token(node);
            } else {
                spans[node] = new Merges.Span(spans[found.child(node, 0)].from(), spans[found.child(node, 1)].to());
                captions[node] = wanted.contains(spans[node]) ? "✓" : "·";
            }
        }
        String value = own.label(own.root(0));
        captions[found.root(0)] = value.equals(Integer.toString(said)) ? value : said + " ≠ " + value;
        return captions;
    }

    /// What to write at each node of a tree.
    private interface Captions {
        String[] of(int number, Trees tree);
    }

    /// @param trees of the expressions
    private static void draw(TrainingRun run, Trees trees, Captions captions) throws IOException {
        try (AtomicFiles files = new AtomicFiles()) {
            for (int i = 0; i < Math.min(PICTURES, trees.size()); i++) {
                Trees tree = trees.tree(i);
                String[] texts = captions.of(i, tree);
                files.createStream(run.folder().resolve("tree-" + (i + 1) + ".svg"))
                        .write(TreeDrawing.svg(tree, 0, node -> texts[node]).getBytes(StandardCharsets.UTF_8));
            }
            files.commit();
        }
    }

    private void write(TrainingRun run, List<Result> results, List<Expression> validated) throws IOException {
        StringBuilder report = new StringBuilder("| right |");
        results.forEach(
                result -> report.append(' ').append(result.reading.title()).append(" |"));
        report.append(String.format("%n|---|%s%n", "--:|".repeat(results.size())));
        for (String kind : results.getFirst().accuracy.keySet()) {
            report.append("| ").append(kind).append(" |");
            for (Result result : results) {
                report.append(percent(result.accuracy.get(kind)));
            }
            report.append(System.lineSeparator());
        }
        report.append("| parameters |");
        results.forEach(result -> report.append(String.format(Locale.ROOT, " %,d |", result.parameters)));
        report.append(System.lineSeparator());
        if (results.stream().anyMatch(result -> !Double.isNaN(result.agreement))) {
            appendAgreement(report, run.seed(), results, validated);
        }
        try (AtomicFiles files = new AtomicFiles()) {
            files.createStream(run.folder().resolve("accuracy.md"))
                    .write(report.toString().getBytes(StandardCharsets.UTF_8));
            files.commit();
        }
    }

    private static void appendAgreement(
            StringBuilder report, long seed, List<Result> results, List<Expression> validated) {
        report.append(String.format(
                Locale.ROOT,
                "%nOf the nodes of %,d held-out expressions' own trees, leaves and roots not counted, there are in trees"
                        + " over the same leaves:%n%n| trees | nodes found (F1) |%n|---|--:|%n",
                validated.size()));
        for (Result result : results) {
            if (!Double.isNaN(result.agreement)) {
                report.append(String.format("| %s |%s%n", result.reading.title(), percent(result.agreement)));
            }
        }
        List<List<String>> tokens =
                validated.stream().map(ListOpsRecipe::tokens).toList();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        for (Branching branching : Branching.values()) {
            double agreement = Merges.agreement(branching.over(tokens, random), Expression.trees(validated));
            report.append(String.format("| %s |%s%n", branching.title(), percent(agreement)));
        }
    }

    private static String percent(double share) {
        return Double.isNaN(share) ? " |" : String.format(Locale.ROOT, " %.1f %% |", 100 * share);
    }
}
