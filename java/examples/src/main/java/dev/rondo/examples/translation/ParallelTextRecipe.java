package dev.rondo.examples.translation;

import dev.rondo.decode.Generator;
import dev.rondo.decode.Search;
import dev.rondo.decode.Translator;
import dev.rondo.examples.Corpus;
import dev.rondo.examples.Reporter;
import dev.rondo.examples.TrainingRun;
import dev.rondo.format.MalformedFileException;
import dev.rondo.text.BytePairs;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Trains an encoder and a decoder with attention on any parallel text: two files whose lines are translations of
/// each other. Byte pairs are learned from each side; the last lines are held out, up to 1000 or a tenth of all.
public final class ParallelTextRecipe {
    private static final int BATCH = 64;
    private static final int LARGEST_HELD_OUT = 1000;
    private static final int HELD_OUT = 10; // one line in so many
    private static final int VALIDATION = 200; // lines of those to learn from that are not
    private static final int LONGEST = 100; // ids of a line that is learned from
    private static final double LABEL_SMOOTHING = 0.1;
    private static final int BEAM = 5;
    private static final int PART = 128; // lines that are translated together, sorted by length
    private static final double LENGTH_PENALTY = 0.6;

    /// Sizes and pace.
    ///
    /// @param hidden       width of the decoder, and of each direction of the encoder
    /// @param embedding    width of the embedded ids
    /// @param vocabulary   ids of each side
    /// @param steps        of training
    /// @param learningRate the highest
    /// @param dropout      probability with which training drops an element
    /// @param sampling     probability with which the decoder reads its own id at the end; it grows from 0
    /// @param looking      how the decoder attends
    public record Settings(
            int hidden,
            int embedding,
            int vocabulary,
            int steps,
            double learningRate,
            double dropout,
            double sampling,
            Looking looking) {
        /// For some hundred thousand lines.
        public static final Settings DEFAULT = new Settings(256, 128, 4000, 5000, 2e-3, 0.2, 0, Looking.DEFAULT);

        Map<String, String> values() {
            Map<String, String> values = new LinkedHashMap<>();
            values.put("hidden", Integer.toString(hidden));
            values.put("embedding", Integer.toString(embedding));
            values.put("vocabulary", Integer.toString(vocabulary));
            values.put("steps", Integer.toString(steps));
            values.put("learning rate", Double.toString(learningRate));
            values.put("dropout", Double.toString(dropout));
            if (sampling > 0) {
                values.put("scheduled sampling", Double.toString(sampling));
            }
            looking.addTo(values);
            return values;
        }
    }

    /// Scores of the lines that were held out, as sacreBLEU defines them.
    public record Result(double bleu, double chrF) {}

    private final TrainingRun run;
    private final Settings settings;
    private final List<Sentence> sentences;
    private final int lines; // of which some have no translation
    private final String origin;

    private ParallelTextRecipe(TrainingRun run, Settings settings, List<Sentence> sentences, int lines, String origin) {
        this.run = run;
        this.settings = settings;
        this.sentences = sentences;
        this.lines = lines;
        this.origin = origin;
    }

