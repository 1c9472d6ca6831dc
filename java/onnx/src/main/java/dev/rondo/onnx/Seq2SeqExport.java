package dev.rondo.onnx;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.nn.Attention;
import dev.rondo.nn.Decoder;
import dev.rondo.nn.Seq2Seq;
import dev.rondo.program.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Writes an encoder and a decoder as two `.onnx` files, of which any runtime makes a translator: the encoder runs
/// once, the step once an id.
///
/// | file | reads | gives |
/// |---|---|---|
/// | `encoder.onnx` | `source` (S, N), `lengths` (N) | `h`, `c`, `feed`, `values`, `keys`, `mask`, `copies` |
/// | `decoder_step.onnx` | `ids` (N), `past`, what the encoder gives | `logits` (N, V), `weights` (N, 1, S), `next_` |
///
/// `h` and `c` are (L, N, H), `feed` (N, F), `past` (N, P), `mask` (N, 1, S), `copies` (N, S); `values` and `keys` are
/// laid out as [Attention.Memory] says. Networks have only those that they need: `c` with LSTMs, `values`, `keys`,
/// `mask` and `weights` with attention, `copies` where the decoder copies, `past` with coverage (P is S) and
/// monotonic windows (P is 1). The last column has every state as the next step reads it: `next_h`, `next_c`,
/// `next_feed`, `next_past`. `past`, and `feed` of input feeding, are zeros at first, and not among what the
/// encoder gives.
///
/// {@snippet :
/// Seq2SeqExport.write(network, folder);
/// }
public final class Seq2SeqExport {
    /// The encoder's file.
    public static final String ENCODER = "encoder.onnx";

    /// The file of a decoder's step.
    public static final String STEP = "decoder_step.onnx";

    private Seq2SeqExport() {}

    /// Writes both files; each appears as a whole or not at all.
    ///
    /// @throws IOException if a file cannot be written
    public static void write(Seq2Seq network, Path folder) throws IOException {
        Files.createDirectories(folder);
        try (Model encoder = Model.of(
                List.of(Input.ids("source", "S", "N"), Input.ids("lengths", "N")),
                inputs -> encoder(network, inputs.get("source"), inputs.get("lengths")))) {
            OnnxExport.write(encoder, "encoder", folder.resolve(ENCODER));
        }
        try (Model step = Model.of(stepInputs(network.decoder()), inputs -> step(network.decoder(), inputs))) {
            OnnxExport.write(step, "decoder_step", folder.resolve(STEP));
        }
    }

    private static Map<String, Value> encoder(Seq2Seq network, Value source, Value lengths) {
        Seq2Seq.Start start = network.encode(source, lengths);
        Map<String, Value> outputs = new LinkedHashMap<>();
        put(outputs, "h", start.state().h());
        put(outputs, "c", start.state().c());
        if (network.decoder().context() == Decoder.Context.EVERY_STEP) {
            put(outputs, "feed", start.state().feed());
        }
        if (start.memory() != null) {
            put(outputs, "values", start.memory().values());
            put(outputs, "keys", start.memory().keys());
            put(outputs, "mask", start.memory().mask());
            put(outputs, "copies", start.memory().copies());
        }
        return outputs;
    }

    private static List<Input> stepInputs(Decoder decoder) {
        String layers = Integer.toString(decoder.recurrence().hiddenSizes().size());
        String hidden = Integer.toString(decoder.recurrence().hiddenSizes().getFirst());
        List<Input> inputs = new ArrayList<>();
        inputs.add(Input.ids("ids", "N"));
        inputs.add(Input.floats("h", layers, "N", hidden));
        if (decoder.hasCellState()) {
            inputs.add(Input.floats("c", layers, "N", hidden));
        }
        if (decoder.feedSize() > 0) {
            inputs.add(Input.floats("feed", "N", Integer.toString(decoder.feedSize())));
        }
        Attention attention = decoder.attention();
        if (attention != null) {
            String memory = Integer.toString(attention.memorySize());
            String key = Integer.toString(attention.keySize() / attention.heads());
            String heads = Integer.toString(attention.heads());
            switch (attention.score()) {
                case DOT, GENERAL ->
                    inputs.addAll(
                            List.of(Input.floats("values", "N", "S", memory), Input.floats("keys", "N", key, "S")));
                case ADDITIVE ->
                    inputs.addAll(
                            List.of(Input.floats("values", "N", "S", memory), Input.floats("keys", "N", "S", key)));
                case SCALED ->
                    inputs.addAll(List.of(
                            Input.floats("values", "N", heads, "S", key), Input.floats("keys", "N", heads, key, "S")));
            }
            inputs.add(Input.floats("mask", "N", "1", "S"));
            if (attention.isCovering() || attention.isMonotonic()) {
                inputs.add(Input.floats("past", "N", attention.isCovering() ? "S" : "1"));
            }
            if (decoder.isCopying()) {
                inputs.add(Input.ids("copies", "N", "S"));
            }
        }
        return inputs;
    }

    private static Map<String, Value> step(Decoder decoder, Map<String, Value> inputs) {
        Value ids = inputs.get("ids");
        Decoder.State before =
                new Decoder.State(inputs.get("h"), inputs.get("c"), inputs.get("feed"), inputs.get("past"));
        Attention.Memory memory = inputs.containsKey("values")
                ? new Attention.Memory(
                        inputs.get("values"), inputs.get("keys"), inputs.get("mask"), inputs.get("copies"), false)
                : null;
        Decoder.Output output = decoder.forward(ids.unsqueeze(0), before, memory);
        Map<String, Value> outputs = new LinkedHashMap<>();
        put(outputs, "logits", output.logits().select(0, 0));
        put(outputs, "weights", output.weights());
        put(outputs, "next_h", output.state().h());
        put(outputs, "next_c", output.state().c());
        put(outputs, "next_feed", output.state().feed());
        put(outputs, "next_past", output.state().past());
        return outputs;
    }

    private static void put(Map<String, Value> outputs, String name, @Nullable Value value) {
        if (value != null) {
            outputs.put(name, value);
        }
    }
}
