package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.program.Gradients;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.reference.Golden;
import dev.rondo.reference.GoldenSeq2Seq;
import dev.rondo.reference.Tolerance;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import dev.rondo.train.Optimizer;
import dev.rondo.train.TrainingStep;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Encoder and decoder of every kind against PyTorch's.
class Seq2SeqTest {
    private static final Tolerance TOLERANCE = new Tolerance(2e-5);

    static List<String> cases() throws IOException {
        return Golden.list("seq2seq");
    }

    @Test
    void allCasesAreThere() throws IOException {
        assertEquals(13, cases().size());
    }

    /// Logits, loss and all gradients.
    @ParameterizedTest
    @MethodSource("cases")
    void gradientsEqualPyTorch(String name) throws IOException {
        Golden golden = Golden.read(name);
        Seq2Seq network = GoldenSeq2Seq.network(golden);
        Tensor source = golden.tensor("source");
        Recorder recorder = new Recorder(true);
        Decoder.Output taught = network.teach(
                recorder.constant(source),
                recorder.constant(golden.tensor("lengths")),
                recorder.constant(shifted(golden, 0)));
        Value loss = loss(
                golden,
                taught,
                recorder.constant(shifted(golden, 1)),
                recorder.constant(golden.tensor("target_lengths")));
        Gradients gradients = recorder.backward(loss);
        recorder.output("logits", taught.logits());
        recorder.output("loss", loss);
        network.parameters()
                .forEach((parameter, values) -> recorder.output(
                        "grad." + parameter, Functional.contiguous(gradients.of(recorder.weight(values.tensor())))));
        run(recorder).forEach((what, values) -> TOLERANCE.assertClose(name + " " + what, golden.values(what), values));
    }

    /// Cross entropy, and the coverage loss where the case has it.
    private static Value loss(Golden golden, Decoder.Output taught, Value target, Value lengths) {
        SequenceLosses losses = new SequenceLosses(lengths);
        Value loss = losses.crossEntropy(taught.logits(), target);
        String weight = golden.setting("coverage");
        return weight == null
                ? loss
                : Functional.add(
                        loss, Functional.multiply(losses.coverage(taught.weights()), Double.parseDouble(weight)));
    }

