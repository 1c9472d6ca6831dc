package dev.rondo.decode;

import dev.rondo.format.AtomicFiles;
import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import dev.rondo.format.Safetensors;
import dev.rondo.nn.Attention;
import dev.rondo.nn.Bridge;
import dev.rondo.nn.Decoder;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.Encoder;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.RNNBase;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.Seq2Seq;
import dev.rondo.tensor.Tensor;
import dev.rondo.text.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// An encoder and a decoder with the tokenizers of what they read and write: a folder of `model.json`, which has
/// sizes and vocabularies, and `model.safetensors`, the weights.
///
/// {@snippet :
/// Translator translator = Translator.read(folder);
/// try (Generator generator = translator.generator(2)) {
///     String best = translator.translate(generator, List.of("3 mars 2026"), Search.beam(5)).getFirst();
/// }
/// }
///
/// Threads: any; but nothing may change the weights while a generator uses them.
///
/// @param settings sizes and kinds
/// @param source   of what is read
/// @param target   of what is written
/// @param network  made by the settings
public record Translator(Settings settings, Tokenizer source, Tokenizer target, Seq2Seq network) {
    private static final String DESCRIPTION = "model.json";
    private static final String WEIGHTS = "model.safetensors";

    /// The part of the source that a decoder looks at.
    public enum Window {
        /// All of it.
        ALL,
        /// Steps around a position that it predicts ([Attention#local]).
        PREDICTED,
        /// Steps around as many as it has written ([Attention#monotonic]).
        MONOTONIC
    }

    /// How a decoder attends.
    ///
    /// @param score    how it compares
    /// @param heads    of scaled attention, which share its width; else 1
    /// @param window   what it looks at
    /// @param reach    steps on both sides of the middle of a window; means nothing without one
    /// @param coverage whether it reads how much of the source it has looked at
    /// @param copy     whether it may copy what source and target both know
    public record Attending(
            Attention.Score score, int heads, Window window, int reach, boolean coverage, boolean copy) {
        /// The reach that Luong et al. take.
        public static final int REACH = 10;

        /// @throws IllegalArgumentException naming what is out of range, or does not go together
        public Attending {
            if (score == Attention.Score.DOT) {
                throw new IllegalArgumentException("attention by DOT needs states as wide as both directions together");
            }
            if (heads < 1 || heads > 1 && score != Attention.Score.SCALED) {
                throw new IllegalArgumentException(
                        heads < 1
                                ? heads + " heads are not positive"
                                : score + " attention has one head, not " + heads);
            }
            if (reach < 1 || reach > 65536) {
                throw new IllegalArgumentException("reach " + reach + " is not between 1 and 65536");
            }
            if (coverage && (score != Attention.Score.ADDITIVE || window == Window.MONOTONIC)) {
                throw new IllegalArgumentException(
                        "coverage needs additive attention whose window does not move on by itself");
            }
        }

        /// With one head, to all of the source, and nothing else.
        public static Attending of(Attention.Score score) {
            return new Attending(score, 1, Window.ALL, REACH, false, false);
        }

        /// In words, such as `additive, predicted window of 10, coverage`.
        @Override
        public String toString() {
            List<String> words = new ArrayList<>();
            words.add(word(score));
            if (heads > 1) {
                words.add(heads + " heads");
            }
            if (window != Window.ALL) {
                words.add(word(window) + " window of " + reach);
            }
            if (coverage) {
                words.add("coverage");
            }
            if (copy) {
                words.add("copies");
            }
            return String.join(", ", words);
        }

        private Attention attention(int hidden, int memorySize) {
            Attention plain = score == Attention.Score.SCALED
                    ? Attention.scaled(hidden, memorySize, hidden, heads)
                    : Attention.of(score, hidden, memorySize, hidden);
            Attention covering = coverage ? plain.covering() : plain;
            return switch (window) {
                case ALL -> covering;
                case PREDICTED -> covering.local(reach);
                case MONOTONIC -> covering.monotonic(reach);
            };
        }
    }

