package dev.rondo.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.Input;
import dev.rondo.Model;
import dev.rondo.Session;
import dev.rondo.kernel.CellKernel;
import dev.rondo.op.CellStep;
import dev.rondo.program.Activation;
import dev.rondo.program.Merge;
import dev.rondo.program.PackedWeights;
import dev.rondo.program.Program;
import dev.rondo.program.Recorder;
import dev.rondo.program.Replay;
import dev.rondo.program.Value;
import dev.rondo.reference.Tolerance;
import dev.rondo.tensor.Shape;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Deep, bidirectional and look-ahead networks: what follows from their definitions, and gradients by differences.
class ArchitecturesTest {
    private static final int INPUT = 4;
    private static final int HIDDEN = 5;
    private static final int STEPS = 9;
    private static final int BATCH = 3;
    private static final Tolerance TOLERANCE = new Tolerance(2e-6);

    private static float[] random(long seed, int count) {
        return GradientCheck.random(seed, count).toFloatArray();
    }

    private static float[] run(Module module, int threads, Shape shape, float[] x) {
        String width = Long.toString(shape.size(2));
        try (Model model = Model.of(module, Input.floats("x", "T", "N", width));
                Session session = model.session(threads, shape)) {
            session.input().copyFrom(x);
            session.run();
            return session.output().toFloatArray();
        }
    }

    private static float[] run(Module module, float[] x) {
        return run(module, 1, Shape.of(x.length / (BATCH * INPUT), BATCH, INPUT), x);
    }

    private static float[] ragged(Module module, float[] x, long... lengths) {
        try (Model model = Model.of(module, Input.floats("x", "T", "N", "4"), Input.ids("lengths", "N"));
                Session session = model.session(Shape.of(STEPS, BATCH, INPUT), Shape.of(BATCH))) {
            session.input("x").copyFrom(x);
            session.input("lengths").copyFrom(lengths);
            session.run();
            return session.output().toFloatArray();
        }
    }

    private static void assertClose(String what, float[] expected, float[] actual) {
        double[] wide = new double[expected.length];
        Arrays.setAll(wide, i -> expected[i]);
        TOLERANCE.assertClose(what, wide, actual);
    }

    private static <M extends Module> M initialized(M module) {
        module.initialize(7);
        return module;
    }

    private static void copy(Module from, Module to, UnaryOperator<String> name) {
        Map<String, Tensor> weights = new HashMap<>();
        from.parameters().forEach((key, parameter) -> weights.put(name.apply(key), parameter.tensor()));
        to.load(weights);
    }

    /// A part of each step's rows.
    private static float[] columns(float[] y, int width, int from, int to) {
        float[] part = new float[y.length / width * (to - from)];
        for (int row = 0; row < y.length / width; row++) {
            System.arraycopy(y, row * width + from, part, row * (to - from), to - from);
        }
        return part;
    }

    @Test
    void transitionOfDepthOneIsTheOrdinaryRnn() {
        RNN rnn = initialized(new RNN(Recurrence.of(INPUT, HIDDEN), RNN.Nonlinearity.TANH));
        DeepTransition deep = new DeepTransition(INPUT, HIDDEN, 1);
        Map<String, Parameter> from = rnn.parameters();
        float[] bias = from.get("bias_ih_l0").tensor().toFloatArray();
        float[] other = from.get("bias_hh_l0").tensor().toFloatArray();
        for (int i = 0; i < HIDDEN; i++) {
            bias[i] += other[i];
        }
        deep.load(Map.of(
                "input.weight", from.get("weight_ih_l0").tensor(),
                "state.weight", from.get("weight_hh_l0").tensor(),
                "input.bias", Tensor.of(Shape.of(HIDDEN), bias)));
        float[] x = random(1, STEPS * BATCH * INPUT);
        assertClose("depth 1", run(rnn, x), run(deep, x));
    }

    @Test
    void gatedCellsAreTheLayersOfTheirKind() {
        float[] x = random(2, STEPS * BATCH * INPUT);
        LSTM lstm = initialized(new LSTM(INPUT, HIDDEN));
        LSTMCell lstmCell = new LSTMCell(INPUT, HIDDEN);
        copy(lstm, lstmCell, name -> name.replace("_l0", ""));
        assertClose("LSTM", run(lstm, x), run(lstmCell, x));
        GRU gru = initialized(new GRU(INPUT, HIDDEN));
        GRUCell gruCell = new GRUCell(INPUT, HIDDEN);
        copy(gru, gruCell, name -> name.replace("_l0", ""));
        assertClose("GRU", run(gru, x), run(gruCell, x));
    }

