package dev.rondo.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.nn.Dropout;
import dev.rondo.nn.Embedding;
import dev.rondo.nn.Functional;
import dev.rondo.nn.GRU;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Lambda;
import dev.rondo.nn.LayerNorm;
import dev.rondo.nn.Linear;
import dev.rondo.nn.PackedSequence;
import dev.rondo.nn.RNN;
import dev.rondo.nn.Recurrence;
import dev.rondo.op.MatMul;
import dev.rondo.program.Activation;
import dev.rondo.program.Merge;
import dev.rondo.program.Value;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Models of layers, written, run in ONNX Runtime, and read again: three times the same outputs.
class ExportTest {
    @TempDir
    private Path folder;

    static List<RoundTrip> chains() {
        Input x = Input.floats("x", "T", "N", "6");
        Input batchFirst = Input.floats("x", "N", "T", "6");
        Recurrence sizes = Recurrence.of(6, 5);
        List<RoundTrip> nets = new ArrayList<>();
        nets.add(RoundTrip.chain("LSTM", x, new LSTM(sizes)));
        nets.add(RoundTrip.chain(
                "stacked LSTM",
                batchFirst,
                new LSTM(sizes.layers(3).bidirectional().batchFirst())));
        nets.add(RoundTrip.chain("LSTM without bias", x, new LSTM(sizes.withoutBias())));
        nets.add(RoundTrip.chain("reversed LSTM", x, new LSTM(sizes.reversed())));
        nets.add(RoundTrip.chain("LSTM with peepholes", x, new LSTM(sizes.bidirectional(), true)));
        nets.add(RoundTrip.chain(
                "LSTM with a projection", x, new LSTM(sizes.bidirectional().projected(3))));
        nets.add(RoundTrip.chain(
                "stacked LSTM with a projection and peepholes",
                batchFirst,
                new LSTM(sizes.layers(2).projected(3).batchFirst(), true)));
        nets.add(RoundTrip.chain("summed GRU", x, new GRU(sizes.bidirectional(Merge.SUM))));
        nets.add(RoundTrip.chain("layers of two widths", x, new GRU(sizes.layers(List.of(4, 7)))));
        nets.add(RoundTrip.chain(
                "GRU of the paper", batchFirst, new GRU(sizes.batchFirst(), GRU.Reset.BEFORE_PRODUCT, false)));
        for (RNN.Nonlinearity nonlinearity : RNN.Nonlinearity.values()) {
            nets.add(RoundTrip.chain("RNN " + nonlinearity, x, new RNN(sizes.bidirectional(), nonlinearity)));
        }
        nets.add(RoundTrip.chain(
                "tagger",
                Input.ids("ids", "N", "T"),
                new Embedding(20, 6),
                new Dropout(0.5),
                new LSTM(sizes.bidirectional().batchFirst()),
                new LayerNorm(10),
                new Linear(10, 4, true, Activation.GELU),
                new Linear(4, 3, false, null),
                new Lambda(Functional::logSoftmax)));
        nets.add(RoundTrip.chain(
                "plain norm", x, new LayerNorm(6, 1e-3f, false, false), new Linear(6, 3, false, Activation.TANH)));
        nets.add(RoundTrip.chain("norm without bias", x, new LayerNorm(6, 1e-3f, true, false)));
        nets.add(RoundTrip.chain(
                "regularised",
                Input.ids("ids", "T", "N"),
                new Embedding(20, 6, 3, 0.1, RoundTrip.SEED),
                new Dropout(0.2, true),
                new LSTM(sizes.layers(2).lockedDropout(0.3).weightDrop(0.2)),
                new GRU(Recurrence.of(5, 4).layers(2).dropout(0.3))));
        for (Activation activation : Activation.values()) {
            nets.add(RoundTrip.chain(
                    activation.name(),
                    x,
                    new Lambda(value -> Functional.activation(Functional.sigmoid(value), activation))));
        }
        Embedding shared = new Embedding(20, 6);
        nets.add(
                RoundTrip.chain("tied weights", Input.ids("ids", "T", "N"), shared, new RNN(6, 6), new Linear(shared)));
        return nets;
    }

    static List<RoundTrip> functions() {
        List<RoundTrip> nets = new ArrayList<>();
        nets.add(RoundTrip.chain("last step", Input.floats("x", "T", "N", "6"), new Lambda(x -> {
            return x.slice(0, x.shape().size(0) - 2, x.shape().size(0)).select(0, 1);
        })));
        nets.add(RoundTrip.chain(
                "parts",
                Input.floats("x", "N", "T", "6"),
                new Lambda(x -> Functional.concat(
                        List.of(
                                x.slice(1, 1, 3).transpose(0, 1),
                                x.slice(1, 0, 2).transpose(0, 1)),
                        -1))));
        nets.add(RoundTrip.chain(
                "reshaped",
                Input.floats("x", "N", "T", "6"),
                new Lambda(x ->
                        x.reshape(x.shape().size(0), x.shape().size(1), 2, 3).permute(0, 2, 1, 3))));
        nets.add(RoundTrip.chain(
                "sums",
                Input.floats("x", "N", "T", "6"),
                new Lambda(x -> Functional.add(
                        Functional.sum(x, 1).reshape(x.shape().size(0), 1, 6),
                        Functional.multiply(Functional.sum(x), 0.1)))));
        nets.add(RoundTrip.chain(
                "means",
                Input.floats("x", "N", "T", "6"),
                new Lambda(x -> Functional.add(
                        Functional.mean(x, 1), Functional.mean(x, 2).slice(1, 0, 1)))));
        nets.add(RoundTrip.chain("arithmetic", Input.floats("x", "N", "6"), new Lambda(x -> {
            Value y = Functional.divide(Functional.subtract(x, Functional.square(x)), Functional.exp(x));
            return Functional.maximum(Functional.minimum(y, x), Functional.multiply(Functional.detach(x), y));
        })));
        nets.add(RoundTrip.chain("attention", Input.floats("x", "N", "T", "6"), new Lambda(x -> {
            Value scores = x.recorder().record(new MatMul(x, x.transpose(1, 2))).output();
            return x.recorder()
                    .record(new MatMul(Functional.softmax(scores), x))
                    .output();
        })));
        return nets;
    }