    /// What a network is made by: an encoder in both directions, and states joined by a learned bridge.
    ///
    /// @param cell      `LSTM` or `GRU`
    /// @param embedding width of the embedded ids, of both sides
    /// @param hidden    width of the decoder's layers, and of each direction of the encoder's
    /// @param layers    of encoder and decoder each
    /// @param context   how the decoder learns of its source
    /// @param attending how it attends, where it does
    /// @param dropout   probability with which training drops an element
    public record Settings(
            String cell,
            int embedding,
            int hidden,
            int layers,
            Decoder.Context context,
            Attending attending,
            double dropout) {
        /// @throws IllegalArgumentException naming what is out of range
        public Settings {
            if (!cell.equals("LSTM") && !cell.equals("GRU")) {
                throw new IllegalArgumentException(
                        "cell " + MalformedFileException.quote(cell) + " is not LSTM or GRU");
            }
            if (embedding < 1 || hidden < 1 || layers < 1 || embedding > 65536 || hidden > 65536 || layers > 100) {
                throw new IllegalArgumentException("embedding " + embedding + ", hidden " + hidden + " and layers "
                        + layers + " have to be positive, and at most 65536, 65536 and 100");
            }
            if (hidden % attending.heads != 0) {
                throw new IllegalArgumentException(
                        "hidden " + hidden + " cannot be shared by " + attending.heads + " heads");
            }
            if (attending.copy && !context.attends()) {
                throw new IllegalArgumentException("copying needs attention, which " + context + " has not");
            }
        }

        private RNNBase rnn(Recurrence recurrence) {
            Recurrence stack = recurrence.layers(layers).dropout(layers == 1 ? 0 : dropout);
            return cell.equals("LSTM") ? new LSTM(stack) : new GRU(stack);
        }

        Seq2Seq network(Tokenizer source, Tokenizer target) {
            Encoder encoder = new Encoder(
                    new Embedding(source.size(), embedding),
                    rnn(Recurrence.of(embedding, hidden).bidirectional()),
                    dropout);
            Decoder decoder = new Decoder(
                    new Embedding(target.size(), embedding),
                    inputSize -> rnn(Recurrence.of(inputSize, hidden)),
                    context,
                    context.attends() ? attending.attention(hidden, encoder.outputSize()) : null,
                    hidden,
                    dropout,
                    false,
                    attending.copy ? copies(source, target) : null);
            return new Seq2Seq(encoder, new Bridge(Bridge.Kind.LEARNED, encoder, decoder), decoder);
        }

        private Json.ObjectValue toJson() {
            Map<String, Json> members = new LinkedHashMap<>();
            members.put("cell", new Json.StringValue(cell));
            members.put("embedding", new Json.IntegerValue(embedding));
            members.put("hidden", new Json.IntegerValue(hidden));
            members.put("layers", new Json.IntegerValue(layers));
            members.put("context", new Json.StringValue(word(context)));
            members.put("score", new Json.StringValue(word(attending.score)));
            members.put("heads", new Json.IntegerValue(attending.heads));
            members.put("window", new Json.StringValue(word(attending.window)));
            members.put("reach", new Json.IntegerValue(attending.reach));
            members.put("coverage", new Json.BooleanValue(attending.coverage));
            members.put("copy", new Json.BooleanValue(attending.copy));
            members.put("dropout", new Json.RealValue(dropout));
            return new Json.ObjectValue(members);
        }

        private static Settings of(JsonField json) {
            try {
                return new Settings(
                        json.get("cell").asString(),
                        json.get("embedding").asInt(),
                        json.get("hidden").asInt(),
                        json.get("layers").asInt(),
                        one(Decoder.Context.class, json.get("context")),
                        attending(json),
                        json.get("dropout").asDouble());
            } catch (IllegalArgumentException e) {
                throw json.malformed(e.getMessage());
            }
        }

        /// Folders of older versions have a score alone.
        private static Attending attending(JsonField json) {
            Attention.Score score = one(Attention.Score.class, json.get("score"));
            return new Attending(
                    score,
                    json.find("heads").map(JsonField::asInt).orElse(1),
                    json.find("window").map(field -> one(Window.class, field)).orElse(Window.ALL),
                    json.find("reach").map(JsonField::asInt).orElse(Attending.REACH),
                    json.find("coverage").map(JsonField::asBoolean).orElse(false),
                    json.find("copy").map(JsonField::asBoolean).orElse(false));
        }

        private static <E extends Enum<E>> E one(Class<E> type, JsonField field) {
            String wanted = field.asString();
            for (E constant : type.getEnumConstants()) {
                if (word(constant).equals(wanted)) {
                    return constant;
                }
            }
            throw field.malformed("has no meaning: " + MalformedFileException.quote(wanted));
        }
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    /// A network that has yet to learn.
    public static Translator untrained(Settings settings, Tokenizer source, Tokenizer target) {
        return new Translator(settings, source, target, settings.network(source, target));
    }

    /// For each id of the source, the target's that stands for the same, or -1; special ids stand for nothing.
    private static long[] copies(Tokenizer source, Tokenizer target) {
        Map<List<String>, Long> known = new HashMap<>();
        for (long id = Tokenizer.SPECIALS; id < target.size(); id++) {
            known.putIfAbsent(meaning(target, id), id);
        }
        long[] copies = new long[source.size()];
        Arrays.setAll(copies, id -> id < Tokenizer.SPECIALS ? -1 : known.getOrDefault(meaning(source, id), -1L));
        return copies;
    }

    /// The text alone does not tell where words begin, nor which part of a character a byte is.
    private static List<String> meaning(Tokenizer tokenizer, long id) {
        return List.of(tokenizer.label(id), tokenizer.decode(new long[] {id}));
    }

    /// Whether a folder, or its `model.json`, describes a translator.
    ///
    /// @throws IOException            if the description cannot be read
    /// @throws MalformedFileException if it is no JSON
    public static boolean isAt(Path path) throws IOException {
        Path description = Files.isDirectory(path) ? path.resolve(DESCRIPTION) : path;
        return description.endsWith(DESCRIPTION)
                && Files.isRegularFile(description)
                && JsonField.read(description).find("seq2seq").isPresent();
    }

    /// Reads a folder.
    ///
    /// @param path the folder, or its `model.json`
    /// @throws IOException            if a file cannot be read
    /// @throws MalformedFileException if it has no encoder and decoder, or its weights are not theirs
    public static Translator read(Path path) throws IOException {
        Path folder = path.endsWith(DESCRIPTION) ? path.toAbsolutePath().getParent() : path;
        JsonField json = JsonField.read(folder.resolve(DESCRIPTION));
        JsonField sizes =
                json.find("seq2seq").orElseThrow(() -> json.malformed("has no seq2seq: it is no encoder and decoder"));
        Translator translator =
                untrained(Settings.of(sizes), Tokenizer.of(json.get("source")), Tokenizer.of(json.get("target")));
        Path weights = folder.resolve(WEIGHTS);
        try (Arena arena = Arena.ofConfined()) {
            translator.network.load(Safetensors.read(weights, arena).tensors());
        } catch (IllegalArgumentException e) {
            throw new MalformedFileException(weights.toString(), e.getMessage(), e);
        }
        return translator;
    }

    /// Writes a folder; each file appears as a whole or not at all.
    ///
    /// @throws IOException if a file cannot be written
    public void write(Path folder, String name) throws IOException {
        Files.createDirectories(folder);
        Map<String, Tensor> weights = new LinkedHashMap<>();
        network.parameters().forEach((parameter, values) -> weights.put(parameter, values.tensor()));
        Map<String, Json> members = new LinkedHashMap<>();
        members.put("name", new Json.StringValue(name));
        members.put("weights", new Json.StringValue(WEIGHTS));
        members.put("seq2seq", settings.toJson());
        members.put("source", source.toJson());
        members.put("target", target.toJson());
        Safetensors.write(folder.resolve(WEIGHTS), weights, Map.of());
        try (AtomicFiles files = new AtomicFiles()) {
            files.createStream(folder.resolve(DESCRIPTION))
                    .write(new Json.ObjectValue(members).pretty().getBytes(StandardCharsets.UTF_8));
            files.commit();
        }
    }

    /// What writes with the network, in batches of up to 32 texts.
    public Generator generator(int threads) {
        return new Generator(network, Tokenizer.START, Tokenizer.END, 32, threads);
    }

    /// The best translation of each text; nothing for an empty one.
    ///
    /// @param generator of this translator
    public List<String> translate(Generator generator, List<String> texts, Search search) {
        return search(generator, texts, search).stream()
                .map(found ->
                        found.isEmpty() ? "" : target.decode(found.getFirst().ids()))
                .toList();
    }

    /// What is found for each text; nothing for an empty one.
    ///
    /// @param generator of this translator
    public List<List<Hypothesis>> search(Generator generator, List<String> texts, Search search) {
        List<long[]> encoded = texts.stream().map(source::encode).toList();
        List<List<Hypothesis>> found = generator.generate(
                encoded.stream().filter(ids -> ids.length > 0).toList(), search);
        Iterator<List<Hypothesis>> next = found.iterator();
        return encoded.stream()
                .map(ids -> ids.length == 0 ? List.<Hypothesis>of() : next.next())
                .toList();
    }
}