    private static Map<String, float[]> run(Recorder recorder) {
        try (PackedWeights packed = new PackedWeights();
                Program program = recorder.finish(packed, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            replay.run();
            Map<String, float[]> results = new LinkedHashMap<>();
            replay.outputs().forEach((what, tensor) -> results.put(what, tensor.toFloatArray()));
            return results;
        }
    }

    /// The target (T, N) without its last step, or without its first.
    private static Tensor shifted(Golden golden, int first) {
        Shape shape = golden.tensor("target").shape();
        int batch = Math.toIntExact(shape.size(1));
        int steps = Math.toIntExact(shape.size(0)) - 1;
        long[] all = golden.integers("target");
        return Tensor.of(Shape.of(steps, batch), Arrays.copyOfRange(all, first * batch, (first + steps) * batch));
    }

    /// Two whole steps: forward, backward, clipping by norm, SGD.
    @ParameterizedTest
    @MethodSource("cases")
    void trainingStepsEqualPyTorch(String name) throws IOException {
        Golden golden = Golden.read(name);
        Seq2Seq network = GoldenSeq2Seq.network(golden);
        Tensor target = shifted(golden, 1);
        try (TrainingStep step = TrainingStep.of(network, Optimizer.sgd(0.5))
                .input("source", golden.tensor("source").shape(), DataType.I64)
                .input("lengths", Shape.of(3), DataType.I64)
                .input("behind", target.shape(), DataType.I64)
                .input("target", target.shape(), DataType.I64)
                .input("target_lengths", Shape.of(3), DataType.I64)
                .clipNorm(0.5)
                .record(in -> loss(
                        golden,
                        network.teach(in.get("source"), in.get("lengths"), in.get("behind")),
                        in.get("target"),
                        in.get("target_lengths")))) {
            for (String input : List.of("source", "lengths", "target_lengths")) {
                step.input(input).copyFrom(golden.integers(input));
            }
            step.input("behind").copyFrom(shifted(golden, 0).toLongArray());
            step.input("target").copyFrom(target.toLongArray());
            assertEquals(golden.values("loss")[0], step.run(), 1e-5);
            assertEquals(golden.values("second_loss")[0], step.run(), 1e-5);
        }
        network.parameters()
                .forEach((parameter, values) -> TOLERANCE.assertClose(
                        name + " " + parameter,
                        golden.values("after." + parameter),
                        values.tensor().toFloatArray()));
    }

    /// A sequence in a batch gets what it gets alone, whatever stands in its padding.
    @ParameterizedTest
    @MethodSource("cases")
    void raggedSourcesAreReadAsIfAlone(String name) throws IOException {
        Golden golden = Golden.read(name);
        Seq2Seq network = GoldenSeq2Seq.network(golden);
        double[] together = golden.values("logits"); // (T, N, V)
        int classes = golden.number("target");
        int batch = 3;
        int steps = together.length / batch / classes;
        for (int n = 0; n < batch; n++) {
            int length = golden.lengths()[n];
            long[] ids = column(golden.integers("source"), batch, n, length);
            long[] behind = column(shifted(golden, 0).toLongArray(), batch, n, steps);
            Recorder recorder = new Recorder();
            recorder.output(
                    "logits",
                    network.forward(
                            recorder.constant(Tensor.of(Shape.of(length, 1), ids)),
                            null,
                            recorder.constant(Tensor.of(Shape.of(steps, 1), behind))));
            double[] expected = new double[steps * classes];
            for (int t = 0; t < steps; t++) {
                System.arraycopy(together, (t * batch + n) * classes, expected, t * classes, classes);
            }
            TOLERANCE.assertClose(name + " sample " + n, expected, run(recorder).get("logits"));
        }
    }

    private static long[] column(long[] all, int batch, int n, int steps) {
        long[] column = new long[steps];
        Arrays.setAll(column, t -> all[t * batch + n]);
        return column;
    }

    /// Without sampling it is teacher forcing; always sampling, the given ids but the first do not matter; and a
    /// share of samples in between is drawn anew by each run.
    @ParameterizedTest
    @MethodSource("cases")
    void scheduledSamplingReadsItsOwnIds(String name) throws IOException {
        Golden golden = Golden.read(name);
        Seq2Seq network = GoldenSeq2Seq.network(golden);
        long[] given = shifted(golden, 0).toLongArray();
        TOLERANCE.assertClose(
                name,
                golden.values("logits"),
                sampled(golden, network, given, 0).getFirst());
        float[] own = sampled(golden, network, given, 1).getFirst();
        long[] read = given.clone();
        int batch = 3;
        int classes = golden.number("target");
        for (int i = batch; i < read.length; i++) {
            int best = 0;
            for (int c = 1; c < classes; c++) {
                int from = (i - batch) * classes;
                best = own[from + c] > own[from + best] ? c : best;
            }
            read[i] = best;
        }
        assertArrayEquals(own, sampled(golden, network, read, 0).getFirst(), 1e-5f);
        List<float[]> half = sampled(golden, network, given, 0.5f);
        assertFalse(Arrays.equals(half.get(0), half.get(1)) && Arrays.equals(half.get(1), half.get(2)));
    }

    private static List<float[]> sampled(Golden golden, Seq2Seq network, long[] ids, float probability) {
        Recorder recorder = new Recorder();
        Seq2Seq.Start start =
                network.encode(recorder.constant(golden.tensor("source")), recorder.constant(golden.tensor("lengths")));
        Value read = recorder.constant(Tensor.of(Shape.of(ids.length / 3, 3), ids));
        Value p = recorder.constant(Tensor.of(Shape.of(), probability));
        recorder.output(
                "logits",
                network.decoder()
                        .sampled(read, start.state(), start.memory(), p, 7)
                        .logits());
        try (PackedWeights packed = new PackedWeights();
                Program program = recorder.finish(packed, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            List<float[]> runs = new ArrayList<>();
            for (int run = 0; run < 3; run++) {
                replay.run();
                runs.add(replay.outputs().get("logits").toFloatArray());
            }
            return runs;
        }
    }

    @Test
    void whatDoesNotFitIsNamed() {
        Encoder encoder =
                new Encoder(new Embedding(7, 3), new GRU(Recurrence.of(3, 4).bidirectional()), 0);
        Decoder decoder =
                new Decoder(new Embedding(7, 3), size -> new GRU(size, 4), Decoder.Context.INITIAL_STATE, null, 0, 0);
        assertEquals(
                "states of [4] in 2 directions cannot become, by CONCAT, those of [4]",
                assertThrows(IllegalArgumentException.class, () -> new Bridge(Bridge.Kind.CONCAT, encoder, decoder))
                        .getMessage());
        assertEquals(
                "ATTENTION needs attention",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new Decoder(
                                        new Embedding(7, 3),
                                        size -> new GRU(size, 4),
                                        Decoder.Context.ATTENTION,
                                        null,
                                        5,
                                        0))
                        .getMessage());
        assertEquals(
                "copying needs attention, which EVERY_STEP has not",
                assertThrows(IllegalArgumentException.class, () -> copying(Decoder.Context.EVERY_STEP, 3))
                        .getMessage());
        assertEquals(
                "id 1 cannot be copied as 7, which is none of 7 ids",
                assertThrows(IllegalArgumentException.class, () -> copying(Decoder.Context.ATTENTION, 7))
                        .getMessage());
        assertEquals(
                "an encoder needs layers of one width, with time first and without projection",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new Encoder(
                                        new Embedding(7, 3),
                                        new GRU(Recurrence.of(3, 4).batchFirst()),
                                        0))
                        .getMessage());
    }

