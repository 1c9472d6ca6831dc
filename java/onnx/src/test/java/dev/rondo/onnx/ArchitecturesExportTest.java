package dev.rondo.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.nn.BatchFirst;
import dev.rondo.nn.Bidirectional;
import dev.rondo.nn.CoupledLSTMCell;
import dev.rondo.nn.DeepTransition;
import dev.rondo.nn.DeepTransitionCell;
import dev.rondo.nn.DenseConnection;
import dev.rondo.nn.GRU;
import dev.rondo.nn.GRUCell;
import dev.rondo.nn.Highway;
import dev.rondo.nn.IndRNN;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.LSTMCell;
import dev.rondo.nn.Lambda;
import dev.rondo.nn.Linear;
import dev.rondo.nn.LookAhead;
import dev.rondo.nn.LookAheadConvolution;
import dev.rondo.nn.MinGRU;
import dev.rondo.nn.MinLSTM;
import dev.rondo.nn.Module;
import dev.rondo.nn.QRNN;
import dev.rondo.nn.Recurrence;
import dev.rondo.nn.RecurrentCell;
import dev.rondo.nn.Residual;
import dev.rondo.nn.Reversed;
import dev.rondo.nn.SLSTMCell;
import dev.rondo.nn.SRU;
import dev.rondo.nn.Zoneout;
import dev.rondo.program.Activation;
import dev.rondo.program.Merge;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Deep, bidirectional and look-ahead networks, and cells that are stepped through: what ONNX has no operator for is
/// its Scan.
class ArchitecturesExportTest {
    private static final Input X = Input.floats("x", "T", "N", "4");

    @TempDir
    private Path folder;

    /// Layers by the names of their tests.
    private static Map<String, Module> layers() {
        Map<String, Module> layers = new LinkedHashMap<>();
        layers.put("LSTM cell", new LSTMCell(4, 5, false));
        layers.put("LSTM cell, normalized", new LSTMCell(4, 5, true));
        layers.put("GRU cell", new GRUCell(4, 5));
        layers.put("GRU cell, normalized", new GRUCell(4, 5, true));
        layers.put("coupled LSTM cell", new CoupledLSTMCell(4, 5));
        layers.put("sLSTM cell", new SLSTMCell(4, 5));
        layers.put("sLSTM cell of two heads", new SLSTMCell(4, 6, 2));
        layers.put("zoneout", new Zoneout(new LSTMCell(4, 5), 0.1, 0.2));
        layers.put("deep transition cell", new DeepTransitionCell(new GRUCell(4, 5), new GRUCell(0, 5)));
        layers.put("deep transition", new DeepTransition(4, 5, 3, true, Activation.TANH));
        layers.put(
                "deep transition by a network",
                new DeepTransition(4, 5, new Linear(5, 5, true, Activation.GELU), true, Activation.TANH));
        layers.put("SRU", new SRU(4, 5));
        layers.put("SRU as wide as its input", new SRU(4, 4));
        layers.put("QRNN", new QRNN(4, 5, 3));
        layers.put("IndRNN", new IndRNN(4, 5));
        layers.put("IndRNN, tanh", new IndRNN(4, 5, Activation.TANH));
        layers.put("MinGRU", new MinGRU(4, 5));
        layers.put("MinLSTM", new MinLSTM(4, 5));
        layers.put("reversed", new Reversed(new GRU(4, 3)));
        layers.put("reversed cell", new Reversed(new LSTMCell(4, 3, true)));
        for (Merge merge : Merge.values()) {
            layers.put("bidirectional, " + merge, new Bidirectional(new GRU(4, 3), new LSTMCell(4, 3), merge));
        }
        layers.put("residual", new Residual(new LSTM(4, 4)));
        layers.put("highway", new Highway(new GRUCell(4, 4), 4));
        layers.put("dense connection", new DenseConnection(new GRU(4, 3)));
        return layers;
    }

    static List<RoundTrip> nets() {
        List<RoundTrip> nets = new ArrayList<>();
        layers().forEach((name, layer) -> {
            nets.add(RoundTrip.chain(name, X, layer));
            nets.add(RoundTrip.ragged(name + ", lengths", X, layer));
        });
        nets.add(RoundTrip.chain("batch first", X, new BatchFirst(new GRU(4, 4))));
        nets.add(RoundTrip.chain("look-ahead convolution", X, new LookAheadConvolution(4, 2)));
        nets.add(RoundTrip.chain(
                "look-ahead of a fixed number of steps",
                Input.floats("x", "6", "2", "4"),
                new LookAhead(new GRU(4, 3), new LSTMCell(4, 3), 2, 1)));
        nets.add(RoundTrip.chain(
                "merges",
                X,
                new LSTM(Recurrence.of(4, 5).bidirectional(Merge.PRODUCT)),
                new LSTM(Recurrence.of(5, 5).bidirectional(Merge.MEAN)),
                new LSTM(Recurrence.of(5, 5).bidirectional(Merge.NONE))));
        nets.add(RoundTrip.chain("one step", Input.floats("x", "1", "N", "4"), new LSTMCell(4, 5), new SRU(5, 5)));
        nets.add(RoundTrip.chain(
                "cells one after the other",
                X,
                new SRU(4, 5),
                new LSTMCell(5, 4, true),
                new Lambda(x -> x),
                new Bidirectional(new QRNN(4, 3, 2), new MinGRU(4, 3), Merge.SUM)));
        RecurrentCell cell = new LSTMCell(4, 5);
        cell.initialize(RoundTrip.SEED);
        nets.add(new RoundTrip(
                "states of a cell",
                Model.of(List.of(X, Input.floats("h0", "N", "5"), Input.floats("c0", "N", "5")), in -> {
                    RecurrentCell.Output out = cell.forward(in.get("x"), List.of(in.get("h0"), in.get("c0")));
                    return Map.of(
                            "y",
                            out.output(),
                            "hn",
                            out.states().getFirst(),
                            "cn",
                            out.states().getLast());
                })));
        return nets;
    }

    @ParameterizedTest
    @MethodSource("nets")
    void givesTheSameThreeTimes(RoundTrip net) throws IOException {
        net.assertSame(folder);
    }

    @Test
    void chunksOfAnyNumberAreNamed() {
        RoundTrip net = RoundTrip.chain("net", X, new LookAhead(new GRU(4, 3), new GRU(4, 3), 2, 1));
        IllegalArgumentException e = assertThrows(
                IllegalArgumentException.class, () -> OnnxExport.write(net.model(), "net", folder.resolve("net.onnx")));
        assertEquals(
                "the model computes with numbers that follow from its inputs' sizes: give it inputs of fixed sizes",
                e.getMessage());
    }
}
