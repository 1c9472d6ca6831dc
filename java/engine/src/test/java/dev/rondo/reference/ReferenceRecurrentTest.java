package dev.rondo.reference;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.params.provider.Arguments.argumentSet;

import dev.rondo.reference.GruCell.Reset;
import dev.rondo.reference.ReferenceRecurrent.Direction;
import dev.rondo.reference.ReferenceRecurrent.Layer;
import dev.rondo.reference.ReferenceRecurrent.Result;
import dev.rondo.reference.RnnCell.Activation;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What must hold between runs over time, directions and layers, for every cell: all equalities are exact.
class ReferenceRecurrentTest {
    private static final long SEED = 20262;
    private static final int T = 6;
    private static final int N = 4;
    private static final int I = 5;
    private static final int H = 7;
    private static final int P = 3;
    private static final int[] LENGTHS = {3, 6, 1, 0};

    private final Samples samples = new Samples(SEED);
    private final double[][][] input = samples.cube(T, N, I);
    private final double[][] attention = samples.scores(T, N);

    static Stream<Arguments> cells() {
        Samples s = new Samples(SEED + 1);
        return Stream.of(
                argumentSet("RNN tanh", s.rnn(Activation.TANH, I, H), s.rnn(Activation.TANH, I, H)),
                argumentSet("RNN relu", s.rnn(Activation.RELU, I, H), s.rnn(Activation.RELU, I, H)),
                argumentSet("RNN logistic", s.rnn(Activation.LOGISTIC, I, H), s.rnn(Activation.LOGISTIC, I, H)),
                argumentSet("LSTM", s.lstm(I, H), s.lstm(I, H)),
                argumentSet("LSTM peephole", s.lstm(I, H, true, 0), s.lstm(I, H, true, 0)),
                argumentSet("LSTM projection", s.lstm(I, H, false, P), s.lstm(I, H, false, P)),
                argumentSet("LSTM both", s.lstm(I, H, true, P), s.lstm(I, H, true, P)),
                argumentSet("GRU", s.gru(Reset.AFTER_PRODUCT, I, H), s.gru(Reset.AFTER_PRODUCT, I, H)),
                argumentSet("GRU before", s.gru(Reset.BEFORE_PRODUCT, I, H), s.gru(Reset.BEFORE_PRODUCT, I, H)),
                argumentSet("AUGRU", s.augru(Reset.AFTER_PRODUCT, I, H), s.augru(Reset.AFTER_PRODUCT, I, H)),
                argumentSet("AUGRU before", s.augru(Reset.BEFORE_PRODUCT, I, H), s.augru(Reset.BEFORE_PRODUCT, I, H)));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void reverseIsForwardBackwards(Cell cell) {
        Result reverse = run(new Layer(Direction.REVERSE, cell), input, null);
        double[][] backwards = attention.clone();
        Arrays.setAll(backwards, t -> attention[T - 1 - t]);
        List<Layer> layers = List.of(new Layer(Direction.FORWARD, cell));
        Result forward = ReferenceRecurrent.run(
                layers, Values.reversed(input), states(layers, true), states(layers, false), null, backwards);
        same("output", forward.output(), Values.reversed(reverse.output()));
        same("hN", forward.hN(), reverse.hN());
        same("cN", forward.cN(), reverse.cN());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void fullLengthsChangeNothing(Cell forward, Cell reverse) {
        Layer layer = new Layer(Direction.CONCAT, forward, reverse);
        int[] full = {T, T, T, T};
        same("full lengths", run(layer, input, null), run(layer, input, full));
    }

    @ParameterizedTest
    @MethodSource("cells")
    void paddedSamplesAreAsTheyWouldBeAlone(Cell forward, Cell reverse) {
        List<Layer> layers = List.of(new Layer(Direction.CONCAT, forward, reverse));
        double[][][] h0 = states(layers, true);
        double[][][] c0 = states(layers, false);
        double[][][] padded = ReferenceLayers.each(input, double[]::clone);
        for (int n = 0; n < N; n++) {
            for (int t = LENGTHS[n]; t < T; t++) {
                Arrays.fill(padded[t][n], Double.NaN); // never read
            }
        }
        Result all = ReferenceRecurrent.run(layers, padded, h0, c0, LENGTHS, attention);
        for (int n = 0; n < N; n++) {
            int sample = n;
            double[][][] output = sample(all.output(), n);
            double[][][] padding = Arrays.copyOfRange(output, LENGTHS[n], T);
            same("padding of sample " + n, new double[T - LENGTHS[n]][1][output[0][0].length], padding);
            if (LENGTHS[n] == 0) {
                same("hN of the empty sample", sample(h0, n), sample(all.hN(), n));
                same("cN of the empty sample", sample(c0, n), sample(all.cN(), n));
                continue;
            }
            double[][][] own = Arrays.copyOf(sample(input, n), LENGTHS[n]);
            double[][] scores = Arrays.stream(attention)
                    .map(row -> new double[] {row[sample]})
                    .toArray(double[][]::new);
            Result alone = ReferenceRecurrent.run(layers, own, sample(h0, n), sample(c0, n), null, scores);
            same("output of sample " + n, alone.output(), Arrays.copyOf(output, LENGTHS[n]));
            same("hN of sample " + n, alone.hN(), sample(all.hN(), n));
            same("cN of sample " + n, alone.cN(), sample(all.cN(), n));
        }
    }

    @ParameterizedTest
    @MethodSource("cells")
    void directionsAreMerged(Cell forward, Cell reverse) {
        double[][][] f =
                run(new Layer(Direction.FORWARD, forward), input, LENGTHS).output();
        Layer both = new Layer(Direction.CONCAT, forward, reverse);
        double[][][] h0 = Arrays.copyOfRange(states(List.of(both), true), 1, 2); // the reverse cell's
        double[][][] c0 = Arrays.copyOfRange(states(List.of(both), false), 1, 2);
        List<Layer> alone = List.of(new Layer(Direction.REVERSE, reverse));
        double[][][] r =
                ReferenceRecurrent.run(alone, input, h0, c0, LENGTHS, attention).output();
        double[][][] concat = run(both, input, LENGTHS).output();
        double[][][] sum =
                run(new Layer(Direction.SUM, forward, reverse), input, LENGTHS).output();
        for (int t = 0; t < T; t++) {
            for (int n = 0; n < N; n++) {
                String at = " at step " + t + " of sample " + n;
                same("concat" + at, Values.concat(f[t][n], r[t][n]), concat[t][n]);
                same("sum" + at, Values.add(f[t][n], r[t][n]), sum[t][n]);
            }
        }
    }

    @Test
    void stacksOfUnequalLayersRunLayerByLayer() {
        Layer first = new Layer(Direction.CONCAT, samples.lstm(I, H, true, P), samples.lstm(I, 4));
        Layer second = new Layer(
                Direction.SUM, samples.gru(Reset.BEFORE_PRODUCT, P + 4, 6), samples.rnn(Activation.TANH, P + 4, 6));
        Layer third = new Layer(Direction.REVERSE, samples.lstm(6, 2));
        List<Layer> layers = List.of(first, second, third);
        double[][][] h0 = states(layers, true);
        double[][][] c0 = states(layers, false);
        Result all = ReferenceRecurrent.run(layers, input, h0, c0, LENGTHS, null);
        double[][][] x = input;
        int s = 0;
        for (Layer layer : layers) {
            int end = s + layer.cells().size();
            double[][][] h = Arrays.copyOfRange(h0, s, end);
            double[][][] c = Arrays.copyOfRange(c0, s, end);
            Result one = ReferenceRecurrent.run(List.of(layer), x, h, c, LENGTHS, null);
            same("hN from " + s, one.hN(), Arrays.copyOfRange(all.hN(), s, end));
            same("cN from " + s, one.cN(), Arrays.copyOfRange(all.cN(), s, end));
            x = one.output();
            s = end;
        }
        same("output", x, all.output());
    }

    @ParameterizedTest
    @MethodSource("cells")
    void noStatesAreZeros(Cell forward, Cell reverse) {
        List<Layer> layers = List.of(new Layer(Direction.CONCAT, forward, reverse));
        double[][][] h0 = new double[2][N][forward.outputSize()];
        double[][][] c0 = new double[2][N][forward.cellSize()];
        Result zeros = ReferenceRecurrent.run(layers, input, h0, c0, null, attention);
        same("no states", zeros, ReferenceRecurrent.run(layers, input, null, null, null, attention));
    }

    @Test
    void wrongSizesAreRefused() {
        List<Layer> lstm = List.of(new Layer(Direction.FORWARD, samples.lstm(I + 1, H)));
        assertThrows(IllegalArgumentException.class, () -> ReferenceRecurrent.run(lstm, input));
        List<Layer> augru = List.of(new Layer(Direction.FORWARD, samples.augru(Reset.AFTER_PRODUCT, I, H)));
        assertThrows(IllegalArgumentException.class, () -> ReferenceRecurrent.run(augru, input));
        Cell cell = samples.lstm(I, H);
        assertThrows(IllegalArgumentException.class, () -> new Layer(Direction.CONCAT, cell));
    }

    /// Runs a layer from the states of its size.
    private Result run(Layer layer, double[][][] x, int[] lengths) {
        List<Layer> layers = List.of(layer);
        return ReferenceRecurrent.run(layers, x, states(layers, true), states(layers, false), lengths, attention);
    }

    /// Initial states, the same for the same layers.
    private static double[][][] states(List<Layer> layers, boolean hidden) {
        List<Cell> cells =
                layers.stream().flatMap(layer -> layer.cells().stream()).toList();
        double[][][] states = new double[cells.size()][][];
        for (int s = 0; s < states.length; s++) {
            int size = hidden ? cells.get(s).outputSize() : cells.get(s).cellSize();
            states[s] = new Samples(SEED + 2 + s).matrix(N, size);
        }
        return states;
    }

    /// One sample of a sequence or of states. // (T, N, R) to (T, 1, R)
    private static double[][][] sample(double[][][] x, int n) {
        return Arrays.stream(x).map(rows -> new double[][] {rows[n]}).toArray(double[][][]::new);
    }

    private static void same(String what, Result expected, Result actual) {
        same(what + ": output", expected.output(), actual.output());
        same(what + ": hN", expected.hN(), actual.hN());
        same(what + ": cN", expected.cN(), actual.cN());
    }

    private static void same(String what, double[][][] expected, double[][][] actual) {
        same(what, Values.flat(expected), Values.flat(actual));
    }

    private static void same(String what, double[] expected, double[] actual) {
        Tolerance.EXACT.assertClose(what + " (seed " + SEED + ")", expected, actual);
    }
}
