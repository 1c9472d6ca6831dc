package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.op.Parents;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Sequences that go on from rows of others give what they would with copies of these rows.
class ParentsTest {
    private static final int N = 9;
    private static final int H = 19;
    private static final int E = 5;
    private static final int FED = 7;
    private static final int IDS = 11;
    private static final long[] PARENTS = {3, 3, 0, 8, 3, 0, 5, 8, 1};

    private static RNNBase network(String kind) {
        Recurrence recurrence = Recurrence.of(E + FED, H).layers(2);
        RNNBase network = switch (kind) {
            case "LSTM" -> new LSTM(recurrence);
            case "GRU" -> new GRU(recurrence);
            default -> new RNN(recurrence, RNN.Nonlinearity.RELU);
        };
        network.initialize(5);
        return network;
    }

    /// The output and final states of a step.
    private static Map<String, Tensor> run(String kind, boolean tables, boolean gathered, int threads, long[] parents) {
        RNNBase network = network(kind);
        Embedding embedding = new Embedding(IDS, E);
        embedding.initialize(6);
        Recorder recorder = new Recorder();
        if (tables) {
            recorder.keepTables();
        }
        Value ids = recorder.input("ids", Shape.of(1, N), DataType.I64);
        Value fed = recorder.input("fed", Shape.of(1, N, FED), DataType.F32);
        Value h = recorder.input("h", Shape.of(N, 2, H), DataType.F32).transpose(0, 1);
        Value c = kind.equals("LSTM")
                ? recorder.input("c", Shape.of(N, 2, H), DataType.F32).transpose(0, 1)
                : null;
        Value numbers = recorder.input("parents", Shape.of(N), DataType.I64);
        EmbeddedIds x = EmbeddedIds.of(embedding, new Dropout(0), ids);
        RNNBase.Output found = gathered
                ? network.record(
                        x,
                        Functional.indexSelect(fed, 1, numbers),
                        null,
                        Functional.indexSelect(h, 1, numbers),
                        c == null ? null : Functional.indexSelect(c, 1, numbers),
                        null)
                : network.record(x, fed, null, h, c, numbers);
        recorder.output("output", found.output());
        recorder.output("hN", found.hN());
        if (c != null) {
            recorder.output("cN", found.cN());
        }
        Random random = new Random(7);
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, threads);
                Arena arena = Arena.ofShared();
                Replay replay = program.replay(arena)) {
            for (String name : List.of("fed", "h", "c")) {
                Tensor input = replay.inputs().get(name);
                if (input != null) {
                    float[] values = new float[(int) input.shape().elements()];
                    for (int i = 0; i < values.length; i++) {
                        values[i] = random.nextFloat(-1, 1);
                    }
                    input.copyFrom(values);
                }
            }
            replay.inputs().get("ids").copyFrom(random.longs(N, 0, IDS).toArray());
            replay.inputs().get("parents").copyFrom(parents);
            replay.run();
            return replay.outputs().entrySet().stream()
                    .collect(Collectors.toMap(
                            Map.Entry::getKey,
                            entry -> Tensor.of(
                                    entry.getValue().shape(), entry.getValue().toFloatArray())));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "LSTM, true, 1",
        "LSTM, false, 1",
        "LSTM, true, 2",
        "GRU, true, 1",
        "GRU, false, 2",
        "RNN, true, 1",
        "RNN, false, 1"
    })
    void equalsCopiesOfRows(String kind, boolean tables, int threads) {
        Map<String, Tensor> expected = run(kind, tables, true, threads, PARENTS);
        run(kind, tables, false, threads, PARENTS)
                .forEach((name, tensor) -> assertArrayEquals(
                        expected.get(name).toFloatArray(), tensor.toFloatArray(), 2e-6f, kind + " " + name));
    }

    @Test
    void rowsThatAreNotThereAreRefused() {
        Assumptions.assumeTrue(Parents.isAvailable());
        for (long row : new long[] {-1, N, Long.MAX_VALUE}) {
            long[] parents = PARENTS.clone();
            parents[4] = row;
            IllegalArgumentException e =
                    assertThrows(IllegalArgumentException.class, () -> run("LSTM", true, false, 1, parents));
            assertEquals("sequence 4 goes on from row " + row + ", which is none of " + N, e.getMessage());
        }
    }
}
