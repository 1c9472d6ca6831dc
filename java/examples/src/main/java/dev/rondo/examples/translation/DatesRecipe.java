package dev.rondo.examples.translation;

import dev.rondo.decode.Generator;
import dev.rondo.decode.Hypothesis;
import dev.rondo.decode.Search;
import dev.rondo.decode.Translator;
import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import dev.rondo.format.AtomicFiles;
import dev.rondo.text.Characters;
import dev.rondo.text.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Trains an encoder and a decoder with attention to read dates, character by character, in the languages of
/// [Dates], and to write them as ISO 8601 has them.
///
/// The folder gets the translator, the share of held-out dates that come out right by language (`accuracy.md`),
/// and the attention of some of them as a picture (`attention.png`).
public final class DatesRecipe {
    private static final int EMBEDDING = 48;
    private static final int BATCH = 64;
    private static final Search SEARCH = Search.greedy().maxLength("2026-03-03".length() + 1);
    private static final int PICTURES = 6;

    /// Sizes and pace.
    ///
    /// @param hidden       width of the decoder, and of each direction of the encoder
    /// @param examples     dates to learn from
    /// @param steps        of training
    /// @param learningRate the highest
    /// @param heldOut      held-out dates of each language to read at the end; four times as many of all validate
    /// @param sampling     probability with which the decoder reads its own id at the end; it grows from 0
    /// @param looking      how the decoder attends
    public record Settings(
            int hidden, int examples, int steps, double learningRate, int heldOut, double sampling, Looking looking) {
        /// What takes a machine with 2 cores some minutes.
        public static final Settings DEFAULT = new Settings(128, 100_000, 1500, 3e-3, 200, 0, Looking.DEFAULT);

        Map<String, String> values() {
            Map<String, String> values = new LinkedHashMap<>();
            values.put("hidden", Integer.toString(hidden));
            values.put("examples", Integer.toString(examples));
            values.put("steps", Integer.toString(steps));
            values.put("learning rate", Double.toString(learningRate));
            values.put("held out", Integer.toString(heldOut));
            if (sampling > 0) {
                values.put("scheduled sampling", Double.toString(sampling));
            }
            looking.addTo(values);
            return values;
        }
    }

    /// The share of held-out dates that come out right.
    ///
    /// @param exactMatch of all languages together, from 0 to 1
    /// @param byLocale   of each, by its tag
    public record Result(double exactMatch, Map<String, Double> byLocale) {}

    private final TrainingRun run;
    private final Settings settings;

    /// A training to come.
    public DatesRecipe(TrainingRun run, Settings settings) {
        this.run = run;
        this.settings = settings;
    }

    private static RandomGenerator random(long seed) {
        return RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /// Trains, or goes on; writes the model and what it is worth.
    ///
    /// @throws IOException if a file cannot be read or written
    public Result run() throws IOException {
        run.claim(settings.values());
        Dates dates = new Dates();
        run.reporter().tell("Writing " + settings.examples + " dates in " + Dates.LOCALES.size() + " languages…");
        Characters source = Characters.learn(dates.alphabet());
        Characters target = Characters.learn(List.of("0123456789-"));
        Translator translator = Translator.untrained(
                new Translator.Settings(
                        "LSTM",
                        EMBEDDING,
                        settings.hidden,
                        1,
                        settings.looking.context(),
                        settings.looking.attending(),
                        0),
                source,
                target);
        translator.network().initialize(run.seed());
        List<Sentence> sentences = dates.drawAll(settings.examples, false, random(run.seed()));
        List<Sentence> validation = dates.drawAll(4 * settings.heldOut, true, random(run.seed() + 1));
        try (TranslationTraining training = new TranslationTraining(
                run,
                translator,
                new TranslationTraining.Pace(
                        Math.min(BATCH, settings.examples),
                        settings.steps,
                        settings.learningRate,
                        0,
                        settings.sampling,
                        settings.looking.coverageLoss()),
                SEARCH,
                sentences)) {
            training.learn(validation, (written, of) -> Map.of("wrong dates, %", 100 * (1 - share(written, of))));
        }
        translator.write(run.folder(), "dates");
        return measure(translator, dates);
    }

    private static double share(List<String> written, List<Sentence> sentences) {
        int right = 0;
        for (int i = 0; i < written.size(); i++) {
            right += written.get(i).equals(sentences.get(i).target()) ? 1 : 0;
        }
        return (double) right / written.size();
    }

    private Result measure(Translator translator, Dates dates) throws IOException {
        Map<String, Double> byLocale = new LinkedHashMap<>();
        double sum = 0;
        List<AttentionPicture.Matrix> pictures = new ArrayList<>();
        try (Generator generator = translator.generator(run.threads());
                Reporter.Task task = run.reporter().task("Reading held-out dates", Dates.LOCALES.size(), "languages")) {
            for (int locale = 0; locale < Dates.LOCALES.size(); locale++) {
                RandomGenerator random = random(run.seed() + 2 + locale);
                List<Sentence> heldOut = new ArrayList<>();
                for (int i = 0; i < settings.heldOut; i++) {
                    heldOut.add(dates.draw(locale, true, random));
                }
                List<String> texts = heldOut.stream().map(Sentence::source).toList();
                List<List<Hypothesis>> found = translator.search(generator, texts, SEARCH.withAttention());
                double share = share(
                        found.stream()
                                .map(one -> translator
                                        .target()
                                        .decode(one.getFirst().ids()))
                                .toList(),
                        heldOut);
                byLocale.put(Dates.LOCALES.get(locale).toLanguageTag(), share);
                sum += share;
                if (pictures.size() < PICTURES) {
                    pictures.add(matrix(
                            translator, texts.getFirst(), found.getFirst().getFirst()));
                }
                task.reach(locale + 1, "");
            }
        }
        AttentionPicture.write(run.folder().resolve("attention.png"), pictures);
        Result result = new Result(sum / byLocale.size(), byLocale);
        writeTable(result);
        return result;
    }

    private static AttentionPicture.Matrix matrix(Translator translator, String text, Hypothesis found) {
        List<String> written = new ArrayList<>(labels(translator.target(), found.ids()));
        written.add(translator.target().label(Tokenizer.END));
        return new AttentionPicture.Matrix(
                labels(translator.source(), translator.source().encode(text)), written, found.attention());
    }

    private static List<String> labels(Tokenizer tokenizer, long[] ids) {
        return Arrays.stream(ids).mapToObj(tokenizer::label).toList();
    }

    private void writeTable(Result result) throws IOException {
        StringBuilder table = new StringBuilder("| language | held-out dates that come out right |\n|---|--:|\n");
        result.byLocale.forEach(
                (locale, share) -> table.append(String.format(Locale.ROOT, "| %s | %.1f %% |%n", locale, 100 * share)));
        table.append(String.format(Locale.ROOT, "| all | %.2f %% |%n", 100 * result.exactMatch));
        try (AtomicFiles files = new AtomicFiles()) {
            files.createStream(run.folder().resolve("accuracy.md"))
                    .write(table.toString().getBytes(StandardCharsets.UTF_8));
            files.commit();
        }
    }
}