    /// A training to come.
    ///
    /// @param source a file of UTF-8 lines
    /// @param target a file of as many
    /// @throws IOException            naming the file, if one cannot be read, or is no regular file
    /// @throws MalformedFileException if the files have not equally many lines, too few, or are not UTF-8
    public static ParallelTextRecipe of(TrainingRun run, Settings settings, Path source, Path target)
            throws IOException {
        List<String> sources = lines(source);
        List<String> targets = lines(target);
        if (sources.size() != targets.size()) {
            throw new MalformedFileException(
                    target.toString(), "has " + targets.size() + " lines, but " + source + " has " + sources.size());
        }
        List<Sentence> sentences = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            if (!sources.get(i).isBlank() && !targets.get(i).isBlank()) {
                sentences.add(
                        new Sentence(sources.get(i).strip(), targets.get(i).strip()));
            }
        }
        return new ParallelTextRecipe(run, settings, sentences, sources.size(), source.toString());
    }

    private static List<String> lines(Path file) throws IOException {
        byte[] bytes = Corpus.ofFiles(List.of(file)).texts().getFirst().bytes();
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString()
                    .lines()
                    .toList();
        } catch (CharacterCodingException e) {
            throw new MalformedFileException(file.toString(), "is not UTF-8", e);
        }
    }

    /// Trains, or goes on; writes the model; and measures.
    ///
    /// @throws MalformedFileException if there are too few lines to learn from
    /// @throws IOException            if a file cannot be read or written
    public Result run() throws IOException {
        int heldOut = Math.min(LARGEST_HELD_OUT, sentences.size() / HELD_OUT);
        int validation = Math.min(VALIDATION, heldOut);
        int rest = sentences.size() - heldOut - validation;
        if (heldOut < 1 || rest < BATCH) {
            throw new MalformedFileException(
                    origin, "has " + sentences.size() + " lines with a translation, too few to learn from");
        }
        run.claim(settings.values());
        run.reporter()
                .tell("Learning byte pairs of " + rest + " lines"
                        + leftOut(lines - sentences.size(), "have no translation") + "…");
        List<Sentence> learned = sentences.subList(0, rest);
        BytePairs source =
                BytePairs.learn(learned.stream().map(Sentence::source).toList(), settings.vocabulary);
        BytePairs target =
                BytePairs.learn(learned.stream().map(Sentence::target).toList(), settings.vocabulary);
        Translator translator = Translator.untrained(
                new Translator.Settings(
                        "LSTM",
                        settings.embedding,
                        settings.hidden,
                        1,
                        settings.looking.context(),
                        settings.looking.attending(),
                        settings.dropout),
                source,
                target);
        translator.network().initialize(run.seed());
        List<Sentence> fitting = learned.stream()
                .filter(sentence -> source.encode(sentence.source()).length <= LONGEST
                        && target.encode(sentence.target()).length <= LONGEST)
                .toList();
        if (fitting.size() < BATCH) {
            throw new MalformedFileException(origin, "has too few lines of up to " + LONGEST + " pieces");
        }
        run.reporter()
                .tell("Learning to translate " + fitting.size() + " lines"
                        + leftOut(rest - fitting.size(), "have more than " + LONGEST + " pieces") + "…");
        try (TranslationTraining training = new TranslationTraining(
                run,
                translator,
                new TranslationTraining.Pace(
                        BATCH,
                        settings.steps,
                        settings.learningRate,
                        LABEL_SMOOTHING,
                        settings.sampling,
                        settings.looking.coverageLoss()),
                Search.greedy(),
                fitting)) {
            training.learn(
                    sentences.subList(rest, rest + validation),
                    (written, of) -> Map.of("100 - chrF", 100 - ChrF.of(written, references(of))));
        }
        translator.write(run.folder(), "translation");
        return measure(translator, sentences.subList(rest + validation, sentences.size()));
    }

    private static String leftOut(int count, String reason) {
        return count == 0 ? "" : " (without " + count + " that " + reason + ")";
    }

    private static List<List<String>> references(List<Sentence> sentences) {
        return sentences.stream().map(sentence -> List.of(sentence.target())).toList();
    }

    private Result measure(Translator translator, List<Sentence> heldOut) {
        Search search = Search.beam(BEAM).lengthPenalty(LENGTH_PENALTY);
        List<String> written = new ArrayList<>();
        try (Generator generator = translator.generator(run.threads());
                Reporter.Task task = run.reporter().task("Translating", heldOut.size(), "held-out lines")) {
            for (int from = 0; from < heldOut.size(); from += PART) {
                List<Sentence> part = heldOut.subList(from, Math.min(from + PART, heldOut.size()));
                written.addAll(translator.translate(
                        generator, part.stream().map(Sentence::source).toList(), search));
                task.reach(written.size(), "");
            }
        }
        return new Result(Bleu.of(written, references(heldOut)), ChrF.of(written, references(heldOut)));
    }
}