    private static Decoder copying(Decoder.Context context, long copy) {
        Attention attention = context.attends() ? Attention.dot(4) : null;
        return new Decoder(
                new Embedding(7, 5), size -> new GRU(size, 4), context, attention, 5, 0, false, new long[] {-1, copy});
    }

    /// An id that has no chance by itself is written because the source has it.
    @Test
    void copiedIdsHaveTheProbabilityOfTheirSteps() {
        Encoder encoder = new Encoder(new Embedding(3, 5), new GRU(5, 4), 0);
        Decoder decoder = new Decoder(
                new Embedding(4, 5),
                size -> new GRU(size, 4),
                Decoder.Context.ATTENTION,
                Attention.dot(4),
                5,
                0,
                false,
                new long[] {3, -1, 1});
        Seq2Seq network = new Seq2Seq(encoder, new Bridge(Bridge.Kind.COPY, encoder, decoder), decoder);
        network.initialize(5);
        Map<String, Parameter> parameters = decoder.parameters();
        parameters.get("pointer.gate.weight").tensor().data().fill((byte) 0);
        parameters.get("pointer.gate.bias").tensor().copyFrom(new float[] {-1}); // g = 0.268941
        parameters.get("output.weight").tensor().data().fill((byte) 0);
        parameters.get("output.bias").tensor().copyFrom(new float[] {0, 0, -200, -200});
        Recorder recorder = new Recorder();
        Decoder.Output taught = network.teach(
                recorder.constant(Tensor.of(Shape.of(4, 1), 2L, 0L, 2L, 1L)),
                null,
                recorder.constant(Tensor.of(Shape.of(1, 1), 0L)));
        recorder.output("logits", taught.logits());
        recorder.output("weights", taught.weights());
        Map<String, float[]> results = run(recorder);
        float[] a = results.get("weights");
        double g = 1 / (1 + Math.E);
        float[] expected = {
            (float) Math.log(g / 2),
            (float) Math.log(g / 2 + (1 - g) * (a[0] + a[2])),
            (float) Math.log(1e-30), // neither known nor in the source
            (float) Math.log((1 - g) * a[1])
        };
        assertArrayEquals(expected, results.get("logits"), 1e-4f);
    }

    /// What the readout makes of a memory before steps is what it makes of contexts after them; twice is no more.
    @Test
    void aMemoryMayBeReadBefore() {
        Decoder decoder = new Decoder(
                new Embedding(7, 5),
                size -> new GRU(size, 4),
                Decoder.Context.INPUT_FEEDING,
                Attention.general(4, 4),
                4,
                0);
        decoder.initialize(5);
        Recorder recorder = new Recorder();
        Value encoded =
                recorder.constant(Tensor.of(Shape.of(3, 1, 4), 1f, 2f, -1f, 0.5f, 0f, -2f, 1f, 3f, 2f, 1f, 0f, -1f));
        Value h = recorder.constant(Tensor.of(Shape.of(1, 1, 4), 0.1f, -0.2f, 0.3f, 0.4f));
        Value ids = recorder.constant(Tensor.of(Shape.of(2, 1), 3L, 1L));
        Attention.Memory memory =
                decoder.remember(encoded, null, recorder.constant(Tensor.of(Shape.of(3, 1), 0L, 1L, 2L)));
        Attention.Memory read = decoder.read(decoder.read(memory));
        recorder.output(
                "as it is",
                decoder.forward(ids, decoder.start(h, null, memory), memory).logits());
        recorder.output(
                "read", decoder.forward(ids, decoder.start(h, null, read), read).logits());
        Decoder other = copying(Decoder.Context.ATTENTION, 3);
        assertThrows(IllegalArgumentException.class, () -> other.forward(ids, other.start(h, null, read), read));
        Map<String, float[]> results = run(recorder);
        assertArrayEquals(results.get("as it is"), results.get("read"), 1e-6f);
    }

    @Test
    void theOutputLayerMayBeTheEmbedding() {
        Decoder decoder = new Decoder(
                new Embedding(7, 5),
                size -> new GRU(size, 4),
                Decoder.Context.ATTENTION,
                Attention.dot(4),
                5,
                0,
                true,
                null);
        assertArrayEquals(decoder.parameters().keySet().toArray(), new String[] {
            "embedding.weight",
            "rnn.weight_ih_l0",
            "rnn.weight_hh_l0",
            "rnn.bias_ih_l0",
            "rnn.bias_hh_l0",
            "readout.weight",
            "output.bias"
        });
    }
}
