package dev.rondo.kernel;

import dev.rondo.kernel.RecurrentArguments.Strided;
import dev.rondo.program.Activation;
import dev.rondo.program.Step;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// A scan in Java, for builds without native code.
record JavaScan(ScanKernel kernel, boolean isBackward, ScanArguments a, long fromRow, long toRow, long from, long to)
        implements Step {
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT;

    @Override
    public void run() {
        for (long n = fromRow; n < toRow; n++) {
            for (long i = from; i < to; i++) {
                if (isBackward) {
                    backward(n, i);
                } else {
                    forward(n, i);
                }
            }
        }
    }

    private void forward(long n, long i) {
        float h = initial(n, i);
        for (long t = 0; t < a.steps(); t++) {
            float x = get(a.x(), t, n, i);
            if (kernel == ScanKernel.GATED) {
                float f = kept(h, t, n, i);
                h = f * h + (1 - f) * activate(x);
            } else {
                h = activate(x + weight(i) * h);
            }
            a.dst().setAtIndex(F32, at(t, n, i), h);
        }
    }

    private void backward(long n, long i) {
        float later = 0; // what the state gets from the step after
        float ofWeight = 0;
        for (long t = a.steps() - 1; t >= 0; t--) {
            long at = at(t, n, i);
            float h = t > 0 ? a.dst().getAtIndex(F32, at(t - 1, n, i)) : initial(n, i);
            float d = a.diffDst().getAtIndex(F32, at) + later;
            if (kernel == ScanKernel.GATED) {
                float x = activate(get(a.x(), t, n, i));
                float f = kept(h, t, n, i);
                float ofGate = d * (a.update() ? x - h : h - x) * f * (1 - f);
                a.diffX().setAtIndex(F32, at, d * (1 - f) * slope(x));
                a.diffGate().setAtIndex(F32, at, ofGate);
                later = d * f + ofGate * weight(i);
                ofWeight += ofGate * h;
            } else {
                d *= slope(a.dst().getAtIndex(F32, at));
                a.diffX().setAtIndex(F32, at, d);
                later = d * weight(i);
                ofWeight += d * h;
            }
        }
        a.diffSrc().setAtIndex(F32, n * a.hidden() + i, later);
        if (isThere(a.diffWeight())) {
            a.diffWeight().setAtIndex(F32, n * a.hidden() + i, ofWeight);
        }
    }

    private float kept(float h, long t, long n, long i) {
        float f = (float) (1 / (1 + Math.exp(-(get(a.gate(), t, n, i) + weight(i) * h))));
        return a.update() ? 1 - f : f;
    }

    private float activate(float x) {
        return a.activation() == null ? x : a.activation() == Activation.TANH ? (float) Math.tanh(x) : Math.max(x, 0);
    }

    private float slope(float y) {
        return a.activation() == null ? 1 : a.activation() == Activation.TANH ? 1 - y * y : y > 0 ? 1 : 0;
    }

    private float weight(long i) {
        return isThere(a.weight()) ? a.weight().getAtIndex(F32, i) : 0;
    }

    private float initial(long n, long i) {
        return isThere(a.src()) ? a.src().getAtIndex(F32, n * a.hidden() + i) : 0;
    }

    private long at(long t, long n, long i) {
        return (t * a.batch() + n) * a.hidden() + i;
    }

    private float get(Strided array, long t, long n, long i) {
        return array.data().getAtIndex(F32, (t * a.batch() + n) * array.sample() + i);
    }

    private static boolean isThere(MemorySegment array) {
        return array.address() != 0;
    }
}
