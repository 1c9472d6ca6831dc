package dev.rondo.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.rondo.nn.Functional;
import dev.rondo.nn.LSTM;
import dev.rondo.nn.Losses;
import dev.rondo.nn.RNN;
import dev.rondo.nn.RNNBase;
import dev.rondo.nn.Recurrence;
import dev.rondo.program.Value;
import dev.rondo.reference.Tolerance;
import dev.rondo.tensor.DataType;
import dev.rondo.tensor.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Truncated back-propagation against its definition in plain loops.
class TruncationTest {
    private static final int I = 2;
    private static final int H = 3;
    private static final double RATE = 0.3;
    private static final Tolerance TOLERANCE = new Tolerance(2e-5);

    private static float[] random(Random random, int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /// `h' = tanh(W x + U h + b + c)` of one sample, its loss `sum (h - y)² / (k1 H)` over a window's steps, and
    /// descent.
    private static final class Definition {
        final double[] w;
        final double[] u;
        final double[] b;
        final double[] c;
        final double[] x;
        final double[] y;
        final Truncation truncation;
        double[] state = new double[H]; // before the first step of the next run

        Definition(RNN rnn, float[] x, float[] y, Truncation truncation) {
            this.w = values(rnn, "weight_ih_l0");
            this.u = values(rnn, "weight_hh_l0");
            this.b = values(rnn, "bias_ih_l0");
            this.c = values(rnn, "bias_hh_l0");
            this.x = wide(x);
            this.y = wide(y);
            this.truncation = truncation;
        }

        static double[] values(RNN rnn, String name) {
            return wide(rnn.parameters().get(name).tensor().toFloatArray());
        }

        static double[] wide(float[] values) {
            double[] wide = new double[values.length];
            Arrays.setAll(wide, i -> values[i]);
            return wide;
        }

        /// Learns run r, which reads steps `r k1` to `r k1 + max(k1, k2)`.
        double learn(int r) {
            int k1 = truncation.k1();
            int k2 = truncation.k2();
            int count = Math.max(k1, k2);
            double[][] h = new double[count + 1][];
            h[0] = state;
            for (int t = 0; t < count; t++) {
                h[t + 1] = new double[H];
                for (int i = 0; i < H; i++) {
                    double sum = b[i] + c[i];
                    for (int j = 0; j < I; j++) {
                        sum += w[i * I + j] * x[(r * k1 + t) * I + j];
                    }
                    for (int j = 0; j < H; j++) {
                        sum += u[i * H + j] * h[t][j];
                    }
                    h[t + 1][i] = Math.tanh(sum);
                }
            }
            double loss = 0;
            double[] dw = new double[w.length];
            double[] du = new double[u.length];
            double[] db = new double[H];
            double[] dh = new double[H];
            for (int t = count - 1; t >= 0; t--) {
                if ((count - 1 - t) % k2 == 0) {
                    Arrays.fill(dh, 0); // k2 steps from the end
                }
                double[] dz = new double[H];
                for (int i = 0; i < H; i++) {
                    double d = h[t + 1][i] - (t < count - k1 ? h[t + 1][i] : y[(r * k1 + t) * H + i]);
                    loss += d * d / (k1 * H);
                    dh[i] += 2 * d / (k1 * H);
                    dz[i] = dh[i] * (1 - h[t + 1][i] * h[t + 1][i]);
                    db[i] += dz[i];
                    for (int j = 0; j < I; j++) {
                        dw[i * I + j] += dz[i] * x[(r * k1 + t) * I + j];
                    }
                    for (int j = 0; j < H; j++) {
                        du[i * H + j] += dz[i] * h[t][j];
                    }
                }
                for (int j = 0; j < H; j++) {
                    dh[j] = 0;
                    for (int i = 0; i < H; i++) {
                        dh[j] += dz[i] * u[i * H + j];
                    }
                }
            }
            state = h[k1];
            descend(w, dw);
            descend(u, du);
            descend(b, db);
            descend(c, db);
            return loss;
        }

        static void descend(double[] p, double[] g) {
            for (int i = 0; i < p.length; i++) {
                p[i] -= RATE * g[i];
            }
        }
    }

    private static TrainingStep step(RNN rnn, Truncation truncation) {
        return TrainingStep.of(rnn, Optimizer.sgd(RATE))
                .input("x", Shape.of(truncation.inputSteps(), 1, I), DataType.F32)
                .input("y", Shape.of(truncation.k1(), 1, H), DataType.F32)
                .state("h", Shape.of(1, 1, H))
                .record(in -> {
                    Value h = truncation.forward(in, in.get("x"), List.of("h"), (x, states) -> {
                        RNNBase.Output y = rnn.forward(x, states.getFirst());
                        return new Truncation.Output(y.output(), List.of(y.hN()));
                    });
                    return Losses.mse(h, in.get("y"));
                });
    }

    @ParameterizedTest
    @CsvSource({"4, 4", "5, 2", "6, 3", "4, 1", "3, 4", "3, 7", "1, 5", "2, 4", "1, 1"})
    void runsEqualTheDefinition(int k1, int k2) {
        Truncation truncation = new Truncation(k1, k2);
        Random random = new Random(31L * k1 + k2);
        RNN rnn = new RNN(I, H);
        rnn.initialize(7);
        int runs = 4;
        int steps = (runs - 1) * k1 + truncation.inputSteps();
        float[] x = random(random, steps * I);
        float[] y = random(random, steps * H);
        Definition definition = new Definition(rnn, x, y, truncation);
        try (TrainingStep step = step(rnn, truncation)) {
            for (int r = 0; r < runs; r++) {
                int begin = r * k1;
                int end = begin + truncation.inputSteps();
                step.input("x").copyFrom(Arrays.copyOfRange(x, begin * I, end * I));
                step.input("y").copyFrom(Arrays.copyOfRange(y, (end - k1) * H, end * H));
                assertEquals(definition.learn(r), step.run(), 1e-5, "run " + r);
                TOLERANCE.assertClose(
                        "state " + r, definition.state, step.state("h").toFloatArray());
                TOLERANCE.assertClose("W " + r, definition.w, weights(rnn, "weight_ih_l0"));
                TOLERANCE.assertClose("U " + r, definition.u, weights(rnn, "weight_hh_l0"));
                TOLERANCE.assertClose("b " + r, definition.b, weights(rnn, "bias_ih_l0"));
                TOLERANCE.assertClose("c " + r, definition.c, weights(rnn, "bias_hh_l0"));
            }
        }
    }

    private static float[] weights(RNN rnn, String name) {
        return rnn.parameters().get(name).tensor().toFloatArray();
    }

    /// A window as long as the sequence is full back-propagation through time.
    @Test
    void aWindowOfTheWholeSequenceIsNotTruncated() {
        Recurrence recurrence = Recurrence.of(3, 5).layers(2);
        Shape xs = Shape.of(7, 2, 3);
        Shape ys = Shape.of(7, 2, 5);
        Random random = new Random(3);
        float[] x = random(random, 42);
        float[] y = random(random, 70);
        LSTM whole = new LSTM(recurrence);
        whole.initialize(1);
        LSTM window = new LSTM(recurrence);
        window.initialize(1);
        Truncation truncation = new Truncation(7, 7);
        try (TrainingStep full = TrainingStep.of(whole, Optimizer.sgd(1))
                        .input("x", xs, DataType.F32)
                        .input("y", ys, DataType.F32)
                        .record(in -> Losses.mse(whole.forward(in.get("x")), in.get("y")));
                TrainingStep step = TrainingStep.of(window, Optimizer.sgd(1))
                        .input("x", xs, DataType.F32)
                        .input("y", ys, DataType.F32)
                        .state("h", Shape.of(2, 2, 5))
                        .state("c", Shape.of(2, 2, 5))
                        .record(in -> Losses.mse(
                                truncation.forward(in, in.get("x"), List.of("h", "c"), (part, states) -> {
                                    RNNBase.Output o = window.forward(part, states.get(0), states.get(1));
                                    return new Truncation.Output(o.output(), List.of(o.hN(), o.cN()));
                                }),
                                in.get("y")))) {
            for (TrainingStep one : List.of(full, step)) {
                one.input("x").copyFrom(x);
                one.input("y").copyFrom(y);
            }
            assertEquals(full.run(), step.run(), 1e-6);
            whole.parameters()
                    .forEach((name, parameter) -> assertArrayEquals(
                            parameter.tensor().toFloatArray(),
                            window.parameters().get(name).tensor().toFloatArray(),
                            1e-6f,
                            name));
        }
    }

    @Test
    void noGradientPassesADetachedValue() {
        RNN rnn = new RNN(I, H);
        rnn.initialize(2);
        float[] before = weights(rnn, "weight_ih_l0");
        try (TrainingStep step = TrainingStep.of(rnn, Optimizer.sgd(1))
                .input("x", Shape.of(2, 1, I), DataType.F32)
                .record(in -> {
                    Value y = rnn.forward(in.get("x"));
                    return Losses.mse(rnn.forward(in.get("x").slice(0, 0, 1)), Functional.detach(y.slice(0, 1, 2)));
                })) {
            step.input("x").copyFrom(new float[] {0, 0, 1, 2}); // x reaches the weights only behind the cut
            step.run();
            assertArrayEquals(before, weights(rnn, "weight_ih_l0"));
        }
    }

    @Test
    void misusesAreNamed() {
        assertEquals(
                "backward length k2 0 is not positive",
                assertThrows(IllegalArgumentException.class, () -> new Truncation(3, 0))
                        .getMessage());
        RNN rnn = new RNN(I, H);
        TrainingStep.Builder builder =
                TrainingStep.of(rnn, Optimizer.sgd(1)).input("x", Shape.of(4, 1, I), DataType.F32);
        TrainingStep.Objective wrong = in -> new Truncation(3, 3)
                .forward(in, in.get("x"), List.of(), (x, _) -> new Truncation.Output(rnn.forward(x), List.of()));
        assertEquals(
                "TBPTT(3, 3) reads 3 steps at a time, not an input of shape [4, 1, 2]",
                assertThrows(IllegalArgumentException.class, () -> builder.record(wrong))
                        .getMessage());
    }
}
