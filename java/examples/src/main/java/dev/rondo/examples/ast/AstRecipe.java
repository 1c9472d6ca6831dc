package dev.rondo.examples.ast;

import dev.rondo.examples.Corpus;
import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import dev.rondo.examples.trees.Classifier;
import dev.rondo.examples.trees.Learning;
import dev.rondo.examples.trees.SequenceClassifier;
import dev.rondo.format.AtomicFiles;
import dev.rondo.format.MalformedFileException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/// Trains networks to guess a Java method's name from its body, out of the names that are most frequent: a Tree-LSTM
/// over the syntax tree, and a plain LSTM over the same symbols in the order of the source.
///
/// They learn from `java.base` of the JDK in use, and are compared on packages that neither has seen,
/// `java.util.concurrent` and `java.net.http`, beside guessing the most frequent name. Each has a folder of its own
/// with what [TrainingRun] puts there; beside them is `accuracy.md`.
///
/// {@snippet :
/// TrainingRun run = new TrainingRun(Path.of("ast"), null, 2, 42, Reporter.silent());
/// List<AstRecipe.Result> results = AstRecipe.ofJava(AstRecipe.Settings.DEFAULT).run(run);
/// }
///
/// @param known    files to learn from
/// @param heldOut  files to be tested on
/// @param settings what there is to learn, and for how long
public record AstRecipe(Corpus known, Corpus heldOut, Settings settings) {
    private static final List<String> MODULES = List.of("java.base/", "java.net.http/", "dev.rondo");
    private static final List<String> HELD_OUT =
            List.of("java.base/java/util/concurrent/", "java.net.http/", "dev.rondo.cli/");
    private static final int HELD_OUT_FILES = 10; // one in so many
    private static final int SHORTEST = 3; // nodes
    private static final int VALIDATED = 20; // one known method in so many
    private static final int UNKNOWN = 0; // the symbol of what is too rare

    /// What there is to learn, and for how long.
    ///
    /// @param names        how many names there are to choose from
    /// @param symbols      how many symbols are told apart
    /// @param longest      the most nodes of a body; longer methods are left out
    /// @param width        of the symbols' vectors
    /// @param hidden       of the states
    /// @param batch        methods a step
    /// @param steps        to train each network
    /// @param learningRate the highest
    public record Settings(
            int names, int symbols, int longest, int width, int hidden, int batch, int steps, double learningRate) {
        /// What `rondo train ast` does unless told otherwise.
        public static final Settings DEFAULT = new Settings(100, 4000, 120, 64, 128, 64, 2500, 2e-3);
    }

    /// How well a network guesses.
    ///
    /// @param name       what it is called
    /// @param parameters how many
    /// @param first      the share of held-out methods whose name is its first guess, from 0 to 1
    /// @param firstFive  whose name is among its first five
    public record Result(String name, long parameters, double first, double firstFive) {}

    /// Learns from java.base of the JDK in use; without its sources, from Rondo's own.
    ///
    /// @throws IOException if they cannot be read
    public static AstRecipe ofJava(Settings settings) throws IOException {
        Corpus all = Corpus.ofJava(startsWithOneOf(MODULES));
        Predicate<String> isHeldOut = startsWithOneOf(HELD_OUT);
        return new AstRecipe(all.where(isHeldOut.negate()), all.where(isHeldOut), settings);
    }

    /// Learns from nine files in ten of any, and is tested on the others.
    public static AstRecipe of(Corpus corpus, Settings settings) {
        return new AstRecipe(corpus.every(HELD_OUT_FILES, false), corpus.every(HELD_OUT_FILES, true), settings);
    }

    private static Predicate<String> startsWithOneOf(List<String> prefixes) {
        return name -> prefixes.stream().anyMatch(name::startsWith);
    }

    /// Trains the networks, or goes on, and judges them.
    ///
    /// @return their results, and that of the most frequent name
    /// @throws MalformedFileException if there are too few methods to learn from or to be tested on
    /// @throws IOException            if a file cannot be read or written
    public List<Result> run(TrainingRun run) throws IOException {
        List<JavaMethod> methods = methods(run, known);
        Map<String, Integer> names = mostFrequent(methods, method -> List.of(method.name()), settings.names, 0);
        Map<String, Integer> symbols = mostFrequent(
                methods.stream()
                        .filter(method -> names.containsKey(method.name()))
                        .toList(),
                JavaMethod::symbols,
                settings.symbols - 1,
                UNKNOWN + 1);
        List<Sample> all = samples(methods, names, symbols);
        List<Sample> validation = new ArrayList<>();
        List<Sample> training = new ArrayList<>();
        for (int i = 0; i < all.size(); i++) {
            (i % VALIDATED == VALIDATED / 2 ? validation : training).add(all.get(i));
        }
        List<Sample> test = samples(methods(run, heldOut), names, symbols);
        if (training.size() < settings.batch || validation.isEmpty() || test.isEmpty()) {
            throw new MalformedFileException(
                    known.origin(), "has too few methods of frequent names to learn from and to be tested on");
        }
        run.reporter()
                .tell(String.format(
                        Locale.ROOT,
                        "%s: %,d methods to learn from, %,d held out, of %d names",
                        known.origin(),
                        training.size(),
                        test.size(),
                        names.size()));
        int classes = names.size();
        List<Result> results = new ArrayList<>();
        results.add(result(
                run,
                "tree",
                "Tree-LSTM over the syntax tree",
                2,
                training,
                validation,
                test,
                new AstNetwork(settings.symbols, settings.width, settings.hidden, classes)));
        results.add(result(
                run,
                "sequence",
                "LSTM over the same symbols",
                2,
                training,
                validation,
                test,
                new SequenceClassifier<>(
                        Sample::name,
                        Sample::symbols,
                        null,
                        settings.symbols,
                        settings.width,
                        settings.hidden,
                        classes)));
        results.add(new Result("the most frequent name", 0, share(test, 1), share(test, 5)));
        write(run, results, test.size(), classes);
        return results;
    }

