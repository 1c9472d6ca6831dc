package dev.rondo.kernel;

import dev.rondo.program.Step;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A GRU with the reset gate applied before the recurrent product, sample by sample:
/// `u = σ(G_u + U_u h)`, `r = σ(G_r + U_r h)`, `o = tanh(G_o + U_o (r h))`, `h' = u h + (1 - u) o`, with `(1 - a) u` in
/// place of u where there is attention.
final class JavaGru implements Step {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    private final GruArguments arguments;
    private final int hidden;
    private final float[] state; // h
    private final float[] update; // u
    private final float[] reset; // r * h

    JavaGru(GruArguments arguments) {
        this.arguments = arguments;
        this.hidden = Math.toIntExact(arguments.hidden());
        this.state = new float[hidden];
        this.update = new float[hidden];
        this.reset = new float[hidden];
    }

    @Override
    public void run() {
        for (long n = 0; n < arguments.batch(); n++) {
            for (int i = 0; i < hidden; i++) {
                state[i] = arguments.srcIter().exists() ? arguments.srcIter().get(0, n, i) : 0;
            }
            for (long s = 0; s < arguments.steps(); s++) {
                step(arguments.reverse() ? arguments.steps() - 1 - s : s, n);
            }
            if (arguments.dstIter().exists()) {
                for (int i = 0; i < hidden; i++) {
                    arguments.dstIter().set(0, n, i, state[i]);
                }
            }
        }
    }

    private void step(long t, long n) {
        GruArguments.Strided gates = arguments.gates();
        float kept = arguments.attention().exists() ? 1 - arguments.attention().get(t, n, 0) : 1;
        for (int i = 0; i < hidden; i++) {
            update[i] = kept * logistic(gates.get(t, n, i) + product(i, state));
            reset[i] = logistic(gates.get(t, n, hidden + i) + product(hidden + i, state)) * state[i];
        }
        for (int i = 0; i < hidden; i++) {
            float candidate = (float) Math.tanh(gates.get(t, n, 2L * hidden + i) + product(2 * hidden + i, reset));
            float next = update[i] * state[i] + (1 - update[i]) * candidate;
            arguments.dstLayer().set(t, n, i, next);
        }
        for (int i = 0; i < hidden; i++) {
            state[i] = arguments.dstLayer().get(t, n, i);
        }
    }

    private float product(long row, float[] vector) {
        MemorySegment weights = arguments.weights();
        float sum = 0;
        for (int k = 0; k < hidden; k++) {
            sum += weights.getAtIndex(F32, row * hidden + k) * vector[k];
        }
        return sum;
    }

    private static float logistic(float x) {
        return (float) (1 / (1 + Math.exp(-x)));
    }
}
