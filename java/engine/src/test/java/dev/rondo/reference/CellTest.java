package dev.rondo.reference;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.rondo.reference.Cell.State;
import dev.rondo.reference.GruCell.Reset;
import dev.rondo.reference.RnnCell.Activation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The cells and variants PyTorch does not have, one step at a time, by what must hold between them and the others.
class CellTest {
    private static final long SEED = 20261;
    private static final int I = 5;
    private static final int H = 7;
    private static final int P = 3;
    private static final Tolerance ROUNDING = new Tolerance(1e-14);

    private final Samples samples = new Samples(SEED);
    private final double[] x = samples.vector(I);
    private final double[] h = samples.vector(H);
    private final double[] c = samples.vector(H);

    @Test
    void logisticRnnIsAHalvedTanh() {
        // σ(a) = (1 + tanh(a / 2)) / 2
        Weights w = samples.weights(1, I, H, H);
        Weights half = new Weights(
                1,
                scaled(w.weightIh(), 0.5),
                scaled(w.weightHh(), 0.5),
                scaled(w.biasIh(), 0.5),
                scaled(w.biasHh(), 0.5));
        double[] tanh = new RnnCell(Activation.TANH, half).step(x, state()).h();
        double[] expected = new double[H];
        for (int k = 0; k < H; k++) {
            expected[k] = (1 + tanh[k]) / 2;
        }
        same(
                "logistic",
                expected,
                new RnnCell(Activation.LOGISTIC, w).step(x, state()).h());
    }

    @Test
    void peepholesOfZeroChangeNothing() {
        LstmCell lstm = samples.lstm(I, H);
        same(
                "zero peepholes",
                lstm.step(x, state()),
                new LstmCell(lstm.weights(), new double[3][H], null).step(x, state()));
    }

    @Test
    void peepholesAreBiasesThatDependOnTheCellState() {
        LstmCell peephole = samples.lstm(I, H, true, 0);
        State expected = peephole.step(x, state());
        double[][] p = peephole.weightPeephole();
        double[] bias = peephole.weights().biasIh().clone();
        for (int k = 0; k < H; k++) {
            bias[k] += p[0][k] * c[k]; // i
            bias[H + k] += p[1][k] * c[k]; // f
            bias[3 * H + k] += p[2][k] * expected.c()[k]; // o
        }
        same("peepholes", expected, new LstmCell(withBiasIh(peephole.weights(), bias)).step(x, state()));
    }

    @Test
    void projectionByIdentityChangesNothing() {
        LstmCell plain = samples.lstm(I, H);
        same("identity", plain.step(x, state()), new LstmCell(plain.weights(), null, identity()).step(x, state()));
        LstmCell peephole = samples.lstm(I, H, true, 0);
        LstmCell both = new LstmCell(peephole.weights(), peephole.weightPeephole(), identity());
        same("identity with peepholes", peephole.step(x, state()), both.step(x, state()));
    }

    @Test
    void projectionMapsTheHiddenStateOnly() {
        // from h = 0, so that the recurrent weights, which differ in size, do not matter
        LstmCell projected = samples.lstm(I, H, true, P);
        Weights w = projected.weights();
        Weights square = new Weights(4, w.weightIh(), new double[4 * H][H], w.biasIh(), w.biasHh());
        State plain = new LstmCell(square, projected.weightPeephole(), null).step(x, new State(new double[H], c));
        State actual = projected.step(x, new State(new double[P], c));
        same("cell state", plain.c(), actual.c());
        for (int k = 0; k < P; k++) {
            double expected = 0;
            for (int j = 0; j < H; j++) {
                expected += projected.weightHr()[k][j] * plain.h()[j];
            }
            same("projected unit " + k, new double[] {expected}, new double[] {actual.h()[k]});
        }
    }

    @Test
    void whereTheResetIsDoesNotMatterWithoutRecurrenceIntoTheCandidate() {
        Weights w = samples.weights(3, I, H, H);
        double[][] weightHh = w.weightHh().clone();
        for (int k = 0; k < H; k++) {
            weightHh[GruCell.N * H + k] = new double[H];
        }
        sameForBothResets("U_n = 0", withWeightHh(w, weightHh, biasHhWithoutN(w)));
    }

    @Test
    void whereTheResetIsDoesNotMatterToADiagonal() {
        // U (r * h) = r * (U h) for a diagonal U
        Weights w = samples.weights(3, I, H, H);
        double[][] weightHh = w.weightHh().clone();
        for (int k = 0; k < H; k++) {
            double[] row = new double[H];
            row[k] = w.weightHh()[GruCell.N * H + k][k];
            weightHh[GruCell.N * H + k] = row;
        }
        sameForBothResets("diagonal U_n", withWeightHh(w, weightHh, biasHhWithoutN(w)));
    }