    private Result result(
            TrainingRun run,
            String folder,
            String name,
            int parts,
            List<Sample> training,
            List<Sample> validation,
            List<Sample> test,
            Classifier<Sample> network)
            throws IOException {
        TrainingRun part = new TrainingRun(
                run.folder().resolve(folder),
                run.limit() == null ? null : run.limit().dividedBy(parts),
                run.threads(),
                run.seed(),
                run.reporter());
        Learning<Sample> learning = new Learning<>(
                sample -> sample.symbols().length,
                settings.longest,
                settings.batch,
                settings.steps,
                settings.learningRate);
        Map<String, String> values = new LinkedHashMap<>();
        values.put("corpus", known.fingerprint());
        values.put("settings", settings.toString());
        values.put("replicas", Integer.toString(learning.replicas(run)));
        part.claim(values);
        run.reporter().tell(name);
        network.initialize(run.seed());
        learning.train(part, network, training, validation);
        int[] ranks = learning.ranks(run, network, test);
        return new Result(name, network.parameterCount(), below(ranks, 1), below(ranks, 5));
    }

    private static double below(int[] ranks, int rank) {
        return Arrays.stream(ranks).filter(found -> found < rank).count() / (double) ranks.length;
    }

    /// Names are numbered by how frequent they are.
    private static double share(List<Sample> samples, int names) {
        return samples.stream().filter(sample -> sample.name() < names).count() / (double) samples.size();
    }

    private List<JavaMethod> methods(TrainingRun run, Corpus corpus) {
        List<JavaMethod> methods = new ArrayList<>();
        try (Reporter.Task task = run.reporter().task("Parsing", corpus.texts().size(), "files")) {
            for (int i = 0; i < corpus.texts().size(); i++) {
                Corpus.Text text = corpus.texts().get(i);
                for (JavaMethod method :
                        JavaMethods.parse(text.name(), new String(text.bytes(), StandardCharsets.UTF_8))) {
                    int nodes = method.symbols().size();
                    if (nodes >= SHORTEST && nodes <= settings.longest) {
                        methods.add(method);
                    }
                }
                task.reach(i + 1, "");
            }
        }
        return methods;
    }

    /// What is most frequent among some words of methods, numbered from `first` on; of equals the first by name.
    private static Map<String, Integer> mostFrequent(
            List<JavaMethod> methods, Function<JavaMethod, List<String>> words, int most, int first) {
        Map<String, Integer> counts = new HashMap<>();
        methods.forEach(method -> words.apply(method).forEach(word -> counts.merge(word, 1, Integer::sum)));
        Map<String, Integer> numbers = new LinkedHashMap<>();
        counts.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(most)
                .forEach(entry -> numbers.put(entry.getKey(), first + numbers.size()));
        return numbers;
    }

    private static List<Sample> samples(
            List<JavaMethod> methods, Map<String, Integer> names, Map<String, Integer> symbols) {
        return methods.stream()
                .filter(method -> names.containsKey(method.name()))
                .map(method -> new Sample(
                        method.parents(),
                        method.symbols().stream()
                                .mapToInt(symbol -> symbols.getOrDefault(symbol, UNKNOWN))
                                .toArray(),
                        names.get(method.name())))
                .toList();
    }

    private void write(TrainingRun run, List<Result> results, int methods, int names) throws IOException {
        UnaryOperator<String> line = text -> text + System.lineSeparator();
        StringBuilder report = new StringBuilder(line.apply(String.format(
                Locale.ROOT, "Held out: %,d methods, whose names are among the %d most frequent.%n", methods, names)));
        report.append(line.apply("| network | parameters | right | among the first five |"));
        report.append(line.apply("|---|--:|--:|--:|"));
        for (Result result : results) {
            report.append(line.apply(String.format(
                    Locale.ROOT,
                    "| %s | %,d | %.1f %% | %.1f %% |",
                    result.name,
                    result.parameters,
                    100 * result.first,
                    100 * result.firstFive)));
        }
        try (AtomicFiles files = new AtomicFiles()) {
            files.createStream(run.folder().resolve("accuracy.md"))
                    .write(report.toString().getBytes(StandardCharsets.UTF_8));
            files.commit();
        }
    }
}
