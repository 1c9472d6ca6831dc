package dev.rondo.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.decode.Generator;
import dev.rondo.decode.Hypothesis;
import dev.rondo.decode.Search;
import dev.rondo.nn.Attention;
import dev.rondo.nn.Bridge;
import dev.rondo.nn.Decoder;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.Encoder;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Module;
import dev.rondo.nn.RNNBase;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.Seq2Seq;
import dev.rondo.onnx.graph.ElementType;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class Seq2SeqExportTest {
    private static final int START = 1;
    private static final int END = 2;
    private static final int LENGTH = 12;

    @TempDir
    private Path folder;

    /// A network to be.
    private record Kind(
            String name, Decoder.Context context, @Nullable Attention attention, boolean copies) {
        @Override
        public String toString() {
            return name;
        }
    }

    static List<Kind> kinds() {
        List<Kind> kinds = new ArrayList<>();
        for (Decoder.Context context : Decoder.Context.values()) {
            Attention.Score score = Attention.Score.values()[1 + context.ordinal() % 2];
            Attention attention = context.attends() ? Attention.of(score, 8, 10, 4) : null;
            kinds.add(new Kind(context.name(), context, attention, false));
        }
        Attention additive = Attention.additive(8, 10, 4);
        Attention general = Attention.general(8, 10);
        Attention scaled = Attention.scaled(8, 10, 4, 2);
        Decoder.Context after = Decoder.Context.ATTENTION;
        Decoder.Context fed = Decoder.Context.INPUT_FEEDING;
        Decoder.Context before = Decoder.Context.CONTEXT_FEEDING;
        kinds.add(new Kind("coverage and copies", after, additive.covering(), true));
        kinds.add(new Kind("coverage, fed", fed, additive.covering(), false));
        kinds.add(new Kind(
                "coverage, windows and copies, fed", before, additive.local(2).covering(), true));
        kinds.add(new Kind("dot, fed", fed, Attention.dot(8), false));
        kinds.add(new Kind("monotonic", after, general.monotonic(1), false));
        kinds.add(new Kind("monotonic and copies, fed", fed, general.monotonic(2), true));
        kinds.add(new Kind("heads", after, scaled, false));
        kinds.add(new Kind("heads, windows and copies, fed", before, scaled.local(2), true));
        kinds.add(new Kind("windows, fed", fed, general.local(1), false));
        return kinds;
    }

    /// A network, and what it is made of.
    private static List<Module> parts(Kind kind) {
        boolean isLstm = kind.context.ordinal() % 2 == 0;
        int width = kind.attention == null ? 5 : kind.attention.memorySize() / 2;
        Encoder encoder = new Encoder(
                new Embedding(11, 6),
                rnn(isLstm, Recurrence.of(6, width).layers(2).bidirectional()),
                0);
        Decoder decoder = new Decoder(
                new Embedding(9, 6),
                size -> rnn(isLstm, Recurrence.of(size, 8).layers(2)),
                kind.context,
                kind.attention,
                7,
                0,
                false,
                kind.copies ? new long[] {-1, 3, -1, 4, 8, 4, -1, 0, 7, 5, 2} : null);
        Bridge bridge = new Bridge(Bridge.Kind.LEARNED, encoder, decoder);
        Seq2Seq network = new Seq2Seq(encoder, bridge, decoder);
        network.initialize(21);
        return Stream.of(network, encoder, bridge, decoder, kind.attention)
                .filter(part -> part != null)
                .toList();
    }

    /// Whole networks, whose decoders are told the target.
    static List<RoundTrip> nets() {
        List<RoundTrip> nets = new ArrayList<>();
        for (Kind kind : kinds()) {
            List<Module> parts = parts(kind);
            Seq2Seq network = (Seq2Seq) parts.getFirst();
            Input source = Input.ids("source", "T", "N");
            Input target = Input.ids("target", "S", "N");
            nets.add(new RoundTrip(
                    kind.name,
                    Model.of(
                            List.of(source, Input.ids("lengths", "N"), target),
                            in -> Map.of(
                                    "logits", network.forward(in.get("source"), in.get("lengths"), in.get("target")))),
                    parts));
        }
        return nets;
    }

    @ParameterizedTest
    @MethodSource("nets")
    void givesTheSameThreeTimes(RoundTrip net) throws IOException {
        net.assertSame(folder);
    }

    /// The pair of files, driven step by step in ONNX Runtime, writes what the generator writes.
    @ParameterizedTest
    @MethodSource("kinds")
    void onnxRuntimeTranslatesAlike(Kind kind) throws IOException {
        Seq2Seq network = (Seq2Seq) parts(kind).getFirst();
        Decoder decoder = network.decoder();
        Seq2SeqExport.write(network, folder);

        List<long[]> sources = List.of(new long[] {4, 10, 3, 7, 0}, new long[] {5, 6, 7}, new long[] {9});
        try (Generator generator = new Generator(network, START, END)) {
            List<List<Hypothesis>> expected =
                    generator.generate(sources, Search.greedy().minLength(3).maxLength(LENGTH));
            long[][] actual = translate(decoder, sources);
            for (int n = 0; n < sources.size(); n++) {
                assertTrue(actual[n].length >= 3);
                assertArrayEquals(expected.get(n).getFirst().ids(), actual[n], kind + " source " + n);
            }
        }
    }

    private static RNNBase rnn(boolean isLstm, Recurrence recurrence) {
        return isLstm ? new LSTM(recurrence) : new GRU(recurrence);
    }

    private static Map<String, Tensor> run(Path file, Map<String, Tensor> inputs) throws IOException {
        Map<String, ElementType> types = new HashMap<>();
        inputs.forEach((name, tensor) ->
                types.put(name, tensor.type() == DataType.F32 ? ElementType.FLOAT : ElementType.INT64));
        return Comparison.onnxRuntime(Files.readAllBytes(file), inputs, types);
    }

    private long[][] translate(Decoder decoder, List<long[]> sources) throws IOException {
        int batch = sources.size();
        int longest = sources.stream().mapToInt(source -> source.length).max().orElseThrow();
        long[] padded = new long[longest * batch];
        long[] lengths = new long[batch];
        for (int n = 0; n < batch; n++) {
            lengths[n] = sources.get(n).length;
            for (int s = 0; s < lengths[n]; s++) {
                padded[s * batch + n] = sources.get(n)[s];
            }
        }
        Map<String, Tensor> state = new LinkedHashMap<>(run(
                folder.resolve(Seq2SeqExport.ENCODER),
                Map.of(
                        "source", Tensor.of(Shape.of(longest, batch), padded),
                        "lengths", Tensor.of(Shape.of(batch), lengths))));
        if (decoder.feedSize() > 0 && !state.containsKey("feed")) {
            state.put("feed", Tensor.allocate(Arena.ofAuto(), Shape.of(batch, decoder.feedSize()), DataType.F32));
        }
        Attention attention = decoder.attention();
        if (attention != null && (attention.isCovering() || attention.isMonotonic())) {
            Shape past = Shape.of(batch, attention.isCovering() ? longest : 1);
            state.put("past", Tensor.allocate(Arena.ofAuto(), past, DataType.F32));
        }
        List<List<Long>> written = new ArrayList<>();
        long[] ids = new long[batch];
        boolean[] done = new boolean[batch];
        for (int n = 0; n < batch; n++) {
            written.add(new ArrayList<>());
            ids[n] = START;
        }
        for (int t = 0; t < LENGTH - 1; t++) {
            state.put("ids", Tensor.of(Shape.of(batch), ids));
            Map<String, Tensor> outputs = run(folder.resolve(Seq2SeqExport.STEP), state);
            float[] logits = outputs.get("logits").toFloatArray();
            int classes = decoder.vocabulary();
            for (int n = 0; n < batch; n++) {
                ids[n] = best(logits, n * classes, classes, t >= 3);
                done[n] |= ids[n] == END;
                if (!done[n]) {
                    written.get(n).add(ids[n]);
                }
            }
            for (String name : List.of("h", "c", "feed", "past")) {
                if (outputs.containsKey("next_" + name)) {
                    state.put(name, outputs.get("next_" + name));
                }
            }
        }
        return written.stream()
                .map(one -> one.stream().mapToLong(id -> id).toArray())
                .toArray(long[][]::new);
    }

    private static int best(float[] logits, int from, int classes, boolean mayEnd) {
        int best = 0;
        for (int v = 0; v < classes; v++) {
            boolean allowed = v != START && (v != END || mayEnd);
            best = allowed && logits[from + v] > logits[from + best] ? v : best;
        }
        return best;
    }
}