    @Test
    void whereTheResetIsDoesNotMatterToAnOpenGate() {
        Weights w = samples.weights(3, I, H, H);
        sameForBothResets("r = 1", withGateBias(w, GruCell.R, 1e9));
    }

    @Test
    void whereTheResetIsMattersOtherwise() {
        Weights w = samples.weights(3, I, H, H);
        double[] after = new GruCell(Reset.AFTER_PRODUCT, w).step(x, state()).h();
        double[] before = new GruCell(Reset.BEFORE_PRODUCT, w).step(x, state()).h();
        assertTrue(Tolerance.deviation(after, before) > 1e-3, message("deviation of the two resets"));
    }

    @ParameterizedTest
    @EnumSource(Reset.class)
    void attentionOfZeroChangesNothing(Reset reset) {
        GruCell augru = samples.augru(reset, I, H);
        double[] expected = new GruCell(reset, augru.weights()).step(x, state()).h();
        same("attention 0", expected, augru.step(x, 0, state()).h());
    }

    @ParameterizedTest
    @EnumSource(Reset.class)
    void attentionOfOneTakesTheCandidate(Reset reset) {
        // as does an update gate that is shut
        GruCell augru = samples.augru(reset, I, H);
        Weights shut = withGateBias(augru.weights(), GruCell.Z, -1e9);
        same(
                "attention 1",
                new GruCell(reset, shut).step(x, state()).h(),
                augru.step(x, 1, state()).h());
    }

    @ParameterizedTest
    @EnumSource(Reset.class)
    void attentionIsLinearInBetween(Reset reset) {
        // h' = n + (1 - a) z (h - n)
        GruCell augru = samples.augru(reset, I, H);
        double a = 0.3;
        double[] none = augru.step(x, 0, state()).h();
        double[] full = augru.step(x, 1, state()).h();
        double[] expected = new double[H];
        for (int k = 0; k < H; k++) {
            expected[k] = (1 - a) * none[k] + a * full[k];
        }
        same("attention " + a, expected, augru.step(x, a, state()).h());
    }

    @Test
    void attentionMustBeGiven() {
        GruCell augru = samples.augru(Reset.AFTER_PRODUCT, I, H);
        assertThrows(IllegalArgumentException.class, () -> augru.step(x, state()));
    }

    @Test
    void stepsLeaveTheStateAlone() {
        State before = state();
        State copy = new State(h.clone(), c.clone());
        samples.lstm(I, H, true, 0).step(x, before);
        samples.gru(Reset.BEFORE_PRODUCT, I, H).step(x, before);
        samples.rnn(Activation.RELU, I, H).step(x, before);
        same("state before the step", copy, before);
    }

    private State state() {
        return new State(h, c);
    }

    private void sameForBothResets(String what, Weights w) {
        double[] after = new GruCell(Reset.AFTER_PRODUCT, w).step(x, state()).h();
        same(what, after, new GruCell(Reset.BEFORE_PRODUCT, w).step(x, state()).h());
    }

    private static double[] biasHhWithoutN(Weights w) {
        double[] bias = w.biasHh().clone();
        for (int k = 0; k < H; k++) {
            bias[GruCell.N * H + k] = 0;
        }
        return bias;
    }

    private static Weights withWeightHh(Weights w, double[][] weightHh, double[] biasHh) {
        return new Weights(w.gates(), w.weightIh(), weightHh, w.biasIh(), biasHh);
    }

    private static Weights withBiasIh(Weights w, double[] biasIh) {
        return new Weights(w.gates(), w.weightIh(), w.weightHh(), biasIh, w.biasHh());
    }

    private static Weights withGateBias(Weights w, int gate, double value) {
        double[] bias = w.biasIh().clone();
        for (int k = 0; k < H; k++) {
            bias[gate * H + k] = value;
        }
        return withBiasIh(w, bias);
    }

    private static double[][] identity() {
        double[][] identity = new double[H][H];
        for (int k = 0; k < H; k++) {
            identity[k][k] = 1;
        }
        return identity;
    }

    private static double[][] scaled(double[][] matrix, double factor) {
        return ReferenceLayers.each(matrix, row -> scaled(row, factor));
    }

    private static double[] scaled(double[] vector, double factor) {
        double[] scaled = vector.clone();
        for (int k = 0; k < scaled.length; k++) {
            scaled[k] *= factor;
        }
        return scaled;
    }

    private static String message(String what) {
        return what + " (seed " + SEED + ")";
    }

    private static void same(String what, State expected, State actual) {
        same(what + ": h", expected.h(), actual.h());
        same(what + ": c", expected.c(), actual.c());
    }

    private static void same(String what, double[] expected, double[] actual) {
        ROUNDING.assertClose(message(what), expected, actual);
    }
}
