package dev.rondo.op;

import dev.rondo.op.GeneralRecurrent.Functions;
import dev.rondo.program.Value;
import dev.rondo.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The steps of a [GeneralRecurrent] layer in one direction, with scratch memory of their own.
final class GeneralCell {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    /// What the steps read, in PyTorch's order of gates: i, f, g, o and r, z, n.
    ///
    /// @param state    (H, G*H), transposed so that a product runs along the gates
    /// @param bias     (G*H), of the recurrent product
    /// @param peephole (3, H) for the gates i, f, o, or zeros
    record Weights(int hidden, int gates, float[] state, float[] bias, float[] peephole) {
        static Weights of(Cell cell, Recurrent.Weights weights) {
            Tensor matrix = weights.stateWeight().constant();
            int rows = Math.toIntExact(matrix.shape().size(0));
            int hidden = Math.toIntExact(matrix.shape().size(1));
            float[] values = matrix.toFloatArray();
            float[] transposed = new float[values.length];
            for (int row = 0; row < rows; row++) {
                for (int k = 0; k < hidden; k++) {
                    transposed[k * rows + row] = values[row * hidden + k];
                }
            }
            return new Weights(
                    hidden,
                    cell.gates(),
                    transposed,
                    values(weights.stateBias(), rows),
                    values(weights.peepholeWeight(), 3 * hidden));
        }

        private static float[] values(@Nullable Value value, int count) {
            return value == null ? new float[count] : value.constant().toFloatArray();
        }
    }

    /// The memory of one run.
    ///
    /// @param projected the input's share of the gates (T, N, G*H)
    /// @param lengths   (N), or null where all sequences have T steps
    /// @param h0        (N, H), or null for zeros
    /// @param c0        (N, H), or null for zeros
    /// @param output    (T, N, H), in rows that are `stride` apart
    /// @param hN        (N, H)
    /// @param cN        (N, H), or null
    record Sequences(
            long steps,
            long batch,
            boolean reverse,
            MemorySegment projected,
            @Nullable MemorySegment lengths,
            @Nullable MemorySegment h0,
            @Nullable MemorySegment c0,
            MemorySegment output,
            long stride,
            MemorySegment hN,
            @Nullable MemorySegment cN) {}

    private final Cell cell;
    private final Weights weights;
    private final Functions functions;
    private final float clip;
    private final boolean coupled;
    private final int hidden;
    private final float[] h;
    private final float[] c;
    private final float[] given; // (G*H), the input's share
    private final float[] product; // (G*H), the state's share
    private final float[] reset; // (H), the state that a GRU's candidate reads
    private final float[] zeros;

    GeneralCell(Cell cell, Weights weights, Functions functions, float clip, boolean coupled) {
        this.cell = cell;
        this.weights = weights;
        this.functions = functions;
        this.clip = clip;
        this.coupled = coupled;
        this.hidden = weights.hidden();
        this.h = new float[hidden];
        this.c = new float[hidden];
        this.given = new float[weights.gates() * hidden];
        this.product = new float[weights.gates() * hidden];
        this.reset = new float[hidden];
        this.zeros = new float[hidden];
    }

    void run(Sequences s) {
        if (s.lengths() != null) {
            Lengths.check(s.lengths(), s.batch(), s.steps());
        }
        for (long n = 0; n < s.batch(); n++) {
            long length = s.lengths() == null ? s.steps() : s.lengths().getAtIndex(ValueLayout.JAVA_LONG, n);
            load(s.h0(), n, h);
            load(s.c0(), n, c);
            for (long i = 0; i < length; i++) {
                long row = (s.reverse() ? length - 1 - i : i) * s.batch() + n;
                MemorySegment.copy(s.projected(), F32, row * given.length * Float.BYTES, given, 0, given.length);
                step();
                store(h, s.output(), row * s.stride());
            }
            for (long t = length; t < s.steps(); t++) {
                store(zeros, s.output(), (t * s.batch() + n) * s.stride());
            }
            store(h, s.hN(), n * hidden);
            if (s.cN() != null) {
                store(c, s.cN(), n * hidden);
            }
        }
    }

    private void load(@Nullable MemorySegment states, long n, float[] into) {
        if (states == null) {
            Arrays.fill(into, 0);
        } else {
            MemorySegment.copy(states, F32, n * hidden * Float.BYTES, into, 0, hidden);
        }
    }

    private void store(float[] row, MemorySegment into, long at) {
        MemorySegment.copy(row, 0, into, F32, at * Float.BYTES, hidden);
    }

    private void step() {
        switch (cell) {
            case RNN_TANH, RNN_RELU, RNN_LOGISTIC -> stepOfRnn();
            case LSTM -> stepOfLstm();
            case GRU -> stepOfGru(false);
            case LBR_GRU -> stepOfGru(true);
            case AUGRU, LBR_AUGRU -> throw new IllegalStateException(cell + " is refused when a layer is made");
        }
    }

    /// `product[from..to) = state · weights + bias`
    private void multiply(float[] state, int from, int to) {
        System.arraycopy(weights.bias(), from, product, from, to - from);
        float[] matrix = weights.state();
        for (int k = 0; k < hidden; k++) {
            float factor = state[k];
            int row = k * product.length;
            for (int j = from; j < to; j++) {
                product[j] += factor * matrix[row + j];
            }
        }
    }

    private float clipped(float x) {
        return Math.max(-clip, Math.min(clip, x));
    }

    private void stepOfRnn() {
        multiply(h, 0, hidden);
        for (int j = 0; j < hidden; j++) {
            h[j] = functions.gates().of(clipped(given[j] + product[j]));
        }
    }

    private void stepOfLstm() {
        multiply(h, 0, 4 * hidden);
        float[] peephole = weights.peephole();
        for (int j = 0; j < hidden; j++) {
            float i = functions.gates().of(clipped(sum(0, j) + peephole[j] * c[j]));
            float f = coupled ? 1 - i : functions.gates().of(clipped(sum(1, j) + peephole[hidden + j] * c[j]));
            float g = functions.candidate().of(clipped(sum(2, j)));
            c[j] = f * c[j] + i * g;
            float o = functions.gates().of(clipped(sum(3, j) + peephole[2 * hidden + j] * c[j]));
            h[j] = o * functions.output().of(clipped(c[j]));
        }
    }

    private float sum(int gate, int unit) {
        return given[gate * hidden + unit] + product[gate * hidden + unit];
    }

    private void stepOfGru(boolean resetsProduct) {
        multiply(h, 0, (resetsProduct ? 3 : 2) * hidden);
        for (int j = 0; j < hidden; j++) {
            reset[j] = functions.gates().of(clipped(sum(0, j)));
        }
        if (resetsProduct) {
            for (int j = 0; j < hidden; j++) {
                product[2 * hidden + j] *= reset[j];
            }
        } else {
            for (int j = 0; j < hidden; j++) {
                reset[j] *= h[j];
            }
            multiply(reset, 2 * hidden, 3 * hidden);
        }
        for (int j = 0; j < hidden; j++) {
            float z = functions.gates().of(clipped(sum(1, j)));
            float n = functions.candidate().of(clipped(sum(2, j)));
            h[j] = (1 - z) * n + z * h[j];
        }
    }
}
