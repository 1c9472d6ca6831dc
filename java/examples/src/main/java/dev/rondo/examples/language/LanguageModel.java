package dev.rondo.examples.language;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Model.Network;
import dev.rondo.ModelFile;
import dev.rondo.StreamingSession;
import dev.rondo.examples.ModelFolder;
import dev.rondo.format.Json;
import dev.rondo.format.JsonField;
import dev.rondo.format.MalformedFileException;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.Functional;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.program.Value;
import dev.rondo.tensor.Shape;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// A trained language model, which writes text byte by byte.
///
/// {@snippet :
/// LanguageModel model = LanguageModel.read(folder);
/// model.generate("public class ".getBytes(UTF_8), 500, 0.7, 42, System.out);
/// }
///
/// Threads: any.
public final class LanguageModel {
    private final ByteFeatures features;
    private final Embedding embedding;
    private final LSTM lstm;
    private final Linear linear;

    private LanguageModel(ByteFeatures features, Embedding embedding, LSTM lstm, Linear linear) {
        this.features = features;
        this.embedding = embedding;
        this.lstm = lstm;
        this.linear = linear;
    }

    /// Reads a model that the recipe has written.
    ///
    /// @param file its folder, `model.json` or `.safetensors`
    /// @throws IOException            if a file cannot be read
    /// @throws MalformedFileException if it is no language model
    public static LanguageModel read(Path file) throws IOException {
        ModelFile model = ModelFile.read(file);
        JsonField known = model.description().find("features").orElseThrow(() -> noLanguageModel(file));
        Map<String, Module> layers = model.layers();
        if (layers.size() != 4
                || !(layers.get("embedding") instanceof Embedding embedding)
                || !(layers.get("lstm") instanceof LSTM lstm)
                || !(layers.get("linear") instanceof Linear linear)
                || lstm.recurrence().hiddenSizes().size() != 1
                || linear.parameters().get("weight").shape().size(0) != ByteNetwork.BYTES) {
            throw noLanguageModel(file);
        }
        int rows = Math.toIntExact(embedding.parameters().get("weight").shape().size(0));
        try {
            return new LanguageModel(new ByteFeatures(known.get("orders").asInt(), rows), embedding, lstm, linear);
        } catch (IllegalArgumentException e) {
            throw known.malformed(e.getMessage());
        }
    }

    /// Writes a model.
    ///
    /// @param bits per byte of the texts that were held out
    static void write(Path folder, LanguageModelRecipe.Settings settings, ByteNetwork network, double bits)
            throws IOException {
        ByteFeatures features = new ByteFeatures(settings.orders(), settings.rows());
        String description = """
                {
                  "name": "language-model",
                  "input": {"name": "ids", "dtype": "int64", "shape": ["N", "T", %7$d]},
                  "output": {"name": "logits", "dtype": "float32", "shape": ["N", "T", 256]},
                  "outputs": {"hn": "lstm.hn", "cn": "lstm.cn"},
                  "layers": [
                    {"name": "embedding", "type": "Embedding", "num_embeddings": %2$d, "embedding_dim": %3$d},
                    {"name": "features", "type": "Flatten", "start_dim": 2},
                    {"name": "lstm", "type": "LSTM", "input_size": %6$d, "hidden_size": %4$d, "batch_first": true},
                    {"name": "linear", "type": "Linear", "in_features": %4$d, "out_features": 256}
                  ],
                  "features": {"type": "hashed n-grams of the last bytes, and repeats", "orders": %1$d},
                  "held_out_bits_per_byte": %5$s
                }
                """.formatted(
                        features.orders(),
                        features.rows(),
                        settings.width(),
                        settings.hidden(),
                        bits,
                        features.count() * settings.width(),
                        features.count());
        ModelFolder.write(folder, (Json.ObjectValue) Json.parse(description, "model.json"), network);
    }

    private static MalformedFileException noLanguageModel(Path file) {
        return new MalformedFileException(file.toString(), "is no language model, which train language-model makes");
    }

    /// Writes text.
    ///
    /// @param prompt      what the text begins with; it is not written
    /// @param length      bytes to write
    /// @param temperature how bold to be: 0 for the likeliest byte always, 1 for what was learned
    /// @param seed        of what is drawn; the same seed gives the same text
    /// @param out         takes the bytes one by one
    /// @throws IOException if they cannot be written
    public void generate(byte[] prompt, int length, double temperature, long seed, OutputStream out)
            throws IOException {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        byte[] text = Arrays.copyOf(prompt, prompt.length + length);
        Repeats repeats = new Repeats(text);
        long[] ids = new long[features.count()];
        Input input = Input.ids("ids", "1", "1", Integer.toString(ids.length));
        Network network = inputs -> {
            Value x = Functional.flatten(embedding.forward(inputs.get("ids")), 2);
            return Map.of("logits", linear.forward(lstm.forward(x)));
        };
        try (Model model = Model.of(List.of(input), network);
                StreamingSession session = model.stream(Shape.of(1, 1, ids.length))) {
            for (int position = 0; position < text.length; position++) {
                // What it has written itself is not looked up: it would soon write nothing else.
                int repeat = position > prompt.length ? 0 : repeats.guess();
                features.put(text, position, repeat, ids, 0);
                session.input().copyFrom(ids);
                session.step();
                if (position >= prompt.length) {
                    text[position] = (byte) draw(session.output().toFloatArray(), temperature, random);
                    out.write(text[position]);
                }
                repeats.advance();
            }
        }
    }

    /// Draws a byte with the probabilities `softmax(logits / temperature)`.
    static int draw(float[] logits, double temperature, RandomGenerator random) {
        int best = 0;
        for (int b = 1; b < logits.length; b++) {
            best = logits[b] > logits[best] ? b : best;
        }
        if (temperature == 0) {
            return best;
        }
        double[] weights = new double[logits.length];
        double sum = 0;
        for (int b = 0; b < logits.length; b++) {
            weights[b] = Math.exp((logits[b] - logits[best]) / temperature);
            sum += weights[b];
        }
        double left = random.nextDouble() * sum;
        for (int b = 0; b < logits.length; b++) {
            left -= weights[b];
            if (left < 0) {
                return b;
            }
        }
        return best; // rounding has left nothing for the last byte
    }
}