    /// Many rows, few steps and several threads take other ways than few rows and many steps.
    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void batchesGiveWhatTheirSequencesGiveAlone(int threads) {
        int many = 40;
        Module deep = initialized(new DeepTransition(INPUT, HIDDEN, 3, true, Activation.RELU));
        float[] x = random(3, STEPS * many * INPUT);
        float[] together = run(deep, threads, Shape.of(STEPS, many, INPUT), x);
        for (int n : new int[] {0, 17, 39}) {
            float[] own = new float[STEPS * INPUT];
            float[] expected = new float[STEPS * HIDDEN];
            for (int t = 0; t < STEPS; t++) {
                System.arraycopy(x, (t * many + n) * INPUT, own, t * INPUT, INPUT);
                System.arraycopy(together, (t * many + n) * HIDDEN, expected, t * HIDDEN, HIDDEN);
            }
            assertClose("sequence " + n, expected, run(deep, 1, Shape.of(STEPS, 1, INPUT), own));
            assertClose(
                    "its first steps",
                    Arrays.copyOf(expected, 2 * HIDDEN),
                    run(deep, 1, Shape.of(2, 1, INPUT), Arrays.copyOf(own, 2 * INPUT)));
        }
    }

    /// Threads share the sequences of a scan, or its units where there are fewer sequences.
    @ParameterizedTest
    @ValueSource(ints = {1, 4})
    void threadsShareScans(int batch) {
        int steps = 120;
        Module scan = initialized(new MinGRU(INPUT, 300));
        Shape shape = Shape.of(steps, batch, INPUT);
        float[] x = random(18, steps * batch * INPUT);
        assertClose("two threads", run(scan, 1, shape, x), run(scan, 2, shape, x));
    }

    private enum Network {
        CUSTOM(() -> new DeepTransition(
                INPUT,
                HIDDEN,
                new Sequential(new Linear(HIDDEN, 3), new Lambda(Functional::tanh), new Linear(3, HIDDEN)),
                true,
                Activation.TANH)),
        DEEP_GELU(() -> new DeepTransition(INPUT, HIDDEN, 2, true, Activation.ELU)),
        DOT(() -> new Sequential(
                new DeepTransition(INPUT, HIDDEN, 2), new Linear(HIDDEN, 6, true, Activation.TANH), new Linear(6, 2))),
        STACKED(() -> new Sequential(new DeepTransition(INPUT, HIDDEN, 2), new DeepTransition(HIDDEN, HIDDEN, 2))),
        RESIDUAL(() -> new Residual(new LSTMCell(INPUT, INPUT, true))),
        HIGHWAY(() -> new Highway(new GRUCell(INPUT, INPUT, true), INPUT)),
        DENSE(() -> new Sequential(
                new DenseConnection(new LSTM(INPUT, HIDDEN)), new DenseConnection(new GRU(INPUT + HIDDEN, 3)))),
        ZONEOUT(() -> new Zoneout(new LSTMCell(INPUT, HIDDEN), 0, 0)),
        CONCAT(() -> new Bidirectional(new LSTMCell(INPUT, HIDDEN), new LSTMCell(INPUT, HIDDEN), Merge.CONCAT)),
        PRODUCT(() -> new Bidirectional(new SRU(INPUT, HIDDEN), new SRU(INPUT, HIDDEN), Merge.PRODUCT)),
        RNN_MEAN(() -> new GRU(Recurrence.of(INPUT, HIDDEN).bidirectional(Merge.MEAN))),
        RNN_PRODUCT(() -> new LSTM(Recurrence.of(INPUT, HIDDEN).bidirectional(Merge.PRODUCT))),
        RNN_NONE(() -> new GRU(Recurrence.of(INPUT, HIDDEN).bidirectional(Merge.NONE))),
        LOOK_AHEAD(() -> new LookAhead(new LSTM(INPUT, HIDDEN), new LSTM(INPUT, HIDDEN), 3, 2)),
        WINDOW(() -> new LookAhead(new GRUCell(INPUT, HIDDEN), new GRUCell(INPUT, HIDDEN), 1, 2, Merge.SUM)),
        BATCH_FIRST(() -> new BatchFirst(new MinGRU(INPUT, HIDDEN)));

        private final Supplier<Module> maker;

        Network(Supplier<Module> maker) {
            this.maker = maker;
        }
    }

