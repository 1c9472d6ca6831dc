package dev.rondo.nn;

import dev.rondo.kernel.CellKernel;
import dev.rondo.op.CellStep.Norm;
import dev.rondo.op.LayerNorm;
import dev.rondo.program.Value;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Steps of gated cells as chains of operations: what [CellKernel] computes, for builds without native code and for
/// those who write networks down.
final class CellEquations {
    private CellEquations() {}

    static List<Value> step(CellKernel cell, Value share, Value product, @Nullable Norm norm, List<Value> states) {
        return switch (cell) {
            case LSTM -> lstm(gates(share, product, norm, 4), norm, states.getFirst());
            case GRU -> gru(share, product, norm, states.getFirst());
            case COUPLED_LSTM -> coupled(gates(share, product, null, 3), states.getFirst());
            case SLSTM -> slstm(gates(share, product, null, 4), states);
        };
    }

    /// The gates' arguments, (N, H) each.
    private static List<Value> gates(Value share, Value product, @Nullable Norm norm, int count) {
        Value p = norm == null ? product : normalized(product, norm.gain(), norm.shift(), norm.eps());
        Value all = Functional.add(share, p);
        long hidden = all.shape().size(1) / count;
        return IntStream.range(0, count)
                .mapToObj(i -> all.slice(1, i * hidden, (i + 1) * hidden))
                .toList();
    }

    private static Value normalized(Value x, Value gain, Value shift, float eps) {
        return x.recorder()
                .record(new LayerNorm(x, x.shape().size(-1), gain, shift, eps))
                .output();
    }

    private static List<Value> lstm(List<Value> gates, @Nullable Norm norm, Value c) {
        Value kept = Functional.multiply(Functional.sigmoid(gates.get(1)), c);
        Value added = Functional.multiply(Functional.sigmoid(gates.get(0)), Functional.tanh(gates.get(2)));
        Value next = Functional.add(kept, added);
        Value read = norm == null ? next : normalized(next, norm.cellGain(), norm.cellShift(), norm.eps());
        return List.of(Functional.multiply(Functional.sigmoid(gates.get(3)), Functional.tanh(read)), next);
    }

    private static List<Value> gru(Value share, Value product, @Nullable Norm norm, Value h) {
        long hidden = h.shape().size(1);
        Value p = norm == null
                ? product
                : Functional.concat(
                        List.of(
                                normalized(
                                        Functional.contiguous(product.slice(1, 0, 2 * hidden)),
                                        norm.gain().slice(0, 0, 2 * hidden),
                                        norm.shift().slice(0, 0, 2 * hidden),
                                        norm.eps()),
                                normalized(
                                        Functional.contiguous(product.slice(1, 2 * hidden, 3 * hidden)),
                                        norm.gain().slice(0, 2 * hidden, 3 * hidden),
                                        norm.shift().slice(0, 2 * hidden, 3 * hidden),
                                        norm.eps())),
                        1);
        Value rz = Functional.sigmoid(Functional.add(share.slice(1, 0, 2 * hidden), p.slice(1, 0, 2 * hidden)));
        Value reset = Functional.multiply(rz.slice(1, 0, hidden), p.slice(1, 2 * hidden, 3 * hidden));
        Value n = Functional.tanh(Functional.add(share.slice(1, 2 * hidden, 3 * hidden), reset));
        Value z = rz.slice(1, hidden, 2 * hidden);
        return List.of(Functional.add(n, Functional.multiply(z, Functional.subtract(h, n))));
    }

    private static List<Value> coupled(List<Value> gates, Value c) {
        Value i = Functional.sigmoid(gates.get(0));
        Value change = Functional.subtract(Functional.tanh(gates.get(1)), c);
        Value next = Functional.add(c, Functional.multiply(i, change));
        return List.of(Functional.multiply(Functional.sigmoid(gates.get(2)), Functional.tanh(next)), next);
    }

    private static List<Value> slstm(List<Value> gates, List<Value> states) {
        Value kept = Functional.add(Functional.log(Functional.sigmoid(gates.get(1))), states.get(2));
        Value m = Functional.detach(Functional.maximum(kept, gates.get(0)));
        Value i = Functional.exp(Functional.subtract(gates.get(0), m));
        Value f = Functional.exp(Functional.subtract(kept, m));
        Value c = Functional.add(
                Functional.multiply(f, states.get(0)), Functional.multiply(i, Functional.tanh(gates.get(2))));
        Value n = Functional.add(Functional.multiply(f, states.get(1)), i);
        Value h = Functional.multiply(Functional.sigmoid(gates.get(3)), Functional.divide(c, n));
        return List.of(h, c, n, m);
    }
}
