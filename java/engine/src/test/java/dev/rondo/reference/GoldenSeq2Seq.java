package dev.rondo.reference;

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
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/// The networks of the golden folders `seq2seq` and `beam`.
public final class GoldenSeq2Seq {
    private GoldenSeq2Seq() {}

    /// The network of a case, with its weights.
    public static Seq2Seq network(Golden golden) {
        int width = golden.number("embedding");
        int layers = golden.number("layers");
        Recurrence stack = Recurrence.of(width, golden.number("encoder")).layers(layers);
        boolean bidirectional = golden.setting("bidirectional").equals("True");
        Encoder encoder = new Encoder(
                new Embedding(golden.number("source"), width),
                rnn(golden, bidirectional ? stack.bidirectional() : stack),
                0);
        int hidden = golden.number("decoder");
        Decoder.Context context =
                Decoder.Context.valueOf(golden.setting("context").toUpperCase(Locale.ROOT));
        Attention.Score score = Attention.Score.valueOf(golden.setting("score").toUpperCase(Locale.ROOT));
        IntFunction<RNNBase> rnn =
                size -> rnn(golden, Recurrence.of(size, hidden).layers(layers));
        Decoder decoder = new Decoder(
                new Embedding(golden.number("target"), width),
                rnn,
                context,
                context.attends() ? attention(golden, score, hidden, encoder.outputSize()) : null,
                golden.number("readout"),
                0,
                false,
                copies(golden));
        Bridge.Kind kind = Bridge.Kind.valueOf(golden.setting("bridge").toUpperCase(Locale.ROOT));
        Seq2Seq network = new Seq2Seq(encoder, new Bridge(kind, encoder, decoder), decoder);
        Map<String, Tensor> weights = new LinkedHashMap<>();
        network.parameters().keySet().forEach(name -> weights.put(name, golden.tensor(name)));
        network.load(weights);
        return network;
    }

    private static Attention attention(Golden golden, Attention.Score score, int hidden, int memory) {
        Attention attention = Attention.of(score, hidden, memory, golden.number("attention"));
        if (golden.setting("monotonic") != null) {
            return attention.monotonic(golden.number("monotonic"));
        }
        return golden.setting("covers") != null ? attention.covering() : attention;
    }

    private static long @Nullable [] copies(Golden golden) {
        String list = golden.setting("copies"); // [-1, 3, …]
        return list == null
                ? null
                : Arrays.stream(list.substring(1, list.length() - 1).split(", "))
                        .mapToLong(Long::parseLong)
                        .toArray();
    }

    private static RNNBase rnn(Golden golden, Recurrence recurrence) {
        return golden.setting("kind").equals("LSTM") ? new LSTM(recurrence) : new GRU(recurrence);
    }
}