    @ParameterizedTest
    @EnumSource
    void gradientsAreTheDifferences(Network network) {
        Module module = initialized(network.maker.get());
        Map<String, Tensor> variables = new LinkedHashMap<>();
        module.parameters().forEach((name, parameter) -> variables.put(name, parameter.tensor()));
        variables.put("x", GradientCheck.random(4, 5, 2, INPUT));
        GradientCheck.checkDirections(network.name(), variables, in -> {
            Value y = module.forward(in.get("x"));
            return GradientCheck.dot(y, GradientCheck.random(5, y.shape().sizes()));
        });
    }

    @ParameterizedTest
    @EnumSource
    void nothingComesOfNothing(Network network) {
        Module module = network.maker.get();
        for (Shape shape : List.of(Shape.of(0, 2, INPUT), Shape.of(3, 0, INPUT))) {
            if (network == Network.BATCH_FIRST) {
                continue;
            }
            assertEquals(0, run(module, 1, shape, new float[0]).length, shape.toString());
        }
    }

    /// What kernels compute, and what the equations say, operation by operation.
    @ParameterizedTest
    @EnumSource
    void stepsAreTheirEquations(CellKernel cell) {
        int gates = cell.gates() * HIDDEN;
        Map<String, Tensor> variables = new LinkedHashMap<>();
        variables.put("share", GradientCheck.random(10, BATCH, gates));
        variables.put("product", GradientCheck.random(11, BATCH, gates));
        int states = cell == CellKernel.SLSTM ? 2 : 1;
        for (int i = 0; i < states; i++) {
            float[] state = random(12 + i, BATCH * HIDDEN);
            for (int j = 0; i == 1 && j < state.length; j++) {
                state[j] = 0.5f + Math.abs(state[j]); // a normalizer is positive
            }
            variables.put("state" + i, Tensor.of(Shape.of(BATCH, HIDDEN), state));
        }
        Map<String, float[]> expected = GradientCheck.gradients(
                variables,
                in -> total(CellEquations.step(cell, in.get("share"), in.get("product"), null, states(in, states))));
        Map<String, float[]> actual = GradientCheck.gradients(
                variables,
                in -> total(in.get("share")
                        .recorder()
                        .record(new CellStep(cell, in.get("share"), in.get("product"), null, states(in, states)))
                        .results()));
        expected.forEach((name, values) -> {
            double[] wide = new double[values.length];
            Arrays.setAll(wide, i -> values[i]);
            new Tolerance(1e-5).assertClose(cell + " " + name, wide, actual.get(name));
        });
    }