    static List<RoundTrip> several() {
        LSTM lstm = new LSTM(Recurrence.of(6, 5).layers(2).bidirectional());
        lstm.initialize(RoundTrip.SEED);
        Input x = Input.floats("x", "T", "N", "6");
        Input lengths = Input.ids("lengths", "N");
        List<RoundTrip> nets = new ArrayList<>();
        nets.add(new RoundTrip(
                "states",
                Model.of(List.of(x, Input.floats("h0", "4", "N", "5"), Input.floats("c0", "4", "N", "5")), in -> {
                    LSTM.Output out = lstm.forward(in.get("x"), in.get("h0"), in.get("c0"));
                    return Map.of("y", out.output(), "hn", out.hN(), "cn", out.cN());
                })));
        for (GRU.Reset reset : GRU.Reset.values()) {
            GRU augru = new GRU(Recurrence.of(6, 5).bidirectional(), reset, true);
            augru.initialize(RoundTrip.SEED);
            nets.add(new RoundTrip(
                    "attention, " + reset,
                    Model.of(List.of(x, Input.floats("a", "T", "N"), Input.floats("h0", "2", "N", "5")), in -> {
                        GRU.Output out = augru.forward(in.get("x"), in.get("h0"), in.get("a"));
                        return Map.of("y", out.output(), "hn", out.hN());
                    })));
        }
        nets.add(new RoundTrip("lengths", Model.of(List.of(x, lengths), in -> {
            LSTM.Output out = lstm.forward(new PackedSequence(in.get("x"), in.get("lengths")));
            Value mask = Functional.sequenceMask(in.get("lengths"), out.output().shape());
            return Map.of("y", out.output(), "hn", out.hN(), "cn", out.cN(), "mask", mask);
        })));
        nets.add(new RoundTrip("lengths of a module", Model.of(lstm, x, lengths)));
        LSTM projected = new LSTM(Recurrence.of(6, 5).bidirectional().projected(2), true);
        projected.initialize(RoundTrip.SEED);
        nets.add(new RoundTrip("lengths and a projection", Model.of(List.of(x, lengths), in -> {
            LSTM.Output out = projected.forward(new PackedSequence(in.get("x"), in.get("lengths")));
            return Map.of("y", out.output(), "hn", out.hN(), "cn", out.cN());
        })));
        GRU attended = new GRU(Recurrence.of(6, 5).bidirectional(), GRU.Reset.AFTER_PRODUCT, true);
        attended.initialize(RoundTrip.SEED);
        nets.add(new RoundTrip(
                "lengths and attention", Model.of(List.of(x, Input.floats("a", "T", "N"), lengths), in -> {
                    GRU.Output out =
                            attended.forward(new PackedSequence(in.get("x"), in.get("lengths")), null, in.get("a"));
                    return Map.of("y", out.output(), "hn", out.hN());
                })));
        nets.add(new RoundTrip("indices", Model.of(List.of(x, Input.ids("ids", "K")), in -> {
            return Map.of("y", Functional.indexSelect(in.get("x"), 1, in.get("ids")), "x again", in.get("x"));
        })));
        return nets;
    }

    @ParameterizedTest
    @MethodSource({"chains", "functions", "several"})
    void givesTheSameThreeTimes(RoundTrip net) throws IOException {
        net.assertSame(folder);
    }

    @Test
    void keepsOpenSizesAndNames() throws IOException {
        Path file = folder.resolve("net.onnx");
        RoundTrip net = RoundTrip.chain("tagger", Input.ids("ids", "N", "T"), new Embedding(9, 6), new Linear(6, 3));
        OnnxExport.write(net.model(), "tagger", Map.of("classes", "a b c"), file);

        OnnxModel read = OnnxModel.read(file);

        assertEquals("tagger", read.name());
        assertEquals(List.of(Input.ids("ids", "N", "T")), read.inputs());
        assertEquals(List.of("output"), read.outputs());
        assertEquals("a b c", read.metadata().get("classes"));
        assertEquals(Map.of("", 20L), read.opsets());
    }

    @Test
    void refusesWhatDependsOnSizes() {
        Path file = folder.resolve("net.onnx");
        RoundTrip counted = RoundTrip.chain(
                "counted",
                Input.floats("x", "T", "N", "6"),
                new Lambda(
                        value -> Functional.multiply(value, 2.0 + value.shape().size(0))));

        assertTrue(assertThrows(IllegalArgumentException.class, () -> OnnxExport.write(counted.model(), "n", file))
                .getMessage()
                .contains("sizes"));
        assertFalse(Files.exists(file));
    }
}
