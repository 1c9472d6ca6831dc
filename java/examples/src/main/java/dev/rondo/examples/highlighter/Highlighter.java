package dev.rondo.examples.highlighter;

import dev.rondo.format.Json;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Linear;
import dev.rondo.nn.Module;
import dev.rondo.nn.PackedSequence;
import dev.rondo.nn.Recurrence;
import dev.rondo.program.Value;
import java.util.Arrays;
import java.util.stream.Collectors;

/// The network that tells of every byte of Java source which [TokenClass] it is of: bytes (N, T) give scores
/// (N, T, 10).
final class Highlighter extends Module {
    private static final int BYTES = 256;
    private static final int EMBEDDING = 32;
    private static final int HIDDEN = 96;
    private static final int LAYERS = 2;
    private static final int CLASSES = TokenClass.values().length;

    private final Embedding embedding = register("embedding", new Embedding(BYTES, EMBEDDING));
    private final LSTM lstm = register(
            "lstm",
            new LSTM(Recurrence.of(EMBEDDING, HIDDEN)
                    .layers(LAYERS)
                    .bidirectional()
                    .batchFirst()));
    private final Linear linear = register("linear", new Linear(2 * HIDDEN, CLASSES));

    @Override
    public Value forward(Value ids) {
        return linear.forward(lstm.forward(embedding.forward(ids)));
    }

    /// Texts of unequal lengths.
    ///
    /// @param ids     (N, T); what the padding is does not matter
    /// @param lengths (N)
    Value forward(Value ids, Value lengths) {
        PackedSequence texts = new PackedSequence(embedding.forward(ids), lengths);
        return linear.forward(lstm.forward(texts, null, null).output());
    }

    /// The fields of `model.json` that describe this network.
    static Json.ObjectValue description() {
        String classes = Arrays.stream(TokenClass.values())
                .map(tokenClass -> '"' + tokenClass.word() + '"')
                .collect(Collectors.joining(", "));
        String description =
                """
                {
                  "name": "java-highlighter",
                  "input": {
                    "name": "ids", "dtype": "int64", "shape": ["N", "T"],
                    "content": "bytes of Java source, 0..255"
                  },
                  "output": {
                    "name": "logits", "dtype": "float32", "shape": ["N", "T", %d],
                    "content": "one score per class, highest wins"
                  },
                  "layers": [
                    {"name": "embedding", "type": "Embedding", "num_embeddings": %d, "embedding_dim": %d},
                    {
                      "name": "lstm", "type": "LSTM", "input_size": %d, "hidden_size": %d, "num_layers": %d,
                      "bidirectional": true, "batch_first": true
                    },
                    {"name": "linear", "type": "Linear", "in_features": %d, "out_features": %d}
                  ],
                  "classes": [%s]
                }
                """.formatted(CLASSES, BYTES, EMBEDDING, EMBEDDING, HIDDEN, LAYERS, 2 * HIDDEN, CLASSES, classes);
        return (Json.ObjectValue) Json.parse(description, "model.json");
    }
}