    private static List<Value> states(Map<String, Value> in, int count) {
        List<Value> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(in.get("state" + i));
        }
        if (count == 2) { // m counts as given
            all.add(in.get("state0").recorder().constant(GradientCheck.random(19, BATCH, HIDDEN)));
        }
        return all;
    }

    private static Value total(List<Value> results) {
        Value sum = GradientCheck.dot(results.getFirst(), GradientCheck.random(20, BATCH, HIDDEN));
        for (int i = 1; i < Math.min(3, results.size()); i++) {
            sum = Functional.add(sum, GradientCheck.dot(results.get(i), GradientCheck.random(20 + i, BATCH, HIDDEN)));
        }
        return sum;
    }

    @Test
    void mergesAgree() {
        float[] x = random(6, STEPS * BATCH * INPUT);
        Map<Merge, float[]> own = new HashMap<>();
        Map<Merge, float[]> wrapped = new HashMap<>();
        for (Merge merge : Merge.values()) {
            LSTM lstm = initialized(new LSTM(Recurrence.of(INPUT, HIDDEN).bidirectional(merge)));
            own.put(merge, run(lstm, x));
            Bidirectional both = new Bidirectional(new LSTM(INPUT, HIDDEN), new LSTM(INPUT, HIDDEN), merge);
            copy(
                    lstm,
                    both,
                    name -> name.endsWith("_reverse")
                            ? "backward.layer." + name.replace("_reverse", "")
                            : "forward." + name);
            wrapped.put(merge, run(both, x));
            assertClose(merge + " on two threads", wrapped.get(merge), run(both, 2, Shape.of(STEPS, BATCH, INPUT), x));
        }
        float[] ltr = columns(own.get(Merge.CONCAT), 2 * HIDDEN, 0, HIDDEN);
        float[] rtl = columns(own.get(Merge.CONCAT), 2 * HIDDEN, HIDDEN, 2 * HIDDEN);
        Map<Merge, float[]> expected = new HashMap<>();
        expected.put(Merge.CONCAT, own.get(Merge.CONCAT));
        expected.put(Merge.NONE, own.get(Merge.CONCAT));
        for (Merge merge : List.of(Merge.SUM, Merge.MEAN, Merge.PRODUCT)) {
            float[] joined = new float[ltr.length];
            for (int i = 0; i < joined.length; i++) {
                float sum = ltr[i] + rtl[i];
                joined[i] = merge == Merge.SUM ? sum : merge == Merge.MEAN ? sum / 2 : ltr[i] * rtl[i];
            }
            expected.put(merge, joined);
        }
        for (Merge merge : Merge.values()) {
            assertClose(merge.name(), expected.get(merge), own.get(merge));
            assertClose(merge + " of a wrapper", expected.get(merge), wrapped.get(merge));
        }
    }

    private static LookAhead lookAhead(Module bidirectional, int chunk, int context) {
        LookAhead layer = new LookAhead(new LSTM(INPUT, HIDDEN), new LSTM(INPUT, HIDDEN), chunk, context);
        copy(
                bidirectional,
                layer,
                name -> name.endsWith("_reverse") ? "backward." + name.replace("_reverse", "") : "forward." + name);
        return layer;
    }

    @Test
    void lookingAheadToTheEndIsBothDirections() {
        LSTM both = initialized(new LSTM(Recurrence.of(INPUT, HIDDEN).bidirectional()));
        float[] x = random(8, STEPS * BATCH * INPUT);
        float[] expected = run(both, x);
        assertClose("one chunk", expected, run(lookAhead(both, STEPS, 0), x));
        assertClose("chunks that see the end", expected, run(lookAhead(both, 2, STEPS), x));
        assertClose("windows", expected, run(lookAhead(both, 1, STEPS - 1), x));
    }

    @Test
    void lookingNowhereIsOneDirection() {
        LSTM both = initialized(new LSTM(Recurrence.of(INPUT, HIDDEN).bidirectional()));
        LSTM one = new LSTM(INPUT, HIDDEN);
        Map<String, Tensor> weights = new HashMap<>();
        one.parameters()
                .keySet()
                .forEach(name -> weights.put(name, both.parameters().get(name).tensor()));
        one.load(weights);
        float[] x = random(9, STEPS * BATCH * INPUT);
        float[] y = run(lookAhead(both, 1, 0), x);
        assertArrayEquals(run(one, x), columns(y, 2 * HIDDEN, 0, HIDDEN));
        float[] changed = x.clone();
        Arrays.fill(changed, 5 * BATCH * INPUT, changed.length, 0.5f); // from step 5 on
        float[] other = run(lookAhead(both, 1, 0), changed);
        int known = 5 * BATCH * 2 * HIDDEN;
        assertArrayEquals(Arrays.copyOf(y, known), Arrays.copyOf(other, known));
        assertNotEquals(y[known], other[known]);
    }

    /// A window of 2 steps: what lies 3 steps ahead changes nothing, what lies 2 steps ahead does.
    @Test
    void windowsEndWhereTheyShould() {
        LSTM both = initialized(new LSTM(Recurrence.of(INPUT, HIDDEN).bidirectional()));
        float[] x = random(13, STEPS * BATCH * INPUT);
        float[] changed = x.clone();
        Arrays.fill(changed, 6 * BATCH * INPUT, 7 * BATCH * INPUT, 3); // step 6
        float[] y = run(lookAhead(both, 1, 2), x);
        float[] other = run(lookAhead(both, 1, 2), changed);
        int row = BATCH * 2 * HIDDEN;
        assertArrayEquals(Arrays.copyOf(y, 4 * row), Arrays.copyOf(other, 4 * row));
        assertNotEquals(y[4 * row + HIDDEN], other[4 * row + HIDDEN]);
    }

    /// Padded sequences give what they give alone, and zeros behind their ends.
    @ParameterizedTest
    @EnumSource(
            value = Network.class,
            names = {"CUSTOM", "CONCAT", "ZONEOUT", "PRODUCT", "RESIDUAL"})
    void paddingDoesNotMatter(Network network) {
        Module module = initialized(network.maker.get());
        float[] x = random(14, STEPS * BATCH * INPUT);
        long[] lengths = {4, STEPS, 7};
        float[] y = ragged(module, x, lengths);
        int width = y.length / (STEPS * BATCH);
        for (int n = 0; n < BATCH; n++) {
            int length = (int) lengths[n];
            float[] own = new float[length * INPUT];
            float[] actual = new float[length * width];
            for (int t = 0; t < length; t++) {
                System.arraycopy(x, (t * BATCH + n) * INPUT, own, t * INPUT, INPUT);
                System.arraycopy(y, (t * BATCH + n) * width, actual, t * width, width);
            }
            assertClose("sequence " + n, run(module, 1, Shape.of(length, 1, INPUT), own), actual);
            for (int t = length; t < STEPS && network != Network.RESIDUAL; t++) {
                for (int i = 0; i < width; i++) {
                    assertEquals(0, y[(t * BATCH + n) * width + i], 0f, "padding");
                }
            }
        }
    }

    /// Inference takes what is to be expected; p = 0 is the cell itself.
    @Test
    void zoneoutKeepsPartOfTheState() {
        LSTMCell cell = initialized(new LSTMCell(INPUT, HIDDEN));
        float[] x = random(15, BATCH * INPUT);
        float[] y = run(cell, x);
        float[] kept = run(new Zoneout(cell, 0.25, 0.5), x); // from a state of zeros
        for (int i = 0; i < y.length; i++) {
            assertEquals(0.75f * y[i], kept[i], 1e-6f);
        }
        assertArrayEquals(y, run(new Zoneout(cell, 0, 0), x));
    }

    /// In training each element of the state is either what it was or what the cell makes of it.
    @Test
    void zoneoutChoosesInTraining() {
        LSTMCell cell = initialized(new LSTMCell(INPUT, HIDDEN));
        Zoneout zoneout = new Zoneout(cell, 0.5, 0);
        float[] x = random(16, BATCH * INPUT);
        float[] all = run(cell, x);
        Recorder recorder = new Recorder(true);
        recorder.output("y", zoneout.forward(recorder.constant(Tensor.of(Shape.of(1, BATCH, INPUT), x))));
        try (PackedWeights weights = new PackedWeights();
                Program program = recorder.finish(weights, 1);
                Arena arena = Arena.ofConfined();
                Replay replay = program.replay(arena)) {
            int kept = 0;
            for (int run = 0; run < 20; run++) {
                replay.run();
                float[] y = replay.outputs().get("y").toFloatArray();
                for (int i = 0; i < y.length; i++) {
                    kept += y[i] == 0 ? 1 : 0;
                    assertEquals(y[i] == 0 ? 0 : all[i], y[i], 1e-6f);
                }
            }
            double share = kept / (20.0 * all.length);
            assertEquals(0.5, share, 0.15);
        }
    }

    @Test
    void mistakesAreNamed() {
        assertThrows(IllegalArgumentException.class, () -> new DeepTransition(3, 4, 1, true, Activation.TANH));
        assertThrows(IllegalArgumentException.class, () -> new DeepTransition(3, 4, 0));
        assertThrows(IllegalArgumentException.class, () -> new SLSTMCell(3, 4, 3));
        assertThrows(IllegalArgumentException.class, () -> new Zoneout(new LSTMCell(3, 4), 0.5));
        assertThrows(IllegalArgumentException.class, () -> new Zoneout(new GRUCell(3, 4), 1));
        assertThrows(
                IllegalArgumentException.class, () -> new DeepTransitionCell(new GRUCell(3, 4), new LSTMCell(0, 4)));
        assertThrows(
                IllegalArgumentException.class, () -> new DeepTransitionCell(new GRUCell(3, 4), new GRUCell(4, 4)));
        assertThrows(IllegalArgumentException.class, () -> new IndRNN(3, 4, Activation.GELU));
        assertThrows(IllegalArgumentException.class, () -> new LookAhead(new LSTM(3, 4), new LSTM(3, 4), 0, 1));
        assertThrows(
                IllegalArgumentException.class,
                () -> Recurrence.of(3, 4).layers(2).bidirectional(Merge.NONE));
        float[] x = random(17, STEPS * BATCH * INPUT);
        IllegalArgumentException e =
                assertThrows(IllegalArgumentException.class, () -> run(new Residual(new LSTM(INPUT, HIDDEN)), x));
        assertEquals("Residual leads an input of shape [9, 3, 4] past a module that gives [9, 3, 5]", e.getMessage());
        assertThrows(
                IllegalArgumentException.class,
                () -> ragged(new LookAhead(new LSTM(INPUT, 2), new LSTM(INPUT, 2), 2, 1), x, 3, 4, 5));
    }
}
