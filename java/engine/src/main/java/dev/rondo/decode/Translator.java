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

    /// What a network is made by: an encoder in both directions, states joined by a learned bridge, and general
    /// attention.
    ///
    /// @param cell      `LSTM` or `GRU`
    /// @param embedding width of the embedded ids, of both sides
    /// @param hidden    width of the decoder's layers, and of each direction of the encoder's
    /// @param layers    of encoder and decoder each
    /// @param context   how the decoder learns of its source
    /// @param score     how it attends, where it does
    /// @param dropout   probability with which training drops an element
    public record Settings(
            String cell,
            int embedding,
            int hidden,
            int layers,
            Decoder.Context context,
            Attention.Score score,
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
            if (score == Attention.Score.DOT) {
                throw new IllegalArgumentException("attention by DOT needs states as wide as both directions together");
            }
        }

        private RNNBase rnn(Recurrence recurrence) {
            Recurrence stack = recurrence.layers(layers).dropout(layers == 1 ? 0 : dropout);
            return cell.equals("LSTM") ? new LSTM(stack) : new GRU(stack);
        }

        Seq2Seq network(int sources, int targets) {
            Encoder encoder = new Encoder(
                    new Embedding(sources, embedding),
                    rnn(Recurrence.of(embedding, hidden).bidirectional()),
                    dropout);
            Decoder decoder = new Decoder(
                    new Embedding(targets, embedding),
                    inputSize -> rnn(Recurrence.of(inputSize, hidden)),
                    context,
                    context.attends() ? Attention.of(score, hidden, encoder.outputSize(), hidden) : null,
                    hidden,
                    dropout);
            return new Seq2Seq(encoder, new Bridge(Bridge.Kind.LEARNED, encoder, decoder), decoder);
        }

        private Json.ObjectValue toJson() {
            Map<String, Json> members = new LinkedHashMap<>();
            members.put("cell", new Json.StringValue(cell));
            members.put("embedding", new Json.IntegerValue(embedding));
            members.put("hidden", new Json.IntegerValue(hidden));
            members.put("layers", new Json.IntegerValue(layers));
            members.put("context", new Json.StringValue(word(context)));
            members.put("score", new Json.StringValue(word(score)));
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
                        one(Attention.Score.class, json.get("score")),
                        json.get("dropout").asDouble());
            } catch (IllegalArgumentException e) {
                throw json.malformed(e.getMessage());
            }
        }

        private static String word(Enum<?> constant) {
            return constant.name().toLowerCase(Locale.ROOT);
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

    /// A network that has yet to learn.
    public static Translator untrained(Settings settings, Tokenizer source, Tokenizer target) {
        return new Translator(settings, source, target, settings.network(source.size(), target.size()));
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
